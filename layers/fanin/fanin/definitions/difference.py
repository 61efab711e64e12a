"""What applying a definition would change, in plain sentences, for `fanin plan`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fanin.definitions import phrases
from fanin.definitions.count_phrases import count, tolerance
from fanin.domain.calendar import Calendar
from fanin.domain.plan import Plan, Predecessor, Successor
from fanin.domain.timing import Timing


def differences(old: Plan | None, new: Plan | None) -> list[str]:
    """What becomes of a join between two plans, a sentence each; None is a join that there is not. Empty when nothing changes."""
    match old, new:
        case None, None:
            return []
        case None, Plan():
            return [f"The join {new.join} is new: {phrases.counted(len(new.predecessors), 'predecessor')}, {_needs(new)}."]
        case Plan(), None:
            return [f"The join {old.join} is deleted; runs that are open go on by version {old.version}."]
        case Plan(), Plan():
            return [f"{sentence}." for sentence in _changes(old, new)]
    return []


def _needs(plan: Plan) -> str:
    names = [predecessor.name for predecessor in plan.predecessors]
    return f"satisfied by {phrases.condition(plan.condition, names)}, releasing {phrases.listed([_name(one) for one in plan.successors])}"


def _changes(old: Plan, new: Plan) -> Iterator[str]:
    if old.join != new.join:
        yield f"The join is called {new.join} instead of {old.join}, which makes it another join"
    yield from _changed("The description is", old.description or "empty", new.description or "empty")
    yield from _changed("Times are shown in", old.zone, new.zone)
    yield from _changed("The key is", phrases.key(old.key), phrases.key(new.key))
    yield from _predecessors(old, new)
    yield from _changed("It is satisfied by", _required(old), _required(new))
    yield from _timings(old.timing, new.timing)
    yield from _changed("Late and repeated arrivals mean", old.after_release.value, new.after_release.value)
    yield from _calendars(old.calendar, new.calendar)
    yield from _successors(old.successors, new.successors)


def _changed(what: str, before: str, now: str) -> Iterator[str]:
    if before != now:
        yield f"{what} {now} (was: {before})"


def _required(plan: Plan) -> str:
    return phrases.condition(plan.condition, [predecessor.name for predecessor in plan.predecessors])


def _predecessors(old: Plan, new: Plan) -> Iterator[str]:
    before, now = ({one.name: one for one in plan.predecessors} for plan in (old, new))
    yield from (f"The predecessor {name} is added: {phrases.source(now[name])}" for name in sorted(now.keys() - before.keys()))
    yield from (f"The predecessor {name} is removed" for name in sorted(before.keys() - now.keys()))
    for name in sorted(before.keys() & now.keys()):
        yield from _changed_predecessor(before[name], now[name])


def _changed_predecessor(before: Predecessor, now: Predecessor) -> Iterator[str]:
    yield from _changed(f"The predecessor {now.name} is", phrases.source(before), phrases.source(now))
    own_keys = [phrases.key(one.key) if one.key is not None else "the join's" for one in (before, now)]
    yield from _changed(f"The key of {now.name} is", *own_keys)
    yield from _changed(f"A failure of {now.name} means", before.on_failure.value, now.on_failure.value)
    often = [count(one.counted) if one.counted is not None else "once" for one in (before, now)]
    yield from _changed(f"For each key {now.name} completes", *often)
    if before.counted is not None and now.counted is not None:
        yield from _changed(f"Of the executions of {now.name}", tolerance(before.counted), tolerance(now.counted))
    if before.optional != now.optional:
        yield f"The predecessor {now.name} is {'now' if now.optional else 'no longer'} optional"


def _timings(old: Timing, new: Timing) -> Iterator[str]:
    earliest = [phrases.wall(one.not_before) if one.not_before else "any time" for one in (old, new)]
    yield from _changed("It is not released before", *earliest)
    yield from _changed("The quiet time before a release is", phrases.duration(old.settle_ms), phrases.duration(new.settle_ms))
    before, now = ([phrases.deadline(deadline) for deadline in timing.deadlines] for timing in (old, new))
    yield from (f"A deadline is added: {one}" for one in now if one not in before)
    yield from (f"A deadline is removed: {one}" for one in before if one not in now)
    if sorted(before) == sorted(now) and before != now:
        yield "The deadlines are in another order"
    yield from _changed("Runs are opened", _expected(old), _expected(new))
    yield from _changed("An open run is abandoned after", phrases.duration(old.expire_after_ms), phrases.duration(new.expire_after_ms))


def _expected(timing: Timing) -> str:
    if not timing.expected:
        return "by their first arrival"
    return "with their windows on business days" if timing.business_days_only else "with their windows"


def _calendars(old: Calendar | None, new: Calendar | None) -> Iterator[str]:
    before, now = old or Calendar(), new or Calendar()
    yield from _changed("The weekend is", phrases.weekend(before), phrases.weekend(now))
    for days, what in ((now.holidays - before.holidays, "added"), (before.holidays - now.holidays, "removed")):
        if days:
            yield f"{phrases.counted(len(days), 'holiday')} {'is' if len(days) == 1 else 'are'} {what}, from {min(days)} to {max(days)}"


def _successors(old: Sequence[Successor], new: Sequence[Successor]) -> Iterator[str]:
    before, now = ({(one.bus_arn, one.target): one for one in successors} for successors in (old, new))
    yield from (f"The successor {_name(one)} is added" for place, one in now.items() if place not in before)
    yield from (f"The successor {_name(one)} is removed" for place, one in before.items() if place not in now)
    for place in sorted(now.keys() & before.keys()):
        name = _name(now[place])
        yield from _changed(f"The successor {name} gets", phrases.payload(before[place]), phrases.payload(now[place]))
        yield from _changed(f"The successor {name} is told when", phrases.outcomes(before[place]), phrases.outcomes(now[place]))


def _name(successor: Successor) -> str:
    return f"{successor.target} on {successor.bus_arn}"
