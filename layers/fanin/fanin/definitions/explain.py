"""A plan explained: plain sentences for whoever wrote the definition, or is woken by it at night.

Pure: the time that "next" means comes in as an argument. It says what the plan does, not how the system does it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from fanin.definitions import phrases
from fanin.definitions.phrases import listed
from fanin.definitions.windows import WindowRule, window_rule
from fanin.domain.calendar import Calendar
from fanin.domain.condition import Slot
from fanin.domain.outcome import Outcome
from fanin.domain.plan import AfterRelease, KeyKind, OnFailure, Plan
from fanin.domain.timing import DeadlineAction, Elapsed, Moments, Since, WallTime
from fanin.domain.wall_time import instant_ms, local
from fanin.domain.window import Window

_WINDOWS = 3
_MOST_WINDOWS = 400  # so many are looked at for one on a business day
_DAYS_AHEAD = 366

_FAILURES = {
    OnFailure.WAIT: "the run waits for a rerun or a redrive",
    OnFailure.FAIL: "the run fails as soon as it can no longer be satisfied",
    OnFailure.IGNORE: "it counts as done",
}
_LATE = {
    AfterRelease.IGNORE: "After the release, late and repeated arrivals are counted and change nothing.",
    AfterRelease.REPORT: "After the release, late and repeated arrivals change nothing, but people are told.",
    AfterRelease.AGAIN: "After the release, a newer success, or one after a failure, releases the run again as the next attempt.",
}


def explain(plan: Plan, now_ms: int) -> list[str]:
    """What a plan does, a sentence each; for a window key also the next three windows, with their times in the join's zone."""
    return [
        *_opening(plan),
        *_readiness(plan),
        *_failures(plan),
        *_timers(plan),
        *([] if plan.key.kind is KeyKind.LATEST else [_LATE[plan.after_release]]),
        *_successors(plan),
        *_calendar(plan, now_ms),
        *_windows(plan, now_ms),
        *_missing_times(plan, now_ms),
    ]


def _opening(plan: Plan) -> Iterator[str]:
    yield f"{plan.join}: {plan.description}" if plan.description else f"{plan.join} joins {len(plan.predecessors)} predecessors."
    if plan.key.kind is KeyKind.LATEST:
        yield "It has no key: it takes the newest success of each predecessor since its last release, again and again."
    else:
        yield f"There is one run for each key; the key is {phrases.key(plan.key)}."
    if plan.timing.expected:
        when = "on each business day" if plan.timing.business_days_only else "each time"
        yield f"A run is opened when its window opens, {when}, whether anything arrives or not."
    yield from (f"{phrases.predecessor(predecessor)}." for predecessor in plan.predecessors)


def _readiness(plan: Plan) -> Iterator[str]:
    names = [predecessor.name for predecessor in plan.predecessors]
    have = "has" if isinstance(plan.condition, Slot) or plan.condition.count == 1 else "have"
    yield f"It is satisfied when {phrases.condition(plan.condition, names)} {have} succeeded."
    yield from (
        f"{one.name} is ready when as many executions as there are to be have ended, and no more have failed than may; "
        "people are told if their number changes."
        for one in plan.predecessors
        if one.counted is not None
    )
    optional = [predecessor.name for predecessor in plan.predecessors if predecessor.optional]
    if optional:
        yield f"If {listed(optional, 'or')} has not started when the first deadline passes, it counts as done."


def _failures(plan: Plan) -> Iterator[str]:
    for policy, meaning in _FAILURES.items():
        names = [predecessor.name for predecessor in plan.predecessors if predecessor.on_failure is policy]
        if names:
            yield f"If {listed(names, 'or')} fails, {meaning}."


def _timers(plan: Plan) -> Iterator[str]:
    if plan.key.kind is KeyKind.LATEST:
        return
    timing = plan.timing
    if timing.not_before is not None:
        yield f"It is not released before {phrases.wall(timing.not_before)}."
    if timing.settle_ms:
        yield f"It is released only when nothing new has arrived for {phrases.duration(timing.settle_ms)}."
    yield from (f"If it is not satisfied {phrases.deadline(deadline)}." for deadline in timing.deadlines)
    if timing.not_before is not None or any(isinstance(deadline.when, WallTime) for deadline in timing.deadlines):
        yield f"Its day is {_day(plan)}."
    yield f"A run for which nothing arrives for {phrases.duration(timing.expire_after_ms)} is abandoned."


def _day(plan: Plan) -> str:
    if plan.key.window is not None:
        return "the one on which its window opens"
    return f"the key when that is a date, otherwise the one on which it opened in {plan.zone}"


def _successors(plan: Plan) -> Iterator[str]:
    for successor in plan.successors:
        yield f"When {phrases.outcomes(successor)}, {phrases.successor(successor)} is started with {phrases.payload(successor)}."
    can_fail = any(one.on_failure is OnFailure.FAIL for one in plan.predecessors) or any(
        deadline.then is DeadlineAction.FAIL for deadline in plan.timing.deadlines
    )
    if not can_fail and any(Outcome.FAILED in successor.outcomes for successor in plan.successors):
        yield "Note: no failure and no deadline fails a run of this join, so nobody is told of a failed one."


def _calendar(plan: Plan, now_ms: int) -> Iterator[str]:
    if plan.calendar is None:
        return
    yield f"Business days are all but {phrases.weekend(plan.calendar)} and {phrases.counted(len(plan.calendar.holidays), 'holiday')}."
    last = max(plan.calendar.holidays, default=None)
    if last is not None and last < local(now_ms, plan.zone).date() + timedelta(days=_DAYS_AHEAD):
        yield f"Note: its last known holiday is {last}; apply the definition again to take newer ones."


def _windows(plan: Plan, now_ms: int) -> Iterator[str]:
    if plan.key.window is None:
        return
    rule = window_rule(plan.key)
    for key in _next_keys(plan, rule, now_ms):
        opens_ms, closes_ms = rule.opens_ms(key), rule.closes_ms(key)
        times = [f"opens {_shown(opens_ms, plan)}", f"closes {_shown(closes_ms, plan)}", *_moments(plan, rule.first_day(key), opens_ms)]
        yield f"Window {key} {listed(times)}."


def _next_keys(plan: Plan, rule: WindowRule, now_ms: int) -> Iterator[str]:
    key, found = rule.key_of(now_ms), 0
    for _ in range(_MOST_WINDOWS):
        key = rule.following(key)
        day = rule.first_day(key)
        if not plan.timing.business_days_only or (plan.calendar or Calendar()).is_business_day(day):
            yield key
            found += 1
        if found == _WINDOWS:
            return


def _moments(plan: Plan, day: date, opens_ms: int) -> Iterator[str]:
    """What happens at which moment of a run that opens with its window."""
    moments = Moments(opens_ms, opens_ms, day)
    if plan.timing.not_before is not None:
        yield f"is not released before {_shown(plan.timing.not_before.moment_ms(day), plan)}"
    for deadline in plan.timing.deadlines:
        from_opening = isinstance(deadline.when, Elapsed) and deadline.when.since is Since.OPENING and not plan.timing.expected
        moment_ms = moments.of(deadline)
        if moment_ms is not None and not from_opening:
            yield f"is late ({deadline.then.value}) {_shown(moment_ms, plan)}"


def _missing_times(plan: Plan, now_ms: int) -> Iterator[str]:
    """The next day on which a wall time is skipped by daylight saving, for each."""
    for wall in dict.fromkeys(_wall_times(plan)):
        today = local(now_ms, wall.zone).date()
        for day in (today + timedelta(days=number) for number in range(_DAYS_AHEAD)):
            meant = local(instant_ms(day, wall.at, wall.zone), wall.zone)
            if meant.replace(tzinfo=None).time() != wall.at or meant.date() != day:
                yield f"Note: on {day} there is no {wall.at:%H:%M} in {wall.zone}; {meant:%H:%M} is meant then."
                break


def _wall_times(plan: Plan) -> Iterator[WallTime]:
    if isinstance(plan.key.window, Window):
        yield WallTime(plan.key.window.starts_at, plan.key.window.zone)
    times: Sequence[WallTime | Elapsed | None] = (plan.timing.not_before, *(deadline.when for deadline in plan.timing.deadlines))
    yield from (WallTime(when.at, when.zone) for when in times if isinstance(when, WallTime))


def _shown(at_ms: int, plan: Plan) -> str:
    return f"{local(at_ms, plan.zone):%a %Y-%m-%d %H:%M}" + (f":{at_ms // 1000 % 60:02}" if at_ms % 60_000 else "")
