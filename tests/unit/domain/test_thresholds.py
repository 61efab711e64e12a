"""Thresholds are lower bounds: no fewer arrivals, or failures, can change what is decided."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.domain.completion import Source, SourceKind, Status
from fanin.domain.condition import AtLeast, Condition, Slot, Verdict, evaluate
from fanin.domain.plan import KeyKind, KeyRule, OnFailure, Plan, Predecessor
from fanin.domain.thresholds import arrivals_missing, failures_missing

pytestmark = pytest.mark.unit

SLOTS = 4


def plan(condition: Condition) -> Plan:
    source = Source(SourceKind.STEP_FUNCTIONS, "arn:aws:states:us-east-1:111111111111:stateMachine:x")
    predecessors = tuple(Predecessor(f"p{slot}", source, on_failure=OnFailure.FAIL) for slot in range(SLOTS))
    return Plan("join", 1, "digest", "", KeyRule(KeyKind.INPUT, "key"), predecessors, condition, ())


def grouped(children: list[Condition]) -> st.SearchStrategy[Condition]:
    return st.integers(1, len(children)).map(lambda count: AtLeast(count, tuple(children)))


CONDITIONS = st.recursive(
    st.integers(0, SLOTS - 1).map(Slot), lambda child: st.lists(child, min_size=1, max_size=4).flatmap(grouped), max_leaves=8
)


def fewest(condition: Condition, status: Status, verdict: Verdict) -> int | None:
    """How few slots with that status bring a condition to a verdict, by trying all; None when none do."""
    one = Verdict.SATISFIED if status is Status.SUCCEEDED else Verdict.IMPOSSIBLE
    for number in range(SLOTS + 1):
        for slots in combinations(range(SLOTS), number):
            if evaluate(condition, dict.fromkeys(slots, one)) is verdict:
                return number
    return None


@given(CONDITIONS)
def test_no_fewer_arrivals_can_satisfy_and_no_fewer_failures_can_fail(condition: Condition) -> None:
    arrivals, failures = fewest(condition, Status.SUCCEEDED, Verdict.SATISFIED), fewest(condition, Status.FAILED, Verdict.IMPOSSIBLE)
    assert arrivals is not None
    assert failures is not None
    assert arrivals_missing(plan(condition), {}, {}) <= arrivals
    assert failures_missing(plan(condition), {}, {}) <= failures


def test_a_predecessor_that_is_named_twice_arrives_once() -> None:
    # Found by simulation: a wide run with everything it needed waited for the next look, up to an hour.
    twice = AtLeast(2, (Slot(0), AtLeast(1, (Slot(0),))))
    assert arrivals_missing(plan(twice), {}, {}) == 1


def test_where_none_is_named_twice_the_bound_is_exact() -> None:
    condition = AtLeast(2, (Slot(0), AtLeast(2, (Slot(1), Slot(2))), Slot(3)))
    assert arrivals_missing(plan(condition), {}, {}) == 2
    assert failures_missing(plan(condition), {}, {}) == 2
    assert arrivals_missing(plan(AtLeast(3, (Slot(0), AtLeast(2, (Slot(1), Slot(2))), Slot(3)))), {}, {}) == 4
