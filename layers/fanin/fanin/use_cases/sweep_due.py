"""Sweep: wake what is due. It only nominates; the consumers of both queues decide, and move `dueAt`.

It forgets nothing by crashing: what is due stays in the index until its consumer has moved it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fanin.ports import Clock, DueDelivery, DueIndex, DueRun, Rechecks, Wakeups

PER_PARTITION = 500
_SENDING = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was woken, and whether some partition had more than one sweep takes."""

    deliveries: int
    runs: int
    more: bool


@dataclass(frozen=True, slots=True)
class SweepDue:
    """The sweeper's work."""

    due_index: DueIndex
    wakeups: Wakeups
    rechecks: Rechecks
    clock: Clock

    def __call__(self) -> Swept:
        """Wake up to 500 due items of each partition; RetryableError when a queue refused, and the next sweep takes the rest."""
        now_ms = self.clock.now_ms()
        found = [self.due_index.due(partition, now_ms, PER_PARTITION) for partition in range(self.due_index.partitions)]
        deliveries = [item.id for items in found for item in items if isinstance(item, DueDelivery)]
        runs = [item.id for items in found for item in items if isinstance(item, DueRun)]
        for delivery_ids in _chunks(deliveries):
            self.wakeups.wake(delivery_ids)
        for run_ids in _chunks(runs):
            self.rechecks.recheck(run_ids)
        return Swept(len(deliveries), len(runs), any(len(items) == PER_PARTITION for items in found))


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _SENDING):
        yield items[start : start + _SENDING]
