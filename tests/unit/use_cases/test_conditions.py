"""Conditions and failures, through the whole hub: what releases, what fails, what waits."""

from __future__ import annotations

import pytest

from fanin.domain.run import RunState
from tests.unit.use_cases.joins_in_time import (
    BEGIN_MS,
    HOUR_MS,
    KEY,
    RISK,
    THREE,
    arrived,
    begun,
    executions,
    report,
    the_run,
    went,
)
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, SECOND_SUCCESSOR, successor

pytestmark = pytest.mark.unit

RELEASED = (1, "released", "satisfied", BEGIN_MS)
FAILED = (1, "failed", "impossible", BEGIN_MS)
NESTED = {"all": ["ledger", {"any": ["positions", "risk"]}]}
BOTH = {**successor(), "on": ["released", "failed"]}
ON_FAILED = {**successor("report", SECOND_SUCCESSOR), "on": ["failed"]}


@pytest.mark.parametrize(
    ("require", "waits", "releases"),
    [
        ("all", [LEDGER, RISK], POSITIONS),
        ("any", [], RISK),
        ({"atLeast": 2}, [POSITIONS], RISK),
        (NESTED, [POSITIONS, RISK], LEDGER),
        (NESTED, [LEDGER], RISK),
        ({"atLeast": 2, "of": [NESTED, "risk", "positions"]}, [RISK], POSITIONS),
        ({"any": [{"all": ["ledger", "positions"]}, {"all": ["positions", "risk"]}]}, [LEDGER, RISK], POSITIONS),
    ],
)
def test_a_condition_releases_with_the_arrival_that_satisfies_it(require: object, waits: list[str], releases: str) -> None:
    landscape = begun(require=require)
    for machine in waits:
        report(landscape, machine)
    assert went(landscape) == []
    report(landscape, releases)
    assert went(landscape) == [RELEASED]
    assert executions(landscape) == {name: "x SUCCEEDED" for name, arn in THREE.items() if arn in (*waits, releases)}
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    assert landscape.told() == [f"RELEASED {KEY}", f"ACKNOWLEDGED {KEY}"]


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_failure_is_waited_out(status: str) -> None:
    landscape = begun()
    report(landscape, LEDGER, "x", status)
    report(landscape, POSITIONS)
    report(landscape, RISK)
    assert went(landscape) == []
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    assert the_run(landscape).state is RunState.OPEN
    report(landscape, LEDGER, "x")
    assert went(landscape) == [(1, "released", "satisfied", BEGIN_MS + HOUR_MS)]


def test_a_failure_that_is_ignored_counts_as_done_and_is_said() -> None:
    landscape = begun(onFailure="ignore")
    report(landscape, LEDGER, status="FAILED")
    report(landscape, POSITIONS)
    report(landscape, RISK, status="ABORTED")
    assert went(landscape) == [RELEASED]
    assert executions(landscape) == {"ledger": "x FAILED", "positions": "x SUCCEEDED", "risk": "x ABORTED"}


def test_a_failure_fails_the_run_and_is_sent_only_to_successors_that_asked() -> None:
    landscape = begun(onFailure="fail", successors=[successor(), ON_FAILED])
    report(landscape, POSITIONS)
    report(landscape, LEDGER, status="FAILED")
    assert the_run(landscape).state is RunState.FAILED
    assert went(landscape) == [FAILED]
    assert [one.target for one in landscape.deliveries()] == ["report"]
    assert executions(landscape) == {"ledger": "x FAILED", "positions": "x SUCCEEDED"}
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    assert landscape.told() == [f"FAILED {KEY}"]
    assert landscape.all_acknowledged()
    assert the_run(landscape).state is RunState.FAILED


def test_a_failure_that_nobody_asked_for_is_told_to_people_only() -> None:
    landscape = begun(onFailure="fail")
    report(landscape, LEDGER, status="FAILED")
    assert (the_run(landscape).state, went(landscape), landscape.told()) == (RunState.FAILED, [], [f"FAILED {KEY}"])


@pytest.mark.parametrize(("require", "does_not_matter"), [("any", [LEDGER, RISK]), ({"atLeast": 2}, [RISK]), (NESTED, [RISK]), ("all", [])])
def test_a_run_fails_when_its_condition_is_impossible_and_not_before(require: object, does_not_matter: list[str]) -> None:
    landscape = begun(require=require, onFailure="fail", successors=[BOTH])
    for machine in does_not_matter:
        report(landscape, machine, status="FAILED")
        assert the_run(landscape).state is RunState.OPEN
    report(landscape, POSITIONS, status="FAILED")
    assert went(landscape) == [FAILED]


def test_each_predecessor_may_mean_something_else_by_failing() -> None:
    predecessors = {"ledger": {"onFailure": "fail"}, "positions": {"onFailure": "ignore"}, "risk": {}}
    said = {name: {"stateMachine": THREE[name], **more} for name, more in predecessors.items()}
    landscape = begun(predecessors=said, successors=[BOTH])
    report(landscape, POSITIONS, status="FAILED")
    report(landscape, RISK, status="FAILED")
    assert the_run(landscape).state is RunState.OPEN
    report(landscape, LEDGER, status="FAILED")
    assert went(landscape) == [FAILED]


@pytest.mark.parametrize("execution", ["x", "rerun"], ids=["a redrive", "a rerun"])
def test_a_success_after_the_run_has_failed_opens_the_next_attempt_and_releases(execution: str) -> None:
    landscape = begun(onFailure="fail", successors=[BOTH])
    report(landscape, POSITIONS)
    report(landscape, RISK)
    report(landscape, LEDGER, "x", "FAILED")
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    body = report(landscape, LEDGER, execution)
    assert went(landscape) == [FAILED, (2, "released", "satisfied", BEGIN_MS + HOUR_MS)]
    assert executions(landscape, attempt=2) == {"ledger": f"{execution} SUCCEEDED", "positions": "x SUCCEEDED", "risk": "x SUCCEEDED"}
    landscape.arrive(body, body)
    landscape.until_quiet()
    assert len(landscape.inputs()) == 2
    assert landscape.told() == [f"{what} {KEY}" for what in ("FAILED", "REOPENED", "RELEASED", "ACKNOWLEDGED")]


def test_what_succeeds_after_the_run_has_failed_is_kept_for_the_rerun_and_fails_nothing_again() -> None:
    # The others go on when one has failed: their successes change nothing about the failure, and are not lost to the rerun.
    landscape = begun(onFailure="fail", successors=[BOTH])
    report(landscape, LEDGER, status="FAILED")
    report(landscape, POSITIONS)
    report(landscape, RISK)
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    assert went(landscape) == [FAILED]
    assert landscape.told() == [f"FAILED {KEY}"]
    assert arrived(landscape) == {0: "x FAILED", 1: "x SUCCEEDED", 2: "x SUCCEEDED"}
    report(landscape, LEDGER, "rerun")
    assert went(landscape) == [FAILED, (2, "released", "satisfied", BEGIN_MS + HOUR_MS)]
    assert executions(landscape, attempt=2) == {"ledger": "rerun SUCCEEDED", "positions": "x SUCCEEDED", "risk": "x SUCCEEDED"}


def test_of_two_failures_both_must_be_mended() -> None:
    landscape = begun(onFailure="fail", successors=[BOTH])
    report(landscape, LEDGER, status="FAILED")
    report(landscape, POSITIONS, status="FAILED")
    report(landscape, RISK)
    report(landscape, LEDGER, "rerun")
    assert went(landscape) == [FAILED]
    report(landscape, POSITIONS, "rerun")
    assert went(landscape) == [FAILED, (2, "released", "satisfied", BEGIN_MS)]


def test_a_failure_once_more_leaves_a_failed_run_failed() -> None:
    landscape = begun(onFailure="fail", successors=[BOTH])
    report(landscape, LEDGER, status="FAILED")
    report(landscape, LEDGER, "rerun", "FAILED")
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    assert (went(landscape), landscape.told()) == ([FAILED], [f"FAILED {KEY}"])
