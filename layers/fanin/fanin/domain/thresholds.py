"""Thresholds: how many more arrivals, or failures, a wide run needs before looking into its journal can change anything.

Both are lower bounds, so the answer "not yet" is exact and an answer "look" may be too early. An arrival raises one slot at most; of a
condition "at least n of them" the n children that lack least must become ready, and all but n-1 must become impossible to make it so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fanin.domain.condition import Condition, Slot, Verdict
from fanin.domain.counting import UNREACHABLE, Tally, still_missing, still_tolerated
from fanin.domain.decision import slot_verdicts
from fanin.domain.plan import OnFailure

if TYPE_CHECKING:
    from fanin.domain.plan import Plan
    from fanin.domain.run import Hint


def arrivals_missing(plan: Plan, slots: Mapping[int, str], tallies: Mapping[int, Tally]) -> int:
    """How many arrivals at the least can satisfy a run with these; UNREACHABLE when none can before somebody says an N."""
    verdicts = slot_verdicts(plan, slots, None)

    def lacking(slot: int) -> int:
        one = plan.predecessors[slot]
        if one.counted is not None:
            return still_missing(one.counted, one.on_failure, tallies[slot])
        return 0 if verdicts.get(slot) is Verdict.SATISFIED else 1

    return _least(plan.condition, lacking, lambda count, _: count)


def failures_missing(plan: Plan, slots: Mapping[int, str], tallies: Mapping[int, Tally]) -> int:
    """How many failures at the least can fail a run with these; UNREACHABLE when none can."""
    verdicts = slot_verdicts(plan, slots, None)

    def bearing(slot: int) -> int:
        one = plan.predecessors[slot]
        if one.counted is not None:
            return still_tolerated(one.counted, one.on_failure, tallies[slot])
        found = verdicts.get(slot, Verdict.POSSIBLE)
        return 0 if found is Verdict.IMPOSSIBLE else int(one.on_failure is OnFailure.FAIL and found is Verdict.POSSIBLE) or UNREACHABLE

    return _least(plan.condition, bearing, lambda count, children: children - count + 1)


def is_to_be_looked_at(plan: Plan, hint: Hint) -> bool:
    """Whether the run could be satisfied, or failed, by what its hint says has arrived."""
    first_look, first_bad = (0, 0) if hint.need else _first(plan)
    next_look = first_look if hint.next_look is None else hint.next_look
    next_bad = first_bad if hint.next_bad is None else hint.next_bad
    return hint.arrivals >= next_look or hint.failures >= next_bad


def _first(plan: Plan) -> tuple[int, int]:
    nothing = {slot: Tally(one.counted.number) for slot, one in enumerate(plan.predecessors) if one.counted is not None}
    return arrivals_missing(plan, {}, nothing), failures_missing(plan, {}, nothing)


def _least(condition: Condition, of_slot: Callable[[int], int], needed: Callable[[int, int], int]) -> int:
    if isinstance(condition, Slot):
        return of_slot(condition.number)
    each = sorted(_least(child, of_slot, needed) for child in condition.children)[: needed(condition.count, len(condition.children))]
    # One arrival may help several children that name its slot: then only the dearest of them is a lower bound.
    return min(sum(each) if _are_apart(condition.children) else each[-1], UNREACHABLE)


def _are_apart(children: Sequence[Condition]) -> bool:
    """Whether no slot is named by two of them."""
    named = [slot for child in children for slot in _slots(child)]
    return len(named) == len(set(named))


def _slots(condition: Condition) -> set[int]:
    return {condition.number} if isinstance(condition, Slot) else set().union(*map(_slots, condition.children))
