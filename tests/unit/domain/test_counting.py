"""Counted predecessors: what so many successes and failures mean under each policy."""

from __future__ import annotations

import pytest

from fanin.domain.condition import Verdict
from fanin.domain.counting import UNREACHABLE, Counted, Tally, Tolerance, still_missing, still_tolerated, tally_verdict
from fanin.domain.plan import OnFailure

pytestmark = pytest.mark.unit

TWO_OF_TEN = Counted(10, tolerance=Tolerance(failures=2))
WAITING, READY, LOST = Verdict.POSSIBLE, Verdict.SATISFIED, Verdict.IMPOSSIBLE


@pytest.mark.parametrize(
    ("succeeded", "failed", "wait", "fail", "ignore"),
    [
        (0, 0, WAITING, WAITING, WAITING),
        (9, 0, WAITING, WAITING, WAITING),
        (10, 0, READY, READY, READY),
        (8, 1, WAITING, WAITING, WAITING),
        (8, 2, READY, READY, READY),
        (7, 2, WAITING, WAITING, WAITING),
        (7, 3, WAITING, LOST, READY),
        (8, 3, READY, LOST, READY),
        (9, 2, READY, READY, READY),
        (0, 10, WAITING, LOST, READY),
        (0, 3, WAITING, LOST, WAITING),
    ],
)
def test_what_a_tally_of_ten_with_two_tolerated_means(succeeded: int, failed: int, wait: Verdict, fail: Verdict, ignore: Verdict) -> None:
    found = [tally_verdict(TWO_OF_TEN, policy, Tally(10, succeeded, failed)) for policy in OnFailure]
    assert found == [wait, fail, ignore]


@pytest.mark.parametrize("policy", OnFailure)
def test_before_anybody_says_how_many_nothing_is_decided(policy: OnFailure) -> None:
    unknown = Tally(None, 100, 100)
    assert tally_verdict(Counted(), policy, unknown) is Verdict.POSSIBLE
    assert still_missing(Counted(), policy, unknown) == UNREACHABLE
    assert still_tolerated(Counted(), policy, unknown) == UNREACHABLE


@pytest.mark.parametrize(
    ("tolerance", "expected", "tolerated"),
    [
        (Tolerance(), 100, 0),
        (Tolerance(failures=3), 100, 3),
        (Tolerance(share=500), 100, 5),
        (Tolerance(share=500), 119, 5),
        (Tolerance(share=1), 9_999, 0),
        (Tolerance(share=1), 10_000, 1),
        (Tolerance(failures=3, share=500), 40, 3),
        (Tolerance(failures=3, share=500), 80, 4),
    ],
)
def test_the_greater_of_a_number_and_a_share_rounded_down_is_tolerated(tolerance: Tolerance, expected: int, tolerated: int) -> None:
    assert tolerance.of(expected) == tolerated
    assert isinstance(tolerance.of(expected), int)


@pytest.mark.parametrize(
    ("succeeded", "failed", "wait", "ignore"),
    [(0, 0, 10, 10), (7, 0, 3, 3), (7, 3, 1, 0), (5, 5, 3, 0), (8, 2, 0, 0), (8, 1, 1, 1), (4, 4, 4, 2)],
)
def test_as_many_arrivals_are_missing_as_can_make_the_slot_ready(succeeded: int, failed: int, wait: int, ignore: int) -> None:
    tally = Tally(10, succeeded, failed)
    assert still_missing(TWO_OF_TEN, OnFailure.WAIT, tally) == wait
    assert still_missing(TWO_OF_TEN, OnFailure.IGNORE, tally) == ignore


def test_of_a_slot_that_failures_have_made_impossible_something_is_missing_whatever_arrives() -> None:
    assert still_missing(TWO_OF_TEN, OnFailure.FAIL, Tally(10, 8, 3)) == 1
    assert still_missing(TWO_OF_TEN, OnFailure.FAIL, Tally(10, 8, 2)) == 0


def test_as_many_failures_are_tolerated_as_leave_the_slot_possible_and_one_more() -> None:
    assert [still_tolerated(TWO_OF_TEN, OnFailure.FAIL, Tally(10, 0, failed)) for failed in range(5)] == [3, 2, 1, 0, 0]
    assert still_tolerated(TWO_OF_TEN, OnFailure.WAIT, Tally(10)) == UNREACHABLE
    assert still_tolerated(TWO_OF_TEN, OnFailure.IGNORE, Tally(10)) == UNREACHABLE
