"""Sweep: wake what is due, and what will be before the next sweep, each with a delay that makes it exact to the second; then ask sources.

It only nominates; the consumers of both queues decide, and move `dueAt`. It forgets nothing by crashing: what is due stays in the index
until its consumer has moved it. Watches on sources are its own: those it acts on itself, last, as they take time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, assert_never

from fanin.composed import composed
from fanin.domain.delivery import DeliveryId
from fanin.domain.errors import RetryableError
from fanin.domain.run import RunId
from fanin.ports import Clock, Due, DueDelivery, DueExpectation, DueIndex, DueRun, DueWatch, Rechecks, Wakeups
from fanin.use_cases.ask_sources import Asked

PER_PARTITION = 500
AHEAD_MS = 60_000
_SENDING = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was woken, whether some partition had more than one sweep takes, and what became of the sources that were due."""

    deliveries: int
    runs: int
    expectations: int
    more: bool
    asked: Asked = field(default_factory=Asked)


def ask_nobody(due: Sequence[DueWatch]) -> Asked:
    """There are no sources to ask here."""
    return Asked(behind=len(due))


@composed
class SweepDue:
    """The sweeper's work."""

    due_index: DueIndex
    wakeups: Wakeups
    rechecks: Rechecks
    clock: Clock
    ask_sources: Callable[[Sequence[DueWatch]], Asked] = ask_nobody

    def __call__(self) -> Swept:
        """Wake up to 500 due items of each partition; RetryableError when a queue refused, and the next sweep takes the rest."""
        now_ms = self.clock.now_ms()
        found = [self.due_index.due(partition, now_ms + AHEAD_MS, PER_PARTITION) for partition in range(self.due_index.partitions)]
        deliveries: dict[int, list[DeliveryId]] = defaultdict(list)
        runs: dict[int, list[RunId]] = defaultdict(list)
        joins: dict[int, list[str]] = defaultdict(list)
        watches: list[DueWatch] = []
        for item in (item for items in found for item in items):
            delay_s = _delay_s(item, now_ms)
            match item:
                case DueDelivery(delivery):
                    deliveries[delay_s].append(delivery)
                case DueRun(run):
                    runs[delay_s].append(run)
                case DueExpectation(join):
                    joins[delay_s].append(join)
                case DueWatch():
                    watches.append(item)
                case _:
                    assert_never(item)
        refusals = [
            *_send(deliveries, self.wakeups.wake),
            *_send(runs, self.rechecks.recheck),
            *_send(joins, self.rechecks.expect),
        ]
        asked = self.ask_sources([watch for watch in watches if watch.due_at_ms <= now_ms])
        if refusals:
            raise refusals[0]
        return Swept(_number(deliveries), _number(runs), _number(joins), any(len(items) == PER_PARTITION for items in found), asked)


def _delay_s(item: Due, now_ms: int) -> int:
    return -(-max(0, item.due_at_ms - now_ms) // 1000)


def _send(by_delay: dict[int, list[T]], send: Callable[[Sequence[T], int], None]) -> list[RetryableError]:
    """Send everything that a queue takes; what it refused is due still. One broken queue does not keep the others waiting."""
    refusals = []
    for delay_s, items in by_delay.items():
        for start in range(0, len(items), _SENDING):
            try:
                send(items[start : start + _SENDING], delay_s)
            except RetryableError as error:
                refusals.append(error)
    return refusals


def _number(by_delay: dict[int, list[T]]) -> int:
    return sum(map(len, by_delay.values()))
