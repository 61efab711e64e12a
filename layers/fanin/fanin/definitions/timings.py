"""Timings and calendars out of their documents."""

from __future__ import annotations

from fanin.definitions.document import Definition
from fanin.definitions.holiday_lists import national_holidays
from fanin.definitions.time_document import WEEKDAYS, CalendarDocument, DeadlineDocument, WallTimeDocument
from fanin.definitions.times import calendar_date, duration_ms, wall_time
from fanin.domain.calendar import Calendar
from fanin.domain.errors import ConfigurationError
from fanin.domain.timing import Deadline, DeadlineAction, Elapsed, Since, Timing, WallTime


def timing(definition: Definition) -> Timing:
    """The times of a join."""
    return Timing(
        not_before=_not_before(definition.not_before, definition.zone),
        deadlines=tuple(_deadline(deadline, definition.zone) for deadline in definition.deadlines),
        settle_ms=duration_ms(definition.settle) if definition.settle else 0,
        expire_after_ms=duration_ms(definition.expire_after),
        expected=definition.expect is not None,
        business_days_only=definition.expect == "businessDays",
    )


def calendar(document: CalendarDocument, this_year: int | None) -> Calendar:
    """The calendar with all its holidays as dates; ConfigurationError `year-missing` for a country's without the year to start from."""
    days = {calendar_date(text) for text in document.holidays}
    if document.country is not None:
        if this_year is None:
            raise ConfigurationError("year-missing", "a country's holidays are compiled for the years around one that must be given")
        days |= national_holidays(document.country, document.subdivision, this_year)
    return Calendar(frozenset(WEEKDAYS[name] for name in document.weekend), frozenset(days))


def _not_before(given: str | WallTimeDocument | None, zone: str) -> WallTime | None:
    match given:
        case None:
            return None
        case str():
            return WallTime(wall_time(given), zone)
        case WallTimeDocument():
            return WallTime(wall_time(given.at), given.zone or zone, given.days)


def _deadline(deadline: DeadlineDocument, zone: str) -> Deadline:
    then = DeadlineAction(deadline.then)
    if deadline.at is not None:
        return Deadline(WallTime(wall_time(deadline.at), deadline.zone or zone, deadline.days), then)
    return Deadline(Elapsed(duration_ms(deadline.after or ""), Since(deadline.since)), then)
