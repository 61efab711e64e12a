"""What a definition says of time: wall times, durations, zones, dates, offsets in days, cron expressions.

Each is read from text here, with the reason when it cannot be; the functions that only check give the text back.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import available_timezones

from fanin.definitions.problems import Code, RefusedValueError, quoted
from fanin.definitions.windows import cron_times, day_of_key

SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000
MAX_SETTLE_MS = 15 * MINUTE_MS  # a queue delays a message by no more, and nothing else is exact to seconds
MAX_DURATION_MS = 90 * DAY_MS
MAX_CATCH_UP_MS = 20 * DAY_MS
MAX_OFFSET_DAYS = 366
MAX_CRON_CHARS = 100

TIME_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
DURATION_PATTERN = r"^P(?=[0-9T])([0-9]{1,7}D)?(T(?=[0-9])([0-9]{1,7}H)?([0-9]{1,7}M)?([0-9]{1,7}S)?)?$"
OFFSET_PATTERN = r"^[+-][0-9]{1,3}b?d$"
DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

_NOT_PLACES = frozenset({"Factory", "localtime"})  # in zone databases, but of no meaning outside one machine
_FIRING_DAYS = 100
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


class Offset(NamedTuple):
    """So many days later (earlier when negative), business days or any."""

    days: int
    business: bool


def wall_time(text: str) -> time:
    """A wall time, `05:00` or `05:00:30`."""
    if not re.fullmatch(TIME_PATTERN, text):
        hint = 'write hours and minutes of the 24-hour clock in quotes, as in "05:00"'
        raise RefusedValueError(Code.TIME_INVALID, f"{quoted(text)} is not a time of day", hint)
    return time.fromisoformat(text)


def duration_ms(text: str) -> int:
    """An ISO 8601 duration in days, hours, minutes and seconds (years, months and weeks have no fixed length, or no agreed place)."""
    found = re.fullmatch(DURATION_PATTERN, text)
    if found is None:
        hint = "write days, hours, minutes and seconds, as in PT30S, PT2H, P1DT12H or P30D"
        raise RefusedValueError(Code.DURATION_INVALID, f"{quoted(text)} is not a duration", hint)
    parts = (found[1], found[3], found[4], found[5])
    units = (DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS)
    return sum(int(part[:-1]) * unit for part, unit in zip(parts, units, strict=True) if part)


def settle(text: str) -> str:
    """A duration of 1 second to 15 minutes."""
    return _within(text, SECOND_MS, MAX_SETTLE_MS, "PT1S to PT15M")


def after(text: str) -> str:
    """A duration of 1 second to 90 days."""
    return _within(text, SECOND_MS, MAX_DURATION_MS, "PT1S to P90D")


def expiry(text: str) -> str:
    """A duration of 1 minute to 90 days."""
    return _within(text, MINUTE_MS, MAX_DURATION_MS, "PT1M to P90D")


def catch_up(text: str) -> int:
    """How far back completions may be looked for, in milliseconds: 1 second to 20 days, since older ones are refused."""
    return duration_ms(_within(text, SECOND_MS, MAX_CATCH_UP_MS, "PT1S to P20D"))


def zone_name(text: str) -> str:
    """The IANA name of a time zone."""
    if text not in _zones():
        raise RefusedValueError(Code.ZONE_UNKNOWN, f"there is no time zone {quoted(text)}", _near_zone(text))
    return text


def calendar_date(text: str) -> date:
    """A date, `2026-12-31`."""
    day = day_of_key(text) if re.fullmatch(DATE_PATTERN, text) else None
    if day is None:
        hint = 'write year, month and day in quotes, as in "2026-12-31"'
        raise RefusedValueError(Code.DATE_INVALID, f"{quoted(text)} is not a date", hint)
    return day


def offset(text: str) -> Offset:
    """A number of days, `-1d`, or of business days, `+2bd`; at most 366."""
    days = int(text.rstrip("bd")) if re.fullmatch(OFFSET_PATTERN, text) else 0
    if not 0 < abs(days) <= MAX_OFFSET_DAYS:
        hint = f'write days as in "-1d" or "+2d", business days as in "-1bd"; from 1 to {MAX_OFFSET_DAYS}'
        raise RefusedValueError(Code.OFFSET_INVALID, f"{quoted(text)} is not an offset", hint)
    return Offset(days, text.endswith("bd"))


def cron_expression(text: str) -> str:
    """A cron expression of five fields that fires now and then."""
    hint = 'write minute, hour, day of month, month and day of week, as in "0 5 * * 1-5" for 05:00 from Monday to Friday'
    if len(text) > MAX_CRON_CHARS or not (text.isascii() and text.isprintable()) or len(text.split()) != 5:
        raise RefusedValueError(Code.BAD_CRON, f"{quoted(text)} has not the five fields of a cron expression", hint)
    try:
        fires = next(cron_times(text, _EARLIEST), None)
    except ImportError:
        raise
    except Exception as error:  # the library has an error of its own, and asserts what it takes for granted
        raise RefusedValueError(Code.BAD_CRON, f"{quoted(text)} is not a cron expression: {error}", hint) from error
    if fires is None:
        raise RefusedValueError(Code.BAD_CRON, f"{quoted(text)} never fires", hint)
    return text


def cron_weekdays(text: str) -> set[int | None]:
    """The ISO weekdays on which a cron expression fires, as far as its next hundred days of firing tell; None for a wrong expression."""
    try:
        cron_expression(text)
    except RefusedValueError:
        return {None}
    found: set[int | None] = set()
    wall = _EARLIEST
    for _ in range(_FIRING_DAYS):
        wall = next(cron_times(text, wall), wall)
        found.add(wall.isoweekday())
        wall = wall.replace(hour=23, minute=59)
    return found


def _within(text: str, least_ms: int, most_ms: int, allowed: str) -> str:
    if not least_ms <= duration_ms(text) <= most_ms:
        raise RefusedValueError(Code.DURATION_RANGE, f"the duration {quoted(text)} cannot be used here", f"from {allowed}")
    return text


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_PLACES


def _near_zone(text: str) -> str:
    wanted = text.strip().replace(" ", "_").lower()[:64]
    names = {name.lower(): name for name in sorted(_zones())}
    cities = {name.rpartition("/")[2]: name for name in names if "/" in name}
    for candidates in (names, cities):
        near = get_close_matches(wanted, candidates, n=1, cutoff=0.75)
        if near:
            return f"did you mean {names[near[0] if candidates is names else cities[near[0]]]}?"
    return "write an IANA name, as in Asia/Tokyo, Europe/Berlin or UTC"
