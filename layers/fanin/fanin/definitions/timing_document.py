"""Windows, calendars and timings as JSON, for `plan_document`: each member only where it is not the default.

TypeError, KeyError and ValueError on reading mean that the document is not what was written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time

from fanin.definitions.stored_values import numbers, pruned, texts, typed
from fanin.domain.calendar import Calendar
from fanin.domain.timing import EXPIRE_AFTER_MS, Deadline, DeadlineAction, Elapsed, Since, Timing, WallTime
from fanin.domain.window import CronWindow, Window, WindowBy, WindowUnit


def window_document(window: Window | CronWindow) -> dict[str, object]:
    """A rule for windows, written in full."""
    match window:
        case Window(unit, zone, starts_at, by):
            return {"unit": unit.value, "zone": zone, "startsAt": starts_at.isoformat(), "by": by.value}
        case CronWindow(expression, zone, by):
            return {"cron": expression, "zone": zone, "by": by.value}


def window_of(document: Mapping[str, object]) -> Window | CronWindow:
    """The rule that `window_document` wrote."""
    zone, by = typed(document["zone"], str), WindowBy(typed(document["by"], str))
    if "cron" in document:
        return CronWindow(typed(document["cron"], str), zone, by)
    return Window(WindowUnit(typed(document["unit"], str)), zone, _time(document["startsAt"]), by)


def calendar_document(calendar: Calendar) -> dict[str, object]:
    """A calendar with all its dates, in order."""
    return {"weekend": sorted(calendar.weekend), "holidays": [day.isoformat() for day in sorted(calendar.holidays)]}


def calendar_of(document: Mapping[str, object]) -> Calendar:
    """The calendar that `calendar_document` wrote."""
    return Calendar(frozenset(numbers(document["weekend"])), frozenset(map(date.fromisoformat, texts(document["holidays"]))))


def timing_document(timing: Timing) -> dict[str, object] | None:
    """A timing; None for the default one."""
    return (
        pruned(
            {
                "notBefore": None if timing.not_before is None else _wall_document(timing.not_before),
                "deadlines": [_deadline_document(deadline) for deadline in timing.deadlines] or None,
                "settleMs": timing.settle_ms or None,
                "expireAfterMs": timing.expire_after_ms if timing.expire_after_ms != EXPIRE_AFTER_MS else None,
                "expected": timing.expected or None,
                "businessDaysOnly": timing.business_days_only or None,
            }
        )
        or None
    )


def timing_of(document: Mapping[str, object]) -> Timing:
    """The timing that `timing_document` wrote; the default one for an empty document."""
    return Timing(
        not_before=_wall(typed(document["notBefore"], dict)) if "notBefore" in document else None,
        deadlines=tuple(_deadline(typed(item, dict)) for item in typed(document.get("deadlines", []), list)),
        settle_ms=typed(document.get("settleMs", 0), int),
        expire_after_ms=typed(document.get("expireAfterMs", EXPIRE_AFTER_MS), int),
        expected=typed(document.get("expected", False), bool),
        business_days_only=typed(document.get("businessDaysOnly", False), bool),
    )


def _wall_document(wall: WallTime) -> dict[str, object]:
    return {"at": wall.at.isoformat(), "zone": wall.zone, "days": wall.days}


def _wall(document: Mapping[str, object]) -> WallTime:
    return WallTime(_time(document["at"]), typed(document["zone"], str), typed(document["days"], int))


def _deadline_document(deadline: Deadline) -> dict[str, object]:
    return {**_when_document(deadline.when), "then": deadline.then.value}


def _when_document(when: WallTime | Elapsed) -> dict[str, object]:
    match when:
        case WallTime():
            return _wall_document(when)
        case Elapsed(after_ms, since):
            return {"afterMs": after_ms, "since": since.value}


def _deadline(document: Mapping[str, object]) -> Deadline:
    then = DeadlineAction(typed(document["then"], str))
    if "at" in document:
        return Deadline(_wall(document), then)
    return Deadline(Elapsed(typed(document["afterMs"], int), Since(typed(document["since"], str))), then)


def _time(value: object) -> time:
    return time.fromisoformat(typed(value, str))
