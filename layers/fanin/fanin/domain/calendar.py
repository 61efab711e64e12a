"""The calendar: which days are business days, and dates that lie some of them away.

A compiled plan holds its holidays as plain dates, so a run never depends on the version of a holiday library.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from fanin.domain.errors import RejectedError

MAX_STEP_DAYS = 400  # a calendar without a business day for over a year is a mistake
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """`weekend` holds ISO weekdays (1 Monday to 7 Sunday) that are never business days, `holidays` further dates that are none."""

    weekend: frozenset[int] = frozenset({6, 7})
    holidays: frozenset[date] = frozenset()

    def is_business_day(self, day: date) -> bool:
        """Whether work is done on a day."""
        return day.isoweekday() not in self.weekend and day not in self.holidays

    def shifted(self, day: date, business_days: int) -> date:
        """The date that many business days later (earlier when negative); 0 leaves any day as it is.

        RejectedError `calendar-exhausted` when there is no business day within 400 days, or the date leaves the years 1 to 9999.
        """
        step = _DAY if business_days > 0 else -_DAY
        for _ in range(abs(business_days)):
            day = self._next(day, step)
        return day

    def _next(self, day: date, step: timedelta) -> date:
        for _ in range(MAX_STEP_DAYS):
            day = day_after(day, step.days)
            if self.is_business_day(day):
                return day
        raise RejectedError("calendar-exhausted", f"the calendar has no business day within {MAX_STEP_DAYS} days of {day}")


def day_after(day: date, days: int) -> date:
    """The date `days` later; RejectedError `calendar-exhausted` outside the years 1 to 9999."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise RejectedError("calendar-exhausted", f"{days} days from {day} is no date") from None
