"""Redrives and reruns: a failure is not the last word, under the same ARN or another, in time or after the release."""

from __future__ import annotations

import pytest

from fanin.domain.run import RunState
from tests.unit.sources.events import NOW_MS, status_change
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, TWO, Landscape, definition
from tests.unit.use_cases.lost_events import MINUTE_MS, happen, lose, start, sweep

pytestmark = pytest.mark.unit

LATEST = {"latest": True}
DAY_MS = 1_440 * MINUTE_MS


@pytest.fixture(params=[None, LATEST], ids=["a key", "latest"])
def landscape(request: pytest.FixtureRequest) -> Landscape:
    found = Landscape()
    found.apply(definition(TWO, key=request.param))
    return found


def releases(landscape: Landscape) -> list[dict[str, object]]:
    """What each release says of the positions."""
    found: list[dict[str, object]] = []
    for given in landscape.inputs():
        predecessors = given["predecessors"]
        assert isinstance(predecessors, dict)
        found.append(predecessors["positions"])
    return found


def test_a_failure_that_was_redriven_is_an_upgrade_under_the_same_arn(landscape: Landscape) -> None:
    happen(landscape, LEDGER)
    happen(landscape, POSITIONS, status="FAILED")
    assert landscape.inputs() == []
    landscape.arrive(status_change(POSITIONS, status="RUNNING", stopped_at_ms=NOW_MS + 1))
    landscape.arrive(status_change(POSITIONS, status="PENDING_REDRIVE", stopped_at_ms=NOW_MS + 2))
    landscape.clock.advance(MINUTE_MS)
    happen(landscape, POSITIONS)
    assert [one["status"] for one in releases(landscape)] == ["SUCCEEDED"]
    assert landscape.all_acknowledged()


def test_a_redrive_whose_event_is_lost_is_found_by_the_list(landscape: Landscape) -> None:
    happen(landscape, LEDGER)
    happen(landscape, POSITIONS, status="FAILED")
    sweep(landscape, 2)
    lose(landscape, POSITIONS)
    sweep(landscape, 2)
    assert [one["status"] for one in releases(landscape)] == ["SUCCEEDED"]


def test_an_old_redrive_whose_event_is_lost_is_found_when_its_run_is_looked_at(landscape: Landscape) -> None:
    happen(landscape, LEDGER)
    happen(landscape, POSITIONS, status="FAILED")
    landscape.clock.advance(3 * DAY_MS)
    # It started long ago, so a list in the order of starts has it far behind the cursor.
    failed = landscape.executions.known[f"{POSITIONS.replace(':stateMachine:', ':execution:')}:close"]
    sweep(landscape, 30)
    lose(landscape, POSITIONS)
    known = landscape.executions.known
    known[failed.execution_arn] = known[failed.execution_arn]._replace(started_at_ms=failed.started_at_ms)
    for number in range(20):
        lose(landscape, POSITIONS, f"newer-{number}", "FAILED", key=f"other {number}", ago_ms=2 * DAY_MS)
    landscape.listings.page_size = 5
    sweep(landscape, 61)
    assert [one["status"] for one in releases(landscape)] == ["SUCCEEDED"]


def test_a_failure_that_waits_to_be_redriven_or_runs_again_is_no_news(landscape: Landscape) -> None:
    happen(landscape, LEDGER)
    happen(landscape, POSITIONS, status="FAILED")
    start(landscape, POSITIONS)
    sweep(landscape, 70)
    assert landscape.inputs() == []
    assert not landscape.quarantine.kept


def test_a_source_that_is_throttled_when_a_failure_is_looked_up_is_asked_again(landscape: Landscape) -> None:
    happen(landscape, LEDGER)
    happen(landscape, POSITIONS, status="FAILED")
    lose(landscape, POSITIONS)
    landscape.executions.throttled = True
    landscape.listings.throttled.add("333333333333")
    sweep(landscape, 5)
    assert landscape.inputs() == []
    landscape.executions.throttled = False
    sweep(landscape, 1)
    assert [one["status"] for one in releases(landscape)] == ["SUCCEEDED"]


def test_a_rerun_under_another_name_counts_as_a_redrive_does(landscape: Landscape) -> None:
    happen(landscape, LEDGER)
    happen(landscape, POSITIONS, status="FAILED")
    landscape.clock.advance(MINUTE_MS)
    lose(landscape, POSITIONS, "close-again")
    sweep(landscape, 2)
    (one,) = releases(landscape)
    assert str(one["executionArn"]).endswith(":close-again")


def test_a_rerun_after_the_release_whose_event_is_lost_opens_the_next_attempt_where_that_is_wanted() -> None:
    landscape = Landscape()
    landscape.apply({**definition(TWO), "afterRelease": "again"})
    happen(landscape, LEDGER)
    happen(landscape, POSITIONS)
    sweep(landscape, 2)
    lose(landscape, POSITIONS, "corrected")
    sweep(landscape, 30)
    assert [given["attempt"] for given in landscape.inputs()] == [1, 2]
    assert landscape.all_acknowledged()


def test_a_rerun_after_the_release_is_late_where_nothing_is_wanted_of_it() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO))
    happen(landscape, LEDGER)
    happen(landscape, POSITIONS)
    sweep(landscape, 2)
    lose(landscape, POSITIONS, "corrected")
    sweep(landscape, 30)
    assert len(landscape.inputs()) == 1
    run = landscape.run()
    assert run is not None
    assert run.state is RunState.ACKNOWLEDGED


def test_a_failure_that_closed_its_run_is_redriven_into_the_next_attempt() -> None:
    landscape = Landscape()
    landscape.apply({**definition(TWO), "onFailure": "fail"})
    happen(landscape, POSITIONS, status="FAILED")
    run = landscape.run()
    assert run is not None
    assert run.state is RunState.FAILED
    happen(landscape, LEDGER)
    sweep(landscape, 2)
    lose(landscape, POSITIONS)
    sweep(landscape, 16)
    assert [(given["attempt"], given["outcome"]) for given in landscape.inputs()] == [(2, "released")]
