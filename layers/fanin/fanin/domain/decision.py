"""Decide: given a plan, what has arrived and the time, what is to be done. Pure, total, and taken again on every redelivery.

The answer is three-valued underneath: satisfied, still possible, impossible. A slot's verdict comes from its arrival and its failure
policy, that on a counted one from its tally; an optional slot without any arrival counts as done when the first deadline has passed.
Timers only ever ask this question again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fanin.domain.arrival import status_in
from fanin.domain.completion import Status
from fanin.domain.condition import Verdict, evaluate
from fanin.domain.counting import tally_verdict
from fanin.domain.plan import OnFailure
from fanin.domain.timing import DeadlineAction

if TYPE_CHECKING:
    from fanin.domain.counting import Tally
    from fanin.domain.plan import Plan, Predecessor
    from fanin.domain.timing import Moments

SATISFIED, DEADLINE, IMPOSSIBLE = "satisfied", "deadline", "impossible"


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: the names of the predecessors that are not ready, in the plan's order, and when to ask again at the latest."""

    missing: tuple[str, ...]
    due_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """Freeze what has arrived and send it. `reason` goes into the release: satisfied, or deadline."""

    reason: str


@dataclass(frozen=True, slots=True)
class Fail:
    """The run has failed: it has become impossible, or a deadline said so."""

    reason: str


@dataclass(frozen=True, slots=True)
class Alert:
    """Tell people that a deadline passed, once each; `deadlines` are their numbers."""

    deadlines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Expire:
    """Abandoned: nothing can arrive any more."""


Decision = Wait | Release | Fail | Alert | Expire


def decide(
    plan: Plan,
    slots: Mapping[int, str],
    moments: Moments | None = None,
    alerted: frozenset[int] = frozenset(),
    tallies: Mapping[int, Tally] | None = None,
) -> Decision:
    """The decision on encoded arrivals by slot; without `moments` (a stream has none) no timer applies.

    `alerted` are the deadlines that people have been told of, `tallies` what has arrived for counted slots.
    """
    verdicts = slot_verdicts(plan, slots, moments, tallies)
    match evaluate(plan.condition, verdicts):
        case Verdict.SATISFIED:
            return _satisfied(plan, moments)
        case Verdict.IMPOSSIBLE:
            return Fail(IMPOSSIBLE)
        case Verdict.POSSIBLE:
            missing = tuple(one.name for slot, one in enumerate(plan.predecessors) if verdicts.get(slot) is not Verdict.SATISFIED)
            return Wait(missing) if moments is None else _possible(plan, moments, alerted, missing)


def slot_verdicts(
    plan: Plan, slots: Mapping[int, str], moments: Moments | None, tallies: Mapping[int, Tally] | None = None
) -> dict[int, Verdict]:
    """The verdict on each slot; a slot that is not named is possible."""
    overdue = bool(plan.timing.deadlines) and moments is not None and next(moments.passed(plan.timing), None) is not None
    verdicts = {
        slot: tally_verdict(counted, plan.predecessors[slot].on_failure, tally)
        for slot, tally in (tallies or {}).items()
        if (counted := plan.predecessors[slot].counted) is not None
    }
    for slot, predecessor in enumerate(plan.predecessors):
        encoded = slots.get(slot)
        if encoded is not None:
            verdicts[slot] = _arrived(predecessor, status_in(encoded))
        elif predecessor.optional and overdue:
            verdicts[slot] = Verdict.SATISFIED
    return verdicts


def _arrived(predecessor: Predecessor, status: Status) -> Verdict:
    if status is Status.SUCCEEDED:
        return Verdict.SATISFIED
    if status is Status.RUNNING:
        return Verdict.POSSIBLE
    match predecessor.on_failure:
        case OnFailure.WAIT:
            return Verdict.POSSIBLE
        case OnFailure.FAIL:
            return Verdict.IMPOSSIBLE
        case OnFailure.IGNORE:
            return Verdict.SATISFIED


def _satisfied(plan: Plan, moments: Moments | None) -> Decision:
    if moments is None:
        return Release(SATISFIED)
    ready_ms = moments.releasable_at_ms(plan.timing)
    return Release(SATISFIED) if ready_ms <= moments.now_ms else Wait((), ready_ms)


def _possible(plan: Plan, moments: Moments, alerted: frozenset[int], missing: tuple[str, ...]) -> Decision:
    passed = list(moments.passed(plan.timing)) if moments.attempt == 1 else []
    for _, deadline in passed:
        if deadline.then is DeadlineAction.FAIL:
            return Fail(DEADLINE)
        if deadline.then is DeadlineAction.RELEASE:
            return Release(DEADLINE)
    untold = tuple(number for number, _ in passed if number not in alerted)
    if untold:
        return Alert(untold)
    expires_ms = moments.expires_ms(plan.timing)
    if expires_ms <= moments.now_ms:
        return Expire()
    return Wait(missing, min(filter(None, (expires_ms, moments.next_deadline_ms(plan.timing)))))
