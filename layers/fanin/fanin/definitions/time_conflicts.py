"""Conflicts of time: timers where nothing runs by the clock, and times that can never come."""

from __future__ import annotations

from collections.abc import Iterator

from fanin.definitions.problems import Code, Path, Problem, RefusedValueError, quoted
from fanin.definitions.raw_document import field, fields, is_latest, is_true, items, keys
from fanin.definitions.time_document import WEEKDAYS
from fanin.definitions.times import cron_weekdays, duration_ms

_TIMERS = ("notBefore", "deadlines", "expect", "expireAfter", "settle")
_LATE = ("report", "again")
_DEFAULT_EXPIRY = "P30D"


def time_conflicts(document: object) -> Iterator[Problem]:
    """The conflicts of times in one definition."""
    if is_latest(document):
        yield from (_not_with_latest(path, what) for path, what in _timed(document))
    else:
        yield from _expectations(document)
        yield from _optional_for_ever(document)
    yield from _unreachable(document)
    yield from _unused_calendar(document)


def _timed(document: object) -> Iterator[tuple[Path, str]]:
    """What a join without keys cannot have: its one stream opens once, fails never and has no late arrivals."""
    yield from (((name,), f"{name} is measured from a run, and") for name in _TIMERS if name in fields(document))
    if field(document, "afterRelease") in _LATE:
        yield ("afterRelease",), "each completion counts for one release, and"
    if field(document, "onFailure") == "fail":
        yield ("onFailure",), "a failure needs a run that can fail, and"
    for name, predecessor in fields(field(document, "predecessors")).items():
        if field(predecessor, "onFailure") == "fail":
            yield ("predecessors", name, "onFailure"), "a failure needs a run that can fail, and"
        if is_true(field(predecessor, "optional")):
            yield ("predecessors", name, "optional"), "optional needs a deadline, and"


def _not_with_latest(path: Path, what: str) -> Problem:
    return Problem(path, Code.NOT_WITH_LATEST, f"{what} a join without a key has no runs to open", "give the join a key, or remove this")


def _expectations(document: object) -> Iterator[Problem]:
    expected, window = field(document, "expect"), field(document, "key", "window")
    if expected is None:
        return
    if window is None:
        hint = "give the join a window as its key, or remove expect"
        yield Problem(("expect",), Code.EXPECT_WITHOUT_WINDOW, "only windows say when a run is to be expected", hint)
    every = field(window, "every")
    if expected == "businessDays" and every in ("week", "month"):
        what = f"a {every} that begins on a holiday would not be expected at all"
        yield Problem(("expect",), Code.EXPECT_BUSINESS_DAYS, what, "write true")
    if expected == "businessDays" and not _fires_on_workdays(document):
        yield Problem(("expect",), Code.EXPECT_BUSINESS_DAYS, "the cron expression only fires in the weekend", "write true")


def _fires_on_workdays(document: object) -> bool:
    cron = field(document, "key", "window", "cron")
    weekend = field(document, "calendar", "weekend")
    off = {WEEKDAYS.get(str(name)) for name in (weekend if isinstance(weekend, list) else ("sat", "sun"))}
    return not isinstance(cron, str) or not cron_weekdays(cron) <= off


def _optional_for_ever(document: object) -> Iterator[Problem]:
    if items(field(document, "deadlines")):
        return
    for name, predecessor in fields(field(document, "predecessors")).items():
        if is_true(field(predecessor, "optional")):
            hint = "add a deadline: until the first one an optional predecessor may still start"
            path = ("predecessors", name, "optional")
            yield Problem(path, Code.OPTIONAL_WITHOUT_DEADLINE, "without a deadline the join would wait for it for ever", hint)


def _unreachable(document: object) -> Iterator[Problem]:
    expiry = fields(document).get("expireAfter", _DEFAULT_EXPIRY)
    expiry_ms = _length_ms(expiry)
    for index, deadline in enumerate(items(field(document, "deadlines"))):
        after_ms = _length_ms(field(deadline, "after"))
        if after_ms is not None and expiry_ms is not None and after_ms >= expiry_ms:
            what = f"the run has expired by then, after {quoted(str(expiry))}"
            yield Problem(("deadlines", index, "after"), Code.DEADLINE_UNREACHABLE, what, "shorten it, or lengthen expireAfter")


def _unused_calendar(document: object) -> Iterator[Problem]:
    if field(document, "calendar") is None or field(document, "expect") == "businessDays":
        return
    if not any(str(key.get("offset", "")).endswith("bd") for _, key in keys(document)):
        hint = "write expect: businessDays, or an offset in business days (-1bd), or remove the calendar"
        yield Problem(("calendar",), Code.CALENDAR_UNUSED, "nothing in this join depends on business days", hint)


def _length_ms(text: object) -> int | None:
    try:
        return duration_ms(text) if isinstance(text, str) else None
    except RefusedValueError:
        return None
