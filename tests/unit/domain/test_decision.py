"""Deciding: a release when the condition holds on what succeeded, else what is missing; in time, and by what a failure means."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fanin.domain.arrival import Arrival
from fanin.domain.completion import Source, SourceKind, Status
from fanin.domain.condition import AtLeast, Slot, Verdict, all_of
from fanin.domain.counting import Counted, Tally
from fanin.domain.decision import Alert, Decision, Expire, Fail, Release, Wait, decide, slot_verdicts
from fanin.domain.plan import KeyKind, KeyRule, OnFailure, Plan, Predecessor, Successor
from fanin.domain.timing import NO_TIMES, Deadline, DeadlineAction, Elapsed, Moments, Timing

pytestmark = pytest.mark.unit

NAMES = ("ledger", "positions", "risk")
OPENED_MS, DAY = 1_774_983_600_000, date(2026, 3, 31)
ALERT, LATER_ALERT = Deadline(Elapsed(100), DeadlineAction.ALERT), Deadline(Elapsed(200), DeadlineAction.ALERT)
RELEASE, FAIL = Deadline(Elapsed(100), DeadlineAction.RELEASE), Deadline(Elapsed(100), DeadlineAction.FAIL)


def plan(condition: AtLeast) -> Plan:
    predecessors = tuple(Predecessor(name, Source(SourceKind.STEP_FUNCTIONS, f"arn:{name}")) for name in NAMES)
    return Plan("j", 1, "d", "", KeyRule(KeyKind.LATEST), predecessors, condition, (Successor("t", "arn:aws:events:r:1:event-bus/b"),))


def slots(**statuses: Status) -> dict[int, str]:
    return {NAMES.index(name): Arrival(status, 1, "x", None).encode() for name, status in statuses.items()}


def test_all_ready_is_a_release() -> None:
    ready = slots(ledger=Status.SUCCEEDED, positions=Status.SUCCEEDED, risk=Status.SUCCEEDED)
    assert decide(plan(all_of(3)), ready) == Release("satisfied")


def test_nothing_yet_waits_for_everything_in_the_plans_order() -> None:
    assert decide(plan(all_of(3)), {}) == Wait(NAMES)


@pytest.mark.parametrize("status", [Status.FAILED, Status.TIMED_OUT, Status.ABORTED, Status.RUNNING])
def test_what_did_not_succeed_is_waited_for(status: Status) -> None:
    arrived = slots(ledger=Status.SUCCEEDED, positions=status, risk=Status.SUCCEEDED)
    assert decide(plan(all_of(3)), arrived) == Wait(("positions",))


def test_part_is_enough_where_the_condition_says_so() -> None:
    either = plan(AtLeast(2, (Slot(0), AtLeast(1, (Slot(1), Slot(2))))))
    assert decide(either, slots(ledger=Status.SUCCEEDED, risk=Status.SUCCEEDED)) == Release("satisfied")
    assert decide(either, slots(positions=Status.SUCCEEDED, risk=Status.SUCCEEDED)) == Wait(("ledger",))


def one_slot(timing: Timing = NO_TIMES, **said: object) -> Plan:
    """A plan of one predecessor, whose other members are said."""
    base = plan(all_of(1))
    return replace(base, predecessors=(base.predecessors[0]._replace(**said),), timing=timing)  # type: ignore[arg-type]


def after(elapsed_ms: int, attempt: int = 1, last_arrival_ms: int | None = None) -> Moments:
    return Moments(OPENED_MS + elapsed_ms, OPENED_MS, DAY, last_arrival_ms=last_arrival_ms, attempt=attempt)


@pytest.mark.parametrize("status", [Status.FAILED, Status.TIMED_OUT, Status.ABORTED])
@pytest.mark.parametrize(
    ("policy", "decided"),
    [(OnFailure.WAIT, Wait(("ledger",))), (OnFailure.FAIL, Fail("impossible")), (OnFailure.IGNORE, Release("satisfied"))],
)
def test_a_failure_means_what_its_slot_says(policy: OnFailure, status: Status, decided: Decision) -> None:
    assert decide(one_slot(on_failure=policy), slots(ledger=status)) == decided


@pytest.mark.parametrize("policy", OnFailure)
def test_what_has_only_started_is_waited_for_whatever_a_failure_would_mean(policy: OnFailure) -> None:
    assert decide(one_slot(on_failure=policy), slots(ledger=Status.RUNNING)) == Wait(("ledger",))


def test_a_counted_slot_is_ready_by_its_tally_and_by_nothing_else() -> None:
    counting = one_slot(counted=Counted(3), on_failure=OnFailure.FAIL)
    assert decide(counting, {}, tallies={0: Tally(3, 3)}) == Release("satisfied")
    assert decide(counting, {}, tallies={0: Tally(3, 2)}) == Wait(("ledger",))
    assert decide(counting, {}, tallies={0: Tally(3, 0, 1)}) == Fail("impossible")
    assert decide(one_slot(), {}, tallies={0: Tally(3, 3)}) == Wait(("ledger",))


def test_an_optional_slot_without_any_arrival_is_done_when_the_first_deadline_has_passed() -> None:
    optional = one_slot(Timing(deadlines=(LATER_ALERT, ALERT)), optional=True)
    assert decide(optional, {}, after(99)) == Wait(("ledger",), OPENED_MS + 100)
    assert decide(optional, {}, after(100)) == Release("satisfied")
    assert decide(optional, {}) == Wait(("ledger",))
    assert slot_verdicts(replace(optional, timing=Timing()), {}, after(100)) == {}


def test_a_slot_that_is_not_optional_or_has_started_is_not_done_by_a_deadline() -> None:
    timing = Timing(deadlines=(ALERT,))
    assert slot_verdicts(one_slot(timing), {}, after(100)) == {}
    assert slot_verdicts(one_slot(timing, optional=True), slots(ledger=Status.RUNNING), after(100)) == {0: Verdict.POSSIBLE}


def test_a_satisfied_run_waits_for_its_quiet_and_misses_nobody_then() -> None:
    settling = one_slot(Timing(settle_ms=30))
    ready = slots(ledger=Status.SUCCEEDED)
    assert decide(settling, ready, after(29)) == Wait((), OPENED_MS + 30)
    assert decide(settling, ready, after(30)) == Release("satisfied")
    assert decide(settling, ready, after(40, last_arrival_ms=OPENED_MS + 20)) == Wait((), OPENED_MS + 50)
    assert decide(settling, ready) == Release("satisfied")


@pytest.mark.parametrize(
    ("deadlines", "decided"),
    [
        ((RELEASE,), Release("deadline")),
        ((FAIL,), Fail("deadline")),
        ((ALERT, FAIL, LATER_ALERT), Fail("deadline")),
        ((RELEASE, FAIL), Release("deadline")),
        ((FAIL, RELEASE), Fail("deadline")),
        ((ALERT, LATER_ALERT), Alert((0, 1))),
        ((LATER_ALERT, ALERT), Alert((1, 0))),
    ],
)
def test_a_deadline_that_has_passed_does_what_it_says_the_first_of_several(deadlines: tuple[Deadline, ...], decided: Decision) -> None:
    timed = one_slot(Timing(deadlines=deadlines))
    assert decide(timed, {}, after(99)) == Wait(("ledger",), OPENED_MS + 100)
    assert decide(timed, {}, after(200)) == decided


def test_people_are_told_of_a_deadline_once_and_then_it_is_waited_for_the_next() -> None:
    timed = one_slot(Timing(deadlines=(ALERT, LATER_ALERT), expire_after_ms=1000))
    assert decide(timed, {}, after(150)) == Alert((0,))
    assert decide(timed, {}, after(150), frozenset({0})) == Wait(("ledger",), OPENED_MS + 200)
    assert decide(timed, {}, after(250), frozenset({0})) == Alert((1,))
    assert decide(timed, {}, after(250), frozenset({0, 1})) == Wait(("ledger",), OPENED_MS + 1000)


def test_what_a_deadline_does_it_does_to_the_first_attempt_alone() -> None:
    for deadline in (ALERT, FAIL, RELEASE):
        timed = one_slot(Timing(deadlines=(deadline,), expire_after_ms=1000))
        assert decide(timed, {}, after(100, attempt=2)) == Wait(("ledger",), OPENED_MS + 1000)


def test_what_nothing_arrives_for_any_more_is_abandoned() -> None:
    brief = one_slot(Timing(expire_after_ms=1000))
    assert decide(brief, {}, after(999)) == Wait(("ledger",), OPENED_MS + 1000)
    assert decide(brief, {}, after(1000)) == Expire()
    assert decide(brief, {}, after(1000, last_arrival_ms=OPENED_MS + 1)) == Wait(("ledger",), OPENED_MS + 1001)
