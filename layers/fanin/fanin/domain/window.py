"""The window: a stretch of calendar time that is a key. Windows of a rule cover time without gaps or overlaps.

The window of an instant is the latest one that has begun: so a base time of 05:00 makes 02:00 belong to yesterday, and on the night a
clock falls back an instant never goes back to a window that has ended. Keys: hour `2026-03-31T05+0900`, day `2026-03-31`, week
`2026-W14` (ISO 8601), month `2026-03`, cron `2026-03-31T05:00+0900` (when it fires).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from fanin.domain.calendar import day_after
from fanin.domain.errors import RejectedError
from fanin.domain.wall_time import instant_ms, local

_HOUR_MS = 3_600_000


class WindowUnit(StrEnum):
    """How long a window is. A cron window lasts from one firing to the next and is computed outside the domain."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


# From the first day of a window, so many days later lies in the next one.
_REACHES_THE_NEXT_DAYS = {WindowUnit.DAY: 1, WindowUnit.WEEK: 7, WindowUnit.MONTH: 31}


class WindowBy(StrEnum):
    """Which moment of an execution decides its window."""

    START = "start"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class CronWindow:
    """Windows that begin when a cron expression fires in a zone; computed in `fanin.definitions.windows`, which has the library."""

    expression: str
    zone: str
    by: WindowBy = WindowBy.START


@dataclass(frozen=True, slots=True)
class Window:
    """A rule for windows: the unit, the IANA zone, and the base time at which days (and so weeks and months) begin."""

    unit: WindowUnit
    zone: str
    starts_at: time = time(0)
    by: WindowBy = WindowBy.START

    def key_of(self, at_ms: int) -> str:
        """The key of the window that an instant lies in."""
        if self.unit is WindowUnit.HOUR:
            return f"{local(at_ms, self.zone):%Y-%m-%dT%H%z}"
        return self._named(self._day_of(at_ms))

    def opens_ms(self, key: str) -> int:
        """When a window begins; RejectedError `key-not-a-window` for a text that names none of this rule."""
        if self.unit is WindowUnit.HOUR:
            return self._hour_ms(key)
        return instant_ms(self._first_day(key), self.starts_at, self.zone)

    def following(self, key: str) -> str:
        """The key of the next window."""
        if self.unit is WindowUnit.HOUR:
            return self.key_of(self._hour_ms(key) + _HOUR_MS)
        return self._named(day_after(self._first_day(key), _REACHES_THE_NEXT_DAYS[self.unit]))

    def closes_ms(self, key: str) -> int:
        """When a window ends, which is when the next begins."""
        return self.opens_ms(self.following(key))

    def first_day(self, key: str) -> date:
        """The calendar date that a window begins on."""
        return local(self.opens_ms(key), self.zone).date()

    def _day_of(self, at_ms: int) -> date:
        day = day_after(local(at_ms, self.zone).date(), 1)
        while instant_ms(day, self.starts_at, self.zone) > at_ms:
            day = day_after(day, -1)
        return day

    def _named(self, day: date) -> str:
        match self.unit:
            case WindowUnit.WEEK:
                year, week, _ = day.isocalendar()
                return f"{year:04d}-W{week:02d}"
            case WindowUnit.MONTH:
                return f"{day:%Y-%m}"
            case _:
                return day.isoformat()

    def _first_day(self, key: str) -> date:
        try:
            # Of a week, its Monday.
            day = date.fromisoformat(f"{key}-01" if self.unit is WindowUnit.MONTH else key)
        except ValueError:
            raise self._no_window(key) from None
        if self._named(day) != key:
            raise self._no_window(key)
        return day

    def _hour_ms(self, key: str) -> int:
        try:
            opens_ms = round(datetime.strptime(key, "%Y-%m-%dT%H%z").timestamp() * 1000)
        except ValueError:
            raise self._no_window(key) from None
        # Where a clock changes within an hour, that part of the hour begins at a quarter.
        for quarter in range(4):
            at_ms = opens_ms + quarter * _HOUR_MS // 4
            if self.key_of(at_ms) == key:
                return at_ms
        raise self._no_window(key)

    def _no_window(self, key: str) -> RejectedError:
        return RejectedError("key-not-a-window", f"{key[:40]!r} names no {self.unit.value} window of this join")
