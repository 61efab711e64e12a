"""The parts of a plan in plain words, for `explain` and `difference`. Each phrase begins in lower case and has no full stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import assert_never

from fanin.definitions.count_phrases import count, tolerance
from fanin.definitions.times import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from fanin.domain.calendar import Calendar
from fanin.domain.completion import SourceKind
from fanin.domain.condition import AtLeast, Condition, Slot
from fanin.domain.event_rule import EventRule
from fanin.domain.outcome import Outcome
from fanin.domain.plan import KeyKind, KeyRule, Predecessor, Successor
from fanin.domain.timing import Deadline, DeadlineAction, Elapsed, Since, WallTime
from fanin.domain.window import CronWindow, Window, WindowBy, WindowUnit

_MIDNIGHT = time(0)
_UNITS = ((DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute"), (SECOND_MS, "second"))
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ACTIONS = {
    DeadlineAction.ALERT: "people are told",
    DeadlineAction.FAIL: "the run fails",
    DeadlineAction.RELEASE: "the run is released with what has arrived",
}


def listed(names: Sequence[str], word: str = "and") -> str:
    """Names in a row: `a`, `a and b`, `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def counted(number: int, thing: str) -> str:
    """`1 day`, `2 days`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def duration(length_ms: int) -> str:
    """A length of time in its units: `1 day and 12 hours`."""
    parts = []
    for unit_ms, name in _UNITS:
        number, length_ms = divmod(length_ms, unit_ms)
        if number:
            parts.append(counted(number, name))
    return listed(parts) if parts else "no time"


def clock(at: time) -> str:
    """A time of day, with its seconds if it has any."""
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def wall(when: WallTime) -> str:
    """`06:00 Asia/Tokyo on its day`."""
    day = f"{counted(when.days, 'day')} after its day" if when.days else "on its day"
    return f"{clock(when.at)} {when.zone} {day}"


def deadline(one: Deadline) -> str:
    """When a deadline passes, and what happens then."""
    match one.when:
        case WallTime():
            return f"at {wall(one.when)}, {_ACTIONS[one.then]}"
        case Elapsed(after_ms, since):
            event = "it opened" if since is Since.OPENING else "its first arrival"
            return f"{duration(after_ms)} after {event}, {_ACTIONS[one.then]}"


def key(rule: KeyRule) -> str:
    """Where a key comes from."""
    match rule.kind:
        case KeyKind.LATEST:
            return "none: the newest completion of each predecessor since the last release"
        case KeyKind.WINDOW:
            return "no window" if rule.window is None else window(rule.window)
        case KeyKind.NAME:
            found = f"the group of {rule.expression} in the execution's name"
        case KeyKind.INPUT | KeyKind.OUTPUT:
            found = f"what {rule.expression} finds in the execution's {rule.kind.value}"
        case KeyKind.DETAIL:
            found = f"what {rule.expression} finds in the event's detail"
        case KeyKind.TAG:
            found = f"the execution's tag {rule.expression}"
        case _:
            assert_never(rule.kind)
    return found + offset(rule)


def window(rule: Window | CronWindow) -> str:
    """Which windows a rule has."""
    moment = "started" if rule.by is WindowBy.START else "stopped"
    match rule:
        case CronWindow(expression, zone):
            return f"the time since {expression!r} (cron, {zone}) last fired before the execution {moment}"
        case Window(WindowUnit.HOUR, zone):
            return f"the hour ({zone}) in which the execution {moment}"
        case Window(unit, zone, starts_at):
            base = f", beginning at {clock(starts_at)}" if starts_at != _MIDNIGHT else ""
            return f"the {unit.value} ({zone}{base}) in which the execution {moment}"


def offset(rule: KeyRule) -> str:
    """How far a date is moved; empty when it is not."""
    if rule.offset_days == 0:
        return ""
    days = counted(abs(rule.offset_days), "business day" if rule.business else "day")
    return f", moved {days} {'later' if rule.offset_days > 0 else 'earlier'}"


def condition(tree: Condition, names: Sequence[str]) -> str:
    """Which predecessors must be ready."""
    if isinstance(tree, Slot):
        return names[tree.number]
    members = [_member(child, names) for child in tree.children]
    if tree.count == len(members):
        return listed(members)
    if tree.count == 1:
        return listed(members, "or")
    return f"at least {tree.count} of {listed(members)}"


def _member(tree: Condition, names: Sequence[str]) -> str:
    said = condition(tree, names)
    return f"({said})" if isinstance(tree, AtLeast) and len(tree.children) > 1 else said


def predecessor(one: Predecessor) -> str:
    """A slot: its name, its source, and its own key when it has one."""
    own = f", its key being {key(one.key)}" if one.key is not None else ""
    often = f", {count(one.counted)} for each key, and {tolerance(one.counted)}" if one.counted is not None else ""
    return f"{one.name} is {source(one)}{often}{own}"


def source(one: Predecessor) -> str:
    """What a predecessor waits for."""
    thing, _, last = one.source.arn.rpartition("/")
    match one.source.kind:
        case SourceKind.STEP_FUNCTIONS | SourceKind.GLUE | SourceKind.CODEBUILD:
            return one.source.arn
        case SourceKind.ECS:
            return f"a task {last} in {thing}"
        case SourceKind.BATCH:
            return f"a job {last} in {thing}"
        case SourceKind.LAMBDA:
            return f"{one.source.arn}, as anybody in that account may say"
        case SourceKind.JOIN:
            return f"the release of the join {one.source.arn}"
        case SourceKind.EVENT:
            return f"{event(one)}, as anybody in that account may say"
        case _:
            assert_never(one.source.kind)


def event(one: Predecessor) -> str:
    """Which events a predecessor waits for."""
    account, region, named = one.source.arn.partition("#")[0].split(":", 2)
    event_source, _, detail_type = named.rpartition("/")
    rule = one.event
    parts = [f"an event {detail_type} of {event_source} in account {account}, {region}"]
    if rule is not None:
        parts += [f"that matches {rule.pattern}"] if rule.pattern is not None else []
        parts += [f"whose {rule.status.path} says {listed(rule.status.succeeded, 'or')}"] if rule.status is not None else []
        parts += [f"(a failure: {listed(rule.status.failed, 'or')})"] if rule.status is not None and rule.status.failed else []
        parts.append(f"read by {listed(_paths(rule))}")
    return " ".join(parts)


def _paths(rule: EventRule) -> list[str]:
    named = {"id": rule.id, "startedAt": rule.started_at, "stoppedAt": rule.stopped_at, "input": rule.input}
    return [f"{name}: {path}" for name, path in named.items() if path is not None]


def successor(one: Successor) -> str:
    """Where a release goes."""
    return f"the target {one.target} in account {one.account}"


def payload(one: Successor) -> str:
    """What a successor gets."""
    parts = ["the key", "each execution's ARN, status and times"]
    if one.outputs:
        parts.append("the outputs")
    if one.projection is not None:
        parts.append(f"the value of {one.projection}")
    return listed(parts)


def outcomes(one: Successor) -> str:
    """When a successor is told."""
    words = {Outcome.RELEASED: "a run is released", Outcome.FAILED: "a run fails"}
    return listed([words[outcome] for outcome in one.outcomes], "or")


def weekend(calendar: Calendar) -> str:
    """The weekdays of a calendar that are no business days."""
    return listed([_WEEKDAYS[number - 1] for number in sorted(calendar.weekend)]) if calendar.weekend else "no weekday"
