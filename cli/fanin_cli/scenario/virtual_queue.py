"""The queues in virtual time: messages with the moment from which they may be taken, and the ports that send them."""

from __future__ import annotations

import heapq
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from fanin.adapters.memory_clock import MemoryClock
from fanin.domain.delivery import DeliveryId
from fanin.domain.run import RunId
from fanin.sources.queue_event import QueuedMessage


class Rank(IntEnum):
    """What goes first at one moment: what is decided is told first, reports come before timers, the sweep comes last."""

    DEPARTURES = 0
    REPORTS = 1
    TIMERS = 2
    SWEEP = 3


@dataclass(frozen=True, slots=True, order=True)
class Queued:
    """A batch for the collector, or a delivery for the forwarder, from a moment on."""

    due_ms: int
    rank: Rank
    number: int
    batch: tuple[QueuedMessage, ...] = field(compare=False, default=())
    delivery: DeliveryId | None = field(compare=False, default=None)


@dataclass(slots=True)
class VirtualQueue:
    """Both queues; the `Wakeups` and `Rechecks` ports. Until `up_ms` nobody takes anything."""

    clock: MemoryClock
    heap: list[Queued] = field(default_factory=list)
    up_ms: int = 0
    _sent: int = 0

    def report(self, batch: Sequence[QueuedMessage], delay_ms: int) -> None:
        """Events that a rule delivers."""
        self._push(delay_ms, Rank.REPORTS, batch=tuple(batch))

    def wake(self, deliveries: Sequence[DeliveryId], delay_s: int = 0) -> None:
        """See the port."""
        for one in deliveries:
            self._push(delay_s * 1000, Rank.DEPARTURES, delivery=one)

    def recheck(self, runs: Sequence[RunId], delay_s: int = 0) -> None:
        """See the port."""
        for one in runs:
            self.ask({"v": 1, "recheck": {"join": one.join, "key": one.key}}, delay_s * 1000)

    def expect(self, joins: Sequence[str], delay_s: int = 0) -> None:
        """See the port."""
        for join in joins:
            self.ask({"v": 1, "expect": {"join": join}}, delay_s * 1000)

    def ask(self, body: dict[str, object] | str, delay_ms: int) -> None:
        """A message of our own, or a receipt, for the collector."""
        text = body if isinstance(body, str) else json.dumps(body)
        self._push(delay_ms, Rank.TIMERS, batch=(QueuedMessage(f"timer-{self._sent + 1}", text),))

    def stand_still(self, for_ms: int) -> None:
        """Nobody takes anything for so long; what is due meanwhile is then due at once."""
        self.up_ms = max(self.up_ms, self.clock.at_ms + for_ms)
        self.heap = [replace(one, due_ms=max(one.due_ms, self.up_ms)) for one in self.heap]
        heapq.heapify(self.heap)

    def take(self) -> Queued:
        """The next one."""
        return heapq.heappop(self.heap)

    def _push(self, delay_ms: int, rank: Rank, *, batch: tuple[QueuedMessage, ...] = (), delivery: DeliveryId | None = None) -> None:
        self._sent += 1
        heapq.heappush(self.heap, Queued(max(self.clock.at_ms + delay_ms, self.up_ms), rank, self._sent, batch, delivery))
