"""Thresholds are lower bounds: no fewer arrivals, or failures, can change what is decided."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.domain.arrival import Arrival
from fanin.domain.completion import Source, SourceKind, Status
from fanin.domain.condition import AtLeast, Condition, Slot, Verdict, all_of, evaluate
from fanin.domain.counting import UNREACHABLE, Counted, Tally
from fanin.domain.plan import KeyKind, KeyRule, OnFailure, Plan, Predecessor
from fanin.domain.run import Hint
from fanin.domain.thresholds import arrivals_missing, failures_missing, is_to_be_looked_at

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


def arrived(*statuses: Status) -> dict[int, str]:
    """Arrivals of the first slots."""
    return {slot: Arrival(status, 1, "x", None).encode() for slot, status in enumerate(statuses)}


def with_slot(base: Plan, slot: int, **said: object) -> Plan:
    """A plan with one slot changed."""
    predecessors = list(base.predecessors)
    predecessors[slot] = predecessors[slot]._replace(**said)  # type: ignore[arg-type]
    return replace(base, predecessors=tuple(predecessors))


def test_what_has_succeeded_is_missing_no_more_and_what_has_failed_or_started_still_is() -> None:
    slots = arrived(Status.SUCCEEDED, Status.FAILED, Status.RUNNING)
    assert arrivals_missing(plan(all_of(SLOTS)), slots, {}) == 3
    assert arrivals_missing(plan(all_of(1)), slots, {}) == 0


def test_of_what_can_fail_a_run_failures_bring_it_nearer_and_successes_take_it_away() -> None:
    two_may_fail = plan(AtLeast(2, all_of(SLOTS).children))
    assert failures_missing(two_may_fail, {}, {}) == 3
    assert failures_missing(two_may_fail, arrived(Status.FAILED), {}) == 2
    assert failures_missing(two_may_fail, arrived(Status.SUCCEEDED), {}) == 3
    assert failures_missing(two_may_fail, arrived(Status.SUCCEEDED, Status.SUCCEEDED), {}) == UNREACHABLE
    assert failures_missing(two_may_fail, arrived(Status.RUNNING), {}) == 3
    assert failures_missing(plan(all_of(1)), arrived(Status.FAILED), {}) == 0


@pytest.mark.parametrize("policy", [OnFailure.WAIT, OnFailure.IGNORE])
def test_no_failure_of_a_slot_that_does_not_fail_the_run_is_looked_for(policy: OnFailure) -> None:
    assert failures_missing(with_slot(plan(all_of(1)), 0, on_failure=policy), {}, {}) == UNREACHABLE
    either = with_slot(plan(all_of(2)), 0, on_failure=policy)
    assert failures_missing(either, {}, {}) == 1
    assert failures_missing(replace(either, condition=AtLeast(1, all_of(2).children)), {}, {}) == UNREACHABLE


def test_a_counted_slot_lacks_and_bears_what_its_tally_says() -> None:
    counting = with_slot(plan(all_of(2)), 1, counted=Counted(10))
    assert arrivals_missing(counting, {}, {1: Tally(10, 7)}) == 4
    assert arrivals_missing(counting, arrived(Status.SUCCEEDED), {1: Tally(10, 10)}) == 0
    assert failures_missing(counting, arrived(Status.SUCCEEDED), {1: Tally(10, 7)}) == 1
    assert failures_missing(counting, arrived(Status.SUCCEEDED), {1: Tally(10, 7, 1)}) == 0


def test_what_cannot_be_reached_twice_is_no_further_away() -> None:
    unknown = with_slot(with_slot(plan(all_of(2)), 0, counted=Counted()), 1, counted=Counted())
    nothing = {slot: Tally(None) for slot in (0, 1)}
    assert arrivals_missing(unknown, {}, nothing) == UNREACHABLE
    assert failures_missing(replace(unknown, condition=AtLeast(1, all_of(2).children)), {}, nothing) == UNREACHABLE


def test_a_run_is_looked_at_from_its_thresholds_on_by_arrivals_or_by_failures() -> None:
    narrow_view = plan(all_of(3))
    assert [is_to_be_looked_at(narrow_view, Hint(arrivals=number)) for number in (2, 3)] == [False, True]
    assert [is_to_be_looked_at(narrow_view, Hint(failures=number)) for number in (0, 1)] == [False, True]
    said = Hint(arrivals=6, failures=1, next_look=7, next_bad=2)
    assert not is_to_be_looked_at(narrow_view, said)
    assert is_to_be_looked_at(narrow_view, said._replace(arrivals=7))
    assert is_to_be_looked_at(narrow_view, said._replace(failures=2))


def test_where_the_need_may_have_fallen_a_run_is_looked_at_unless_somebody_has_looked_since() -> None:
    wide_view = plan(all_of(3))
    assert is_to_be_looked_at(wide_view, Hint(need=1))
    assert is_to_be_looked_at(wide_view, Hint(need=1, next_look=7))
    assert is_to_be_looked_at(wide_view, Hint(need=1, next_bad=2))
    assert not is_to_be_looked_at(wide_view, Hint(need=1, next_look=7, next_bad=2))
    assert not is_to_be_looked_at(wide_view, Hint(arrivals=1, next_look=2))


def test_the_first_look_counts_what_is_counted_and_the_first_failure_what_is_tolerated() -> None:
    counting = with_slot(plan(all_of(2)), 1, counted=Counted(10))
    assert [is_to_be_looked_at(counting, Hint(arrivals=number)) for number in (10, 11)] == [False, True]
    assert [is_to_be_looked_at(counting, Hint(failures=number)) for number in (0, 1)] == [False, True]
