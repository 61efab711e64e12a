"""Timers, through the whole hub, at their very second: deadlines, not before, settling, expiry, and predecessors that may stay away."""

from __future__ import annotations

import json

import pytest

from fanin.domain.run import RunState
from tests.unit.use_cases.joins_in_time import (
    BEGIN_MS,
    DAY_MS,
    HOUR_MS,
    KEY,
    MINUTE_MS,
    RISK,
    SECOND_MS,
    THREE,
    arrived,
    at_ms,
    begun,
    executions,
    report,
    starts,
    the_run,
    went,
)
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, TWO, Landscape, successor

pytestmark = pytest.mark.unit

BOTH = {**successor(), "on": ["released", "failed"]}
NINE = at_ms("2026-03-31T21:00")  # 23:00 in Berlin, of the run's own day


def told_at(landscape: Landscape, transition: str) -> list[int]:
    """When people were told of a transition."""
    details = [json.loads(one.detail) for one in landscape.notices]
    return [one["at"] for one in details if one["transition"] == transition]


@pytest.mark.parametrize(
    ("deadline", "after_ms"),
    [
        ({"after": "PT45S"}, 45 * SECOND_MS),
        ({"after": "PT7M"}, 7 * MINUTE_MS),
        ({"after": "P1DT1S"}, DAY_MS + SECOND_MS),
        ({"at": "23:00", "zone": "Europe/Berlin"}, NINE - BEGIN_MS),
        ({"at": "00:00", "days": 1}, at_ms("2026-04-01") - BEGIN_MS),
    ],
)
@pytest.mark.parametrize("then", ["alert", "fail", "release"])
def test_a_deadline_does_what_it_says_at_its_very_second_and_once(deadline: dict[str, object], after_ms: int, then: str) -> None:
    landscape = begun(deadlines=[{**deadline, "then": then}], successors=[BOTH])
    report(landscape, LEDGER)
    landscape.pass_time(BEGIN_MS + after_ms - 1)
    assert (went(landscape), landscape.told()) == ([], [])
    landscape.pass_time(BEGIN_MS + after_ms + 2 * DAY_MS)
    due_ms = BEGIN_MS + after_ms
    if then == "alert":
        assert told_at(landscape, "DEADLINE_MISSED") == [due_ms]
        assert (the_run(landscape).state, went(landscape)) == (RunState.OPEN, [])
        return
    outcome = "failed" if then == "fail" else "released"
    assert went(landscape) == [(1, outcome, "deadline", due_ms)]
    assert executions(landscape) == {"ledger": "x SUCCEEDED"}
    assert told_at(landscape, outcome.upper()) == [due_ms]


def test_a_deadline_since_the_first_arrival_counts_from_there_and_a_rerun_does_not_move_it() -> None:
    deadline = {"after": "PT10M", "since": "firstArrival", "then": "release"}
    landscape = begun(deadlines=[deadline])
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    report(landscape, LEDGER, "first")
    landscape.pass_time(BEGIN_MS + HOUR_MS + 9 * MINUTE_MS)
    report(landscape, LEDGER, "second")
    landscape.pass_time(BEGIN_MS + 2 * HOUR_MS)
    assert went(landscape) == [(1, "released", "deadline", BEGIN_MS + HOUR_MS + 10 * MINUTE_MS)]
    assert executions(landscape) == {"ledger": "second SUCCEEDED"}


def test_several_deadlines_pass_one_after_the_other_each_told_once() -> None:
    deadlines = [{"after": "PT3M", "then": "fail"}, {"after": "PT1M", "then": "alert"}, {"after": "PT2M", "then": "alert"}]
    landscape = begun(deadlines=deadlines, successors=[BOTH])
    report(landscape, LEDGER)
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    assert told_at(landscape, "DEADLINE_MISSED") == [BEGIN_MS + MINUTE_MS, BEGIN_MS + 2 * MINUTE_MS]
    assert went(landscape) == [(1, "failed", "deadline", BEGIN_MS + 3 * MINUTE_MS)]


def test_a_satisfied_run_has_met_its_deadlines() -> None:
    deadlines = [{"after": "PT1M", "then": "alert"}, {"after": "PT2M", "then": "fail"}]
    landscape = begun(deadlines=deadlines, notBefore="20:00")
    for machine in (LEDGER, POSITIONS, RISK):
        report(landscape, machine)
    landscape.pass_time(BEGIN_MS + 2 * HOUR_MS)
    assert went(landscape) == [(1, "released", "satisfied", at_ms("2026-03-31T20:00"))]
    assert landscape.told() == [f"RELEASED {KEY}", f"ACKNOWLEDGED {KEY}"]


def test_a_deadline_is_not_held_against_the_next_attempt() -> None:
    landscape = begun(TWO, deadlines=[{"after": "PT1M", "then": "fail"}], successors=[BOTH])
    report(landscape, LEDGER)
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    report(landscape, POSITIONS)
    assert went(landscape) == [(1, "failed", "deadline", BEGIN_MS + MINUTE_MS), (2, "released", "satisfied", BEGIN_MS + HOUR_MS)]


MAYBE = {
    "ledger": {"stateMachine": LEDGER},
    "positions": {"stateMachine": POSITIONS},
    "risk": {"stateMachine": RISK, "optional": True},
}
QUARTER = [{"after": "PT15M", "then": "alert"}]
QUARTER_MS = 15 * MINUTE_MS


def test_what_may_stay_away_is_waited_for_until_the_deadline_and_not_longer() -> None:
    landscape = begun(predecessors=MAYBE, deadlines=QUARTER)
    report(landscape, LEDGER)
    report(landscape, POSITIONS)
    landscape.pass_time(BEGIN_MS + QUARTER_MS - 1)
    assert went(landscape) == []
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    assert went(landscape) == [(1, "released", "satisfied", BEGIN_MS + QUARTER_MS)]
    assert executions(landscape) == {"ledger": "x SUCCEEDED", "positions": "x SUCCEEDED"}


def test_what_may_stay_away_and_comes_releases_at_once() -> None:
    landscape = begun(predecessors=MAYBE, deadlines=QUARTER)
    for machine in (LEDGER, POSITIONS, RISK):
        report(landscape, machine)
    assert went(landscape) == [(1, "released", "satisfied", BEGIN_MS)]


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_what_has_started_by_the_deadline_is_waited_for(status: str) -> None:
    landscape = begun(predecessors=MAYBE, deadlines=QUARTER)
    report(landscape, LEDGER)
    report(landscape, POSITIONS)
    starts(landscape, RISK, "slow")
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    assert went(landscape) == []
    assert arrived(landscape)[2] == "slow RUNNING"
    report(landscape, RISK, "slow", status)
    landscape.pass_time(BEGIN_MS + 2 * HOUR_MS)
    assert went(landscape) == ([(1, "released", "satisfied", BEGIN_MS + HOUR_MS)] if status == "SUCCEEDED" else [])


def test_a_start_that_is_told_after_the_end_changes_nothing() -> None:
    landscape = begun(predecessors=MAYBE, deadlines=QUARTER)
    report(landscape, RISK, "x")
    starts(landscape, RISK, "x")
    assert arrived(landscape) == {2: "x SUCCEEDED"}


def test_that_another_predecessor_has_started_is_no_news() -> None:
    # Only what may stay away is asked whether it has started; the key of the others may be in an output that there is none of yet.
    predecessors = {**MAYBE, "ledger": {"stateMachine": LEDGER, "key": {"output": "day"}}}
    landscape = begun(predecessors=predecessors, deadlines=QUARTER)
    starts(landscape, LEDGER)
    starts(landscape, POSITIONS)
    assert landscape.run() is None
    assert not landscape.quarantine.kept


def test_nothing_is_released_before_its_time() -> None:
    landscape = begun(TWO, notBefore={"at": "06:00", "days": 1, "zone": "Asia/Tokyo"})
    report(landscape, LEDGER)
    report(landscape, POSITIONS)
    landscape.pass_time(at_ms("2026-03-31T21:00") - 1)
    assert went(landscape) == []
    landscape.pass_time(at_ms("2026-03-31T22:00"))
    assert went(landscape) == [(1, "released", "satisfied", at_ms("2026-03-31T21:00"))]


def test_each_arrival_restarts_the_quiet_before_the_release_and_a_repeat_does_not() -> None:
    landscape = begun(TWO, settle="PT30S", afterRelease="report")
    report(landscape, LEDGER)
    body = report(landscape, POSITIONS)
    landscape.pass_time(BEGIN_MS + 20 * SECOND_MS)
    landscape.arrive(body)
    report(landscape, LEDGER, "second")
    landscape.pass_time(BEGIN_MS + 45 * SECOND_MS)
    landscape.arrive(body)
    landscape.pass_time(BEGIN_MS + 50 * SECOND_MS - 1)
    assert went(landscape) == []
    landscape.pass_time(BEGIN_MS + 50 * SECOND_MS)
    assert went(landscape) == [(1, "released", "satisfied", BEGIN_MS + 50 * SECOND_MS)]
    frozen = dict(landscape.table.payloads)
    report(landscape, LEDGER, "third")
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    assert landscape.table.payloads == frozen
    assert executions(landscape) == {"ledger": "second SUCCEEDED", "positions": "x SUCCEEDED"}


def test_a_longer_quiet_is_exact_too() -> None:
    landscape = begun(TWO, settle="PT15M")
    report(landscape, LEDGER)
    landscape.pass_time(BEGIN_MS + 3 * MINUTE_MS)
    report(landscape, POSITIONS)
    landscape.pass_time(BEGIN_MS + 10 * MINUTE_MS)
    report(landscape, LEDGER, "second")
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    assert went(landscape) == [(1, "released", "satisfied", BEGIN_MS + 25 * MINUTE_MS)]


def test_many_timers_of_one_run_do_not_multiply() -> None:
    landscape = begun(TWO, settle="PT1M")
    report(landscape, POSITIONS)
    for number in range(60):
        report(landscape, LEDGER, f"rerun-{number:02d}")
        landscape.pass_time(landscape.clock.at_ms + 50 * SECOND_MS)
    assert len(landscape.timers) <= 5
    landscape.pass_time(landscape.clock.at_ms + HOUR_MS)
    assert executions(landscape)["ledger"] == "rerun-59 SUCCEEDED"


def test_an_abandoned_run_expires_when_nothing_has_come_for_long_enough() -> None:
    landscape = begun(expireAfter="P2D", afterRelease="report")
    report(landscape, LEDGER)
    landscape.pass_time(BEGIN_MS + DAY_MS)
    report(landscape, POSITIONS)
    landscape.pass_time(BEGIN_MS + 3 * DAY_MS - 1)
    assert the_run(landscape).state is RunState.OPEN
    landscape.pass_time(BEGIN_MS + 3 * DAY_MS)
    assert the_run(landscape).state is RunState.EXPIRED
    assert told_at(landscape, "EXPIRED") == [BEGIN_MS + 3 * DAY_MS]
    body = report(landscape, RISK)
    landscape.arrive(body)
    landscape.pass_time(BEGIN_MS + 4 * DAY_MS)
    assert landscape.told() == [f"EXPIRED {KEY}", f"LATE_ARRIVAL {KEY}"]
    assert (the_run(landscape).state, went(landscape)) == (RunState.EXPIRED, [])


def test_a_timer_that_was_lost_is_found_by_the_sweeper() -> None:
    landscape = begun(TWO, settle="PT30S")
    report(landscape, LEDGER)
    report(landscape, POSITIONS)
    landscape.timers.clear()
    landscape.pass_time(BEGIN_MS + HOUR_MS)
    ((_, _, _, released_ms),) = went(landscape)
    assert BEGIN_MS + 30 * SECOND_MS <= released_ms <= BEGIN_MS + 90 * SECOND_MS
    assert set(THREE) > set(executions(landscape))
