"""Gather wake-ups: those of one batch go out together when the batch is done, ten a call, not one call for each run that was released.

A wake-up is only a hint (the deliveries are due in the table), so nothing is lost when the process ends in between: the sweeper finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from fanin.composed import composed
from fanin.domain.delivery import DeliveryId
from fanin.domain.errors import RetryableError
from fanin.ports import Wakeups
from fanin.sources.queue_event import QueuedMessage
from fanin.use_cases.collect_batch import Collected

FULL = 10  # what one call takes: a large batch does not keep its first releases waiting for its last


@dataclass(slots=True)
class GatheredWakeups:
    """The `Wakeups` port over another one: keeps what is to be woken now, and sends it when ten are together or at `flush`."""

    wakeups: Wakeups
    _kept: list[DeliveryId] = field(default_factory=list, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def wake(self, deliveries: Sequence[DeliveryId], delay_s: int = 0) -> None:
        """See the port; what is refused here may be somebody else's, who gets it from the sweeper."""
        if delay_s:
            self.wakeups.wake(deliveries, delay_s)
            return
        with self._lock:
            self._kept.extend(deliveries)
            full = len(self._kept) >= FULL
        if full:
            self.flush()

    def flush(self) -> None:
        """Send what was kept; RetryableError when it was not accepted. It is not kept any longer in either case."""
        with self._lock:
            kept, self._kept = self._kept, []
        if kept:
            self.wakeups.wake(kept)


@composed
class CollectThenWake:
    """The collector's work: a batch, then its wake-ups."""

    collect: Callable[[Sequence[QueuedMessage]], Collected]
    gathered: GatheredWakeups

    def __call__(self, messages: Sequence[QueuedMessage]) -> Collected:
        """Take a batch. A departures queue that refuses fails all of it, as it would have failed each message whose run was released."""
        collected = self.collect(messages)
        try:
            self.gathered.flush()
        except RetryableError as error:
            collected.failed.update({message.id: error for message in messages if message.id not in collected.failed})
        return collected
