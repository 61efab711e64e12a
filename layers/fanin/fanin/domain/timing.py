"""Time in a join: not before, deadlines, settling, expiry; and the moments of one run that they are measured from.

Everything is a pure function of the plan and the run's moments, so a timer that fires late, twice or early only means that the decision
is taken again. What is due next is part of every decision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import NamedTuple

from fanin.domain.calendar import day_after
from fanin.domain.wall_time import instant_ms

EXPIRE_AFTER_MS = 30 * 86_400_000  # completions older than 20 days are refused, so nothing can arrive any more


class DeadlineAction(StrEnum):
    """What happens when a deadline passes and the run is not satisfied."""

    ALERT = "alert"
    FAIL = "fail"
    RELEASE = "release"


class Since(StrEnum):
    """What a duration is measured from."""

    OPENING = "opening"
    FIRST_ARRIVAL = "firstArrival"


@dataclass(frozen=True, slots=True)
class WallTime:
    """A wall time in a zone on the run's own day, or `days` after it."""

    at: time
    zone: str
    days: int = 0

    def moment_ms(self, day: date) -> int:
        """The instant, for a run whose day is `day`."""
        return instant_ms(day_after(day, self.days), self.at, self.zone)


@dataclass(frozen=True, slots=True)
class Elapsed:
    """A duration from the opening of the run or from its first arrival."""

    after_ms: int
    since: Since = Since.OPENING


class Deadline(NamedTuple):
    """A moment, and what happens then."""

    when: WallTime | Elapsed
    then: DeadlineAction


class Timing(NamedTuple):
    """The times of a join. `settle_ms`: how long a satisfied run stays quiet before it is released; `expected`: opened by its window."""

    not_before: WallTime | None = None
    deadlines: tuple[Deadline, ...] = ()
    settle_ms: int = 0
    expire_after_ms: int = EXPIRE_AFTER_MS
    expected: bool = False
    business_days_only: bool = False

    @property
    def by_the_clock(self) -> bool:
        """Whether any of it is a wall time, so that the day of a run matters."""
        return self.not_before is not None or any(isinstance(one.when, WallTime) for one in self.deadlines)


NO_TIMES = Timing()


class Moments(NamedTuple):
    """The moments of one run, in epoch milliseconds, and the day that wall times mean (its window's, its key's, or when it opened).

    `day` is any where the plan has no wall time. What a deadline does was done by the first attempt; a later one is opened by an arrival
    after it, and only waits.
    """

    now_ms: int
    opened_at_ms: int
    day: date
    first_arrival_ms: int | None = None
    last_arrival_ms: int | None = None
    attempt: int = 1

    def of(self, deadline: Deadline) -> int | None:
        """When a deadline passes; None while what it is measured from has not happened."""
        match deadline.when:
            case WallTime():
                return deadline.when.moment_ms(self.day)
            case Elapsed(after_ms, since):
                start_ms = self.opened_at_ms if since is Since.OPENING else self.first_arrival_ms
                return None if start_ms is None else start_ms + after_ms

    def passed(self, timing: Timing) -> Iterator[tuple[int, Deadline]]:
        """The deadlines that have passed, with their numbers, earliest first."""
        moments = [(moment, number) for number, deadline in enumerate(timing.deadlines) if (moment := self.of(deadline)) is not None]
        return ((number, timing.deadlines[number]) for moment, number in sorted(moments) if moment <= self.now_ms)

    def next_deadline_ms(self, timing: Timing) -> int | None:
        """The earliest deadline that has not passed."""
        ahead = [moment for deadline in timing.deadlines if (moment := self.of(deadline)) is not None and moment > self.now_ms]
        return min(ahead, default=None)

    def expires_ms(self, timing: Timing) -> int:
        """When a run that nothing arrives for any more is abandoned."""
        return (self.last_arrival_ms or self.opened_at_ms) + timing.expire_after_ms

    def releasable_at_ms(self, timing: Timing) -> int:
        """When a satisfied run may go: not before its time, and when it has been quiet for long enough."""
        if timing.not_before is None and not timing.settle_ms:
            # Nothing to wait for: the clock that opened it or recorded its last arrival may be ahead of this one.
            return min(self.opened_at_ms, self.now_ms)
        earliest = self.opened_at_ms if timing.not_before is None else timing.not_before.moment_ms(self.day)
        return max(earliest, (self.last_arrival_ms or self.opened_at_ms) + timing.settle_ms)
