"""Counts found: how many executions there will be, by what a predecessor's output says. A pure function of the completion."""

from __future__ import annotations

from fanin.definitions.keying import value_in_output
from fanin.domain.completion import Completion, Status
from fanin.domain.counting import MAX_COUNT
from fanin.domain.errors import RejectedError
from fanin.domain.plan import Plan


def counts_found(plan: Plan, completion: Completion) -> dict[int, int]:
    """N for each counted slot of a plan that this completion says it for; none when it has not succeeded.

    RejectedError `count-not-a-number` when what the expression finds is no whole number from 0 to 1,000,000, `count-unavailable` when the
    output is not there.
    """
    if not plan.counts_by_outputs or completion.status is not Status.SUCCEEDED:
        return {}
    slots = [other for slot in plan.slots_of(completion.source) for other in plan.counted_from(slot)]
    return {slot: _number(plan, slot, completion) for slot in slots}


def _number(plan: Plan, slot: int, completion: Completion) -> int:
    counted = plan.predecessors[slot].counted
    if counted is None or counted.expression is None:
        raise ValueError("the slot does not count by an output")
    try:
        found = value_in_output(counted.expression, completion)
    except RejectedError as error:
        raise RejectedError("count-unavailable", f"the output does not say how many executions there are: {error.message}") from error
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= MAX_COUNT:
        name = plan.predecessors[slot].name
        raise RejectedError("count-not-a-number", f"the number of executions of {name} is no whole number from 0 to {MAX_COUNT}")
    return found
