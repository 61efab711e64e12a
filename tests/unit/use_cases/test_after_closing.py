"""After a release or a failure: what still arrives is ignored, told once, or opens the next attempt; definitions stay pinned."""

from __future__ import annotations

import json

import pytest

from fanin.domain.run import RunState
from tests.unit.use_cases.faults import Fault
from tests.unit.use_cases.joins_in_time import (
    BEGIN_MS,
    HOUR_MS,
    KEY,
    MINUTE_MS,
    RISK,
    arrived,
    begun,
    document,
    executions,
    report,
    the_run,
    went,
)
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, SECOND_SUCCESSOR, TWO, Landscape, successor

pytestmark = pytest.mark.unit

BOTH = {**successor(), "on": ["released", "failed"]}
LATER_MS = BEGIN_MS + HOUR_MS


def released(**said: object) -> Landscape:
    """A join of two that was released and acknowledged an hour ago."""
    landscape = begun(TWO, **said)
    report(landscape, LEDGER, "l1")
    report(landscape, POSITIONS, "p1")
    landscape.pass_time(LATER_MS)
    assert the_run(landscape).state is RunState.ACKNOWLEDGED
    return landscape


def late(landscape: Landscape) -> list[dict[str, object]]:
    """What people were told of late arrivals."""
    details = [json.loads(one.detail) for one in landscape.notices]
    return [{name: one[name] for name in ("attempt", "reason", "predecessors")} for one in details if one["transition"] == "LATE_ARRIVAL"]


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_a_late_arrival_is_ignored(status: str) -> None:
    landscape = released()
    before = the_run(landscape)
    report(landscape, LEDGER, "l2", status)
    landscape.until_quiet()
    assert (the_run(landscape), len(landscape.inputs()), late(landscape)) == (before, 1, [])


def test_a_late_arrival_is_told_once_however_often_it_comes() -> None:
    landscape = released(afterRelease="report")
    bodies = [report(landscape, LEDGER, "l2"), report(landscape, POSITIONS, "p2", "TIMED_OUT"), report(landscape, LEDGER, "l3")]
    landscape.arrive(*bodies, *bodies)
    landscape.until_quiet()
    assert late(landscape) == [
        {"attempt": 1, "reason": "succeeded", "predecessors": ["ledger"]},
        {"attempt": 1, "reason": "timed-out", "predecessors": ["positions"]},
        {"attempt": 1, "reason": "succeeded", "predecessors": ["ledger"]},
    ]
    assert len(landscape.inputs()) == 1


def test_the_released_arrival_itself_is_never_told_as_late() -> None:
    landscape = released(afterRelease="report")
    landscape.arrive(*(report(landscape, machine, name) for machine, name in ((LEDGER, "l1"), (POSITIONS, "p1"))))
    landscape.until_quiet()
    assert late(landscape) == []


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_a_late_arrival_is_told_whatever_goes_wrong(fault: Fault) -> None:
    calls = len(released(afterRelease="report").faults.calls)
    for at in range(calls + 1, calls + 9):
        landscape = released(afterRelease="report")
        landscape.faults.planned[at] = fault
        report(landscape, LEDGER, "l2")
        landscape.until_quiet()
        # An event that went out although its answer was lost goes out again, and says the same.
        assert len({one.detail for one in landscape.notices if "LATE_ARRIVAL" in one.detail}) == 1, landscape.faults.calls[at - 1]


def test_a_newer_success_opens_the_next_attempt_with_the_others_kept() -> None:
    landscape = released(afterRelease="again", successors=[successor(), successor("report", SECOND_SUCCESSOR, outputs=True)])
    body = report(landscape, LEDGER, "l2")
    assert went(landscape) == [(1, "released", "satisfied", BEGIN_MS), (2, "released", "satisfied", LATER_MS)]
    assert [one.target for one in landscape.deliveries()] == ["daily-close", "report"] * 2
    for said in landscape.inputs():
        assert isinstance(said["predecessors"], dict)
        names = [one["executionArn"].rpartition(":")[2] for one in said["predecessors"].values()]
        assert names == (["l1", "p1"] if said["attempt"] == 1 else ["l2", "p1"])
    landscape.arrive(body, body)
    landscape.pass_time(LATER_MS + HOUR_MS)
    assert len(landscape.inputs()) == 4
    assert landscape.all_acknowledged()
    assert landscape.told() == [f"{what} {KEY}" for what in ("RELEASED", "ACKNOWLEDGED", "REOPENED", "RELEASED", "ACKNOWLEDGED")]


@pytest.mark.parametrize("status", ["FAILED", "ABORTED"])
def test_a_failure_after_the_release_opens_nothing(status: str) -> None:
    landscape = released(afterRelease="again", onFailure="fail", successors=[BOTH])
    report(landscape, LEDGER, "l2", status)
    assert len(landscape.inputs()) == 1
    assert arrived(landscape) == {0: "l1 SUCCEEDED", 1: "p1 SUCCEEDED"}


def test_an_older_success_that_comes_late_opens_nothing() -> None:
    landscape = begun(TWO, afterRelease="again")
    older = report(landscape, RISK, "l0").replace(RISK.rpartition(":")[2], "ledger")
    landscape.pass_time(BEGIN_MS + MINUTE_MS)
    report(landscape, LEDGER, "l1")
    report(landscape, POSITIONS, "p1")
    landscape.arrive(older)
    landscape.until_quiet()
    assert len(landscape.inputs()) == 1


def test_the_next_attempt_settles_too() -> None:
    landscape = begun(TWO, afterRelease="again", settle="PT30S")
    report(landscape, LEDGER, "l1")
    report(landscape, POSITIONS, "p1")
    landscape.pass_time(LATER_MS)
    report(landscape, LEDGER, "l2")
    landscape.pass_time(LATER_MS + 20_000)
    report(landscape, LEDGER, "l3")
    landscape.pass_time(LATER_MS + HOUR_MS)
    assert went(landscape) == [(1, "released", "satisfied", BEGIN_MS + 30_000), (2, "released", "satisfied", LATER_MS + 50_000)]
    assert executions(landscape, 2) == {"ledger": "l3 SUCCEEDED", "positions": "p1 SUCCEEDED"}


def test_an_ignored_failure_that_comes_after_the_run_has_failed_is_not_lost_to_the_rerun() -> None:
    predecessors = {
        "ledger": {"stateMachine": LEDGER, "onFailure": "fail"},
        "positions": {"stateMachine": POSITIONS, "onFailure": "ignore"},
    }
    landscape = begun(TWO, predecessors=predecessors, successors=[BOTH])
    report(landscape, LEDGER, "l1", "FAILED")
    report(landscape, POSITIONS, "p1", "FAILED")
    landscape.pass_time(LATER_MS)
    report(landscape, LEDGER, "l2")
    assert went(landscape) == [(1, "failed", "impossible", BEGIN_MS), (2, "released", "satisfied", LATER_MS)]
    assert executions(landscape, 2) == {"ledger": "l2 SUCCEEDED", "positions": "p1 FAILED"}


def test_an_ignored_failure_that_was_all_a_failed_run_lacked_opens_its_next_attempt() -> None:
    landscape = begun(TWO, onFailure="ignore", deadlines=[{"after": "PT1M", "then": "fail"}], successors=[BOTH])
    report(landscape, LEDGER, "l1")
    landscape.pass_time(LATER_MS)
    report(landscape, POSITIONS, "p1", "FAILED")
    assert went(landscape) == [(1, "failed", "deadline", BEGIN_MS + MINUTE_MS), (2, "released", "satisfied", LATER_MS)]


def test_a_run_is_held_to_its_version_in_all_its_attempts() -> None:
    landscape = released(afterRelease="again")
    landscape.apply(document({"ledger": LEDGER, "risk": RISK}, afterRelease="ignore"))
    landscape.apply(document({"ledger": LEDGER, "risk": RISK}, description="third"))
    landscape.pass_time(LATER_MS + HOUR_MS)
    report(landscape, LEDGER, "l2")
    assert went(landscape)[1:] == [(2, "released", "satisfied", LATER_MS + HOUR_MS)]
    assert executions(landscape, 2) == {"ledger": "l2 SUCCEEDED", "positions": "p1 SUCCEEDED"}
    assert the_run(landscape).plan_version == 1


def test_a_deadline_is_that_of_the_version_a_run_opened_with() -> None:
    landscape = begun(TWO, deadlines=[{"after": "PT10M", "then": "release"}])
    report(landscape, LEDGER, "l1")
    landscape.apply(document(TWO, deadlines=[{"after": "PT5M", "then": "fail"}], successors=[BOTH]))
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    assert went(landscape) == [(1, "released", "deadline", BEGIN_MS + 10 * MINUTE_MS)]


def test_a_deleted_join_keeps_its_open_runs_timers() -> None:
    landscape = begun(TWO, deadlines=[{"after": "PT10M", "then": "release"}])
    report(landscape, LEDGER, "l1")
    landscape.operator().withdraw("daily-close")
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    assert went(landscape) == [(1, "released", "deadline", BEGIN_MS + 10 * MINUTE_MS)]
