"""Moments in a scenario: a wall time (the next one), a date and time in the scenario's zone, or one with its offset."""

from __future__ import annotations

import re
from datetime import datetime, time

from fanin.definitions.problems import quoted
from fanin.definitions.times import TIME_PATTERN
from fanin.domain.calendar import day_after
from fanin.domain.errors import ConfigurationError
from fanin.domain.wall_time import instant_ms, local
from fanin_cli.scenario.codes import ScenarioCode

_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?")
MOMENT_PATTERN = f"{TIME_PATTERN}|^{_DATE_TIME.pattern}$"
START_PATTERN = f"^{_DATE_TIME.pattern}$"

_HINT = 'write "05:10" for the next such time in the zone, 2026-03-31T05:10, or 2026-03-31T05:10+09:00'


class MomentError(ConfigurationError):
    """A text that is no moment; `hint` says how to write one."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(ScenarioCode.MOMENT_INVALID, message)
        self.hint = hint


def check_moment(text: str) -> None:
    """MomentError unless the text is a wall time, or a date and time."""
    if not re.fullmatch(TIME_PATTERN, text):
        _date_time(text, _HINT)


def check_start(text: str) -> None:
    """MomentError unless the text is a date and time."""
    _date_time(text, "write a date and time, 2026-03-31T04:00 or 2026-03-31T04:00+09:00")


def moment_ms(text: str, zone: str, after_ms: int) -> int:
    """The instant that a text which was checked means; a wall time means the first one at or after `after_ms`."""
    if not re.fullmatch(TIME_PATTERN, text):
        return start_ms(text, zone)
    at, day = time.fromisoformat(text), local(after_ms, zone).date()
    today_ms = instant_ms(day, at, zone)
    return today_ms if today_ms >= after_ms else instant_ms(day_after(day, 1), at, zone)


def start_ms(text: str, zone: str) -> int:
    """The instant of a date and time that was checked; without an offset it is a wall time of the zone."""
    found = datetime.fromisoformat(text)
    return instant_ms(found.date(), found.time(), zone) if found.tzinfo is None else round(found.timestamp() * 1000)


def _date_time(text: str, hint: str) -> None:
    try:
        found = datetime.fromisoformat(text) if _DATE_TIME.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise MomentError(f"{quoted(text)} is no moment", hint)
