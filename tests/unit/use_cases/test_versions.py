"""Definitions are pinned: a run keeps the version it opened with, and nothing is lost while versions change."""

from __future__ import annotations

import pytest

from fanin.domain.run import RunState
from tests.unit.sources.events import NOW_MS, machine_arn, status_change
from tests.unit.use_cases.landscape import LEDGER, PLAN_CACHE_S, POSITIONS, TWO, Landscape, definition, successor

pytestmark = pytest.mark.unit

RISK = machine_arn("risk")
LATEST = {"latest": True}


def take(landscape: Landscape, *bodies: str) -> dict[str, int]:
    """One batch; how often each outcome."""
    landscape.arrive(*bodies)
    collected = landscape.collect()
    assert collected is not None
    assert not collected.failed
    return {outcome: number for outcome, number in collected.outcomes.items() if number}


def started_under(landscape: Landscape) -> list[tuple[object, object, set[str]]]:
    """Key, plan version and predecessors of every start."""
    landscape.settle()
    found = []
    for said in landscape.inputs():
        assert isinstance(said["predecessors"], dict)
        found.append((said["key"], said["planVersion"], set(said["predecessors"])))
    return found


def test_an_open_run_keeps_its_version_and_gets_its_completions(landscape: Landscape) -> None:
    take(landscape, status_change(LEDGER, key="old"))
    landscape.apply(definition({**TWO, "risk": RISK}))
    take(landscape, status_change(LEDGER, key="new"), status_change(POSITIONS, key="old"), status_change(POSITIONS, key="new"))
    assert started_under(landscape) == [("old", 1, set(TWO))]
    take(landscape, status_change(RISK, key="new"))
    assert started_under(landscape)[1:] == [("new", 2, {*TWO, "risk"})]


def test_slots_are_those_of_the_runs_version(landscape: Landscape) -> None:
    # "assets" sorts before the others, so every slot moves by one.
    take(landscape, status_change(LEDGER, "same-name", key="old"))
    landscape.apply(definition({**TWO, "assets": RISK}))
    take(landscape, status_change(RISK, "same-name", key="old"))
    assert started_under(landscape) == []
    take(landscape, status_change(POSITIONS, "same-name", key="old"))
    assert started_under(landscape) == [("old", 1, set(TWO))]


def test_outputs_are_not_mixed_up_between_versions() -> None:
    # Two machines name their executions alike, by the date, and a definition that moves the slots comes in between.
    landscape = Landscape()
    landscape.apply(definition(TWO, successors=[successor(outputs=True)]))
    take(landscape, status_change(LEDGER, "2026-03-31", changes={"output": '"of the ledger"'}))
    landscape.apply(definition({"z-ledger": LEDGER, "positions": POSITIONS}, successors=[successor(outputs=True)]))
    take(landscape, status_change(POSITIONS, "2026-03-31", changes={"output": '"of the positions"'}))
    landscape.settle()
    (said,) = landscape.inputs()
    assert isinstance(said["predecessors"], dict)
    outputs = {name: one["output"] for name, one in said["predecessors"].items()}
    assert outputs == {"ledger": '"of the ledger"', "positions": '"of the positions"'}


def test_an_older_version_opens_no_runs(landscape: Landscape) -> None:
    landscape.apply(definition({"ledger": LEDGER, "risk": RISK}))
    assert take(landscape, status_change(POSITIONS)) == {"not-open": 1}
    assert landscape.run() is None


def test_a_completion_that_only_an_older_version_wants_reaches_its_run(landscape: Landscape) -> None:
    take(landscape, status_change(LEDGER))
    landscape.apply(definition({"ledger": LEDGER, "risk": RISK}))
    assert take(landscape, status_change(POSITIONS)) == {"released": 1}
    assert started_under(landscape) == [("2026-03-31", 1, set(TWO))]


def test_a_completion_that_only_the_newer_version_wants_leaves_an_older_run_alone(landscape: Landscape) -> None:
    take(landscape, status_change(LEDGER))
    landscape.apply(definition({**TWO, "risk": RISK}))
    assert take(landscape, status_change(RISK)) == {"other-version": 1}
    take(landscape, status_change(POSITIONS))
    assert started_under(landscape) == [("2026-03-31", 1, set(TWO))]


def test_two_completions_of_one_batch_with_different_older_versions_reach_a_run_of_one_of_them() -> None:
    # Of three live versions the ledger is in the first and last, the positions are in all: they must not share their offers.
    landscape = Landscape()
    landscape.apply(definition({"positions": POSITIONS, "risk": RISK}))
    landscape.apply(definition({"ledger": LEDGER, "positions": POSITIONS, "risk": RISK}))
    take(landscape, status_change(RISK, key="second"))
    landscape.apply(definition({"ledger": LEDGER, "positions": POSITIONS}, key={"input": "businessDate"}))
    take(landscape, status_change(LEDGER, key="second"), status_change(POSITIONS, key="second"))
    assert started_under(landscape) == [("second", 2, {"ledger", "positions", "risk"})]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_batch_with_equally_many_but_other_versions(order: tuple[int, int]) -> None:
    landscape = Landscape()
    third = machine_arn("third")
    landscape.apply(definition({"ledger": LEDGER, "third": third}))
    landscape.apply(definition({"positions": POSITIONS, "third": third}))
    take(landscape, status_change(third))
    landscape.apply(definition({"ledger": LEDGER, "positions": POSITIONS, "third": third}))
    bodies = [status_change(LEDGER), status_change(POSITIONS)]
    take(landscape, *(bodies[number] for number in order))
    assert started_under(landscape) == [("2026-03-31", 2, {"positions", "third"})]


BOTH = {"input": '{"date": "2026-04-01", "businessDate": "2026-03-31"}'}
NEXT = {"input": '{"date": "2026-04-02", "businessDate": "2026-04-01"}'}


def by_date() -> Landscape:
    landscape = Landscape()
    landscape.apply(definition(TWO, key={"input": "date"}))
    return landscape


def test_a_changed_key_rule_leaves_an_open_run_its_completions() -> None:
    landscape = by_date()
    take(landscape, status_change(LEDGER, "a", changes=BOTH))
    landscape.apply(definition(TWO))
    take(landscape, status_change(POSITIONS, "b", changes=BOTH))
    assert started_under(landscape) == [("2026-04-01", 1, set(TWO))]


def test_a_completion_whose_old_key_names_a_run_of_the_new_rule_gets_its_own() -> None:
    # By the old rule its key is 2026-04-01, which the next day's completion has opened a run for by the new one.
    landscape = by_date()
    landscape.apply(definition(TWO))
    take(landscape, status_change(LEDGER, "next", changes=NEXT))
    assert take(landscape, status_change(LEDGER, "a", changes=BOTH)) == {"waiting": 1}
    assert {run.id.key for run in landscape.table.runs.values()} == {"2026-03-31", "2026-04-01"}
    take(landscape, status_change(POSITIONS, "b", changes=BOTH))
    assert started_under(landscape) == [("2026-03-31", 2, set(TWO))]


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_a_key_that_an_older_rule_holds_is_kept_for_people_to_see(closed: bool) -> None:
    # The run 2026-04-01 is of the old rule, and by that one this completion belongs to 2026-04-02.
    landscape = by_date()
    take(landscape, status_change(LEDGER, "a", changes=BOTH))
    if closed:
        take(landscape, status_change(POSITIONS, "b", changes=BOTH))
    landscape.apply(definition(TWO))
    body = status_change(LEDGER, "next", changes=NEXT)
    take(landscape, body)
    assert [(kept.code, kept.body) for kept in landscape.quarantine.kept] == [("key-held-by-version", body)]
    run = landscape.run("2026-04-01")
    assert run is not None
    assert run.plan_version == 1
    assert run.state is (RunState.SATISFIED if closed else RunState.OPEN)


def test_an_execution_without_the_new_key_still_completes_the_run_of_the_old() -> None:
    landscape = by_date()
    old: dict[str, object] = {"input": '{"date": "2026-04-01"}'}
    take(landscape, status_change(LEDGER, "a", changes=old))
    landscape.apply(definition(TWO))
    take(landscape, status_change(POSITIONS, "b", changes=old))
    assert started_under(landscape) == [("2026-04-01", 1, set(TWO))]
    assert not landscape.quarantine.kept


def test_an_execution_without_the_new_key_that_no_older_run_takes_is_quarantined() -> None:
    landscape = by_date()
    landscape.apply(definition(TWO))
    take(landscape, status_change(LEDGER, "a", changes={"input": '{"date": "2026-04-01"}'}))
    assert [kept.code for kept in landscape.quarantine.kept] == ["key-absent"]
    assert landscape.table.runs == {}


def test_a_deleted_join_opens_no_runs_and_its_open_ones_go_on(landscape: Landscape) -> None:
    take(landscape, status_change(LEDGER, key="open"))
    landscape.operator().withdraw("daily-close")
    landscape.clock.advance(PLAN_CACHE_S * 1000)
    assert take(landscape, status_change(LEDGER, key="new"), status_change(POSITIONS, key="new")) == {"not-open": 2}
    assert take(landscape, status_change(POSITIONS, key="open")) == {"released": 1}
    assert started_under(landscape) == [("open", 1, set(TWO))]


def test_a_deleted_join_that_is_applied_again_opens_runs_again(landscape: Landscape) -> None:
    landscape.operator().withdraw("daily-close")
    (applied,) = landscape.apply(definition(TWO))
    assert (applied.version, applied.changed) == (2, True)
    take(landscape, status_change(LEDGER), status_change(POSITIONS))
    assert started_under(landscape) == [("2026-03-31", 2, set(TWO))]


def test_a_stale_collector_meets_a_newer_run_refreshes_and_records(landscape: Landscape) -> None:
    stale = landscape.collector()
    landscape.arrive(status_change(LEDGER, key="another"))
    landscape.collect(stale)
    landscape.try_to_apply(definition(TWO) | {"description": "changed"})
    take(landscape, status_change(LEDGER))
    landscape.arrive(status_change(POSITIONS, "b"), status_change(POSITIONS, "b2"))
    collected = landscape.collect(stale)
    assert collected is not None
    assert not collected.failed
    assert started_under(landscape) == [("2026-03-31", 2, set(TWO))]


def test_a_run_that_a_stale_collector_opened_after_two_definitions_gets_its_completions(landscape: Landscape) -> None:
    stale = landscape.collector()
    landscape.arrive(status_change(LEDGER, key="another"))
    landscape.collect(stale)
    landscape.try_to_apply(definition(TWO) | {"description": "second"})
    landscape.clock.advance(1_000)
    landscape.try_to_apply(definition({**TWO, "risk": RISK}))
    landscape.arrive(status_change(LEDGER))
    landscape.collect(stale)
    run = landscape.run()
    assert run is not None
    assert run.plan_version == 1
    landscape.clock.advance(PLAN_CACHE_S * 1000)
    take(landscape, status_change(POSITIONS))
    assert started_under(landscape) == [("2026-03-31", 1, set(TWO))]


def test_a_run_of_a_version_that_is_live_no_more_still_gets_its_completions(landscape: Landscape) -> None:
    # However late a stale write was: the run says its version, and versions are never deleted.
    stale = landscape.collector()
    landscape.arrive(status_change(LEDGER, key="another"))
    landscape.collect(stale)
    for text in ("second", "third"):
        landscape.table.runs.clear()
        landscape.clock.advance(3_600_000)
        landscape.try_to_apply(definition(TWO) | {"description": text})
    assert landscape.table.heads["daily-close"].versions == (2, 3)
    landscape.clock.at_ms = NOW_MS + 1_000
    landscape.arrive(status_change(LEDGER))
    landscape.collect(stale)
    landscape.clock.advance(7_200_000)
    take(landscape, status_change(POSITIONS, "b"), status_change(POSITIONS, "b2"))
    assert started_under(landscape) == [("2026-03-31", 1, set(TWO))]


def test_a_stale_collector_does_not_take_a_newer_rules_run_for_its_own() -> None:
    landscape = by_date()
    stale = landscape.collector()
    landscape.arrive(status_change(LEDGER, "x", changes={"input": '{"date": "another"}'}))
    landscape.collect(stale)
    landscape.try_to_apply(definition(TWO))
    take(landscape, status_change(LEDGER, "next", changes=NEXT))
    landscape.arrive(status_change(LEDGER, "a", changes=BOTH))
    landscape.collect(stale)
    assert not landscape.quarantine.kept
    run = landscape.run("2026-03-31")
    assert run is not None
    assert run.plan_version == 2


def test_a_refresh_does_not_bring_back_versions_that_are_live_no_more() -> None:
    # By the rule of version 1 the completion is late in a closed run; but that version is long gone.
    landscape = by_date()
    take(landscape, *(status_change(machine, "x", changes={"input": '{"date": "2026-04-01"}'}) for machine in TWO.values()))
    for text in ("second", "third"):
        landscape.clock.advance(3_600_000)
        landscape.apply(definition(TWO) | {"description": text})
    stale = landscape.collector()
    landscape.arrive(status_change(LEDGER, "y", key="another"))
    landscape.collect(stale)
    landscape.clock.advance(3_600_000)
    landscape.try_to_apply(definition(TWO) | {"description": "fourth"})
    landscape.clock.advance(-3_600_000)
    take(landscape, status_change(LEDGER, "a", changes=BOTH))
    landscape.arrive(status_change(POSITIONS, "b", changes=BOTH))
    collected = landscape.collect(stale)
    assert collected is not None
    assert collected.outcomes["released"] == 1
    run = landscape.run("2026-03-31")
    assert run is not None
    assert run.plan_version == 4


def streaming(*bodies: str) -> Landscape:
    landscape = Landscape()
    landscape.apply(definition(TWO, key=LATEST))
    for body in bodies:
        take(landscape, body)
    return landscape


def test_a_begun_generation_keeps_its_version_and_the_next_has_the_current() -> None:
    landscape = streaming(status_change(LEDGER, "a"))
    landscape.apply(definition({**TWO, "risk": RISK}, key=LATEST))
    take(landscape, status_change(RISK, "r0"), status_change(POSITIONS, "b"))
    assert [found[1:] for found in started_under(landscape)] == [(1, set(TWO))]
    for number, machine in enumerate((LEDGER, POSITIONS, RISK)):
        take(landscape, status_change(machine, f"next-{number}", stopped_at_ms=NOW_MS + number))
    assert [found[1:] for found in started_under(landscape)] == [(1, set(TWO)), (2, {*TWO, "risk"})]


def test_a_generation_in_which_nothing_has_arrived_has_the_current_version_at_once() -> None:
    landscape = streaming(status_change(LEDGER, "a"), status_change(POSITIONS, "b"))
    landscape.apply(definition({"ledger": LEDGER, "risk": RISK}, key=LATEST))
    take(landscape, status_change(LEDGER, "a", key="redelivered"))
    take(landscape, status_change(LEDGER, "a2", stopped_at_ms=NOW_MS), status_change(RISK, "r"))
    assert [found[1:] for found in started_under(landscape)] == [(1, set(TWO)), (2, {"ledger", "risk"})]


MOVED = {"z-ledger": LEDGER, "positions": POSITIONS}  # the same machines, each in the other's slot


def test_what_was_consumed_stays_consumed_by_source_when_slots_move() -> None:
    landscape = streaming(status_change(LEDGER, "a"), status_change(POSITIONS, "b"))
    landscape.apply(definition(MOVED, key=LATEST))
    again = [status_change(LEDGER, "a"), status_change(POSITIONS, "b")]
    assert take(landscape, *again) == {"duplicate": 2}
    assert take(landscape, status_change(LEDGER, "a2", stopped_at_ms=NOW_MS)) == {"waiting": 1}
    assert landscape.stream().plan_version == 2
    assert take(landscape, *again) == {"duplicate": 2}
    assert set(landscape.stream().slots) == {1}


def test_what_a_release_consumes_is_consumed_by_source_when_the_next_generation_has_other_slots() -> None:
    landscape = streaming(status_change(LEDGER, "a"))
    landscape.apply(definition(MOVED, key=LATEST))
    take(landscape, status_change(POSITIONS, "b"))
    assert landscape.stream().plan_version == 2
    assert take(landscape, status_change(LEDGER, "a"), status_change(POSITIONS, "b")) == {"duplicate": 2}
    assert landscape.stream().slots == {}


def test_a_deleted_latest_join_ends_with_the_generation_that_has_begun() -> None:
    landscape = streaming(status_change(LEDGER, "a"))
    landscape.operator().withdraw("daily-close")
    landscape.clock.advance(PLAN_CACHE_S * 1000)
    assert take(landscape, status_change(POSITIONS, "b")) == {"released": 1}
    assert take(landscape, status_change(LEDGER, "a2", stopped_at_ms=NOW_MS)) == {"not-open": 1}
    assert take(landscape, status_change(POSITIONS, "b2", stopped_at_ms=NOW_MS)) == {"not-open": 1}
    assert take(landscape, status_change(POSITIONS, "b")) == {"duplicate": 1}
    assert len(started_under(landscape)) == 1


def test_a_join_that_gets_a_key_leaves_its_stream_when_the_begun_generation_is_released() -> None:
    landscape = streaming(status_change(LEDGER, "a"))
    landscape.apply(definition(TWO))
    take(landscape, status_change(POSITIONS, "b"))
    assert [found[1] for found in started_under(landscape)] == [1]
    take(landscape, status_change(LEDGER, "a2", stopped_at_ms=NOW_MS), status_change(POSITIONS, "b2", stopped_at_ms=NOW_MS))
    assert started_under(landscape)[1:] == [("2026-03-31", 2, set(TWO))]


@pytest.mark.parametrize("released_after", [False, True])
def test_a_join_that_gets_a_key_does_not_release_again_what_its_stream_has_consumed(released_after: bool) -> None:
    landscape = streaming(status_change(LEDGER, "a"))
    if not released_after:
        take(landscape, status_change(POSITIONS, "b"))
    landscape.apply(definition(TWO))
    if released_after:
        take(landscape, status_change(POSITIONS, "b"))
    assert take(landscape, status_change(LEDGER, "a"), status_change(POSITIONS, "b")) == {"duplicate": 2}
    assert len(started_under(landscape)) == 1
    take(landscape, status_change(LEDGER, "a2", stopped_at_ms=NOW_MS), status_change(POSITIONS, "b2", stopped_at_ms=NOW_MS))
    assert started_under(landscape)[1:] == [("2026-03-31", 2, set(TWO))]


def test_a_join_that_loses_its_key_finishes_its_open_runs_and_begins_its_stream(landscape: Landscape) -> None:
    take(landscape, status_change(LEDGER, "a", key="open"))
    landscape.apply(definition(TWO, key=LATEST))
    take(landscape, status_change(LEDGER, "a2", key="other"), status_change(POSITIONS, "b", key="open"))
    assert started_under(landscape) == [("open", 1, set(TWO))]
    assert set(landscape.stream().slots) == {0}


def test_a_stream_that_was_given_up_for_a_key_is_taken_up_again() -> None:
    landscape = streaming(status_change(LEDGER, "a"), status_change(POSITIONS, "b"))
    landscape.apply(definition(TWO))
    take(landscape, status_change(LEDGER, "a2", stopped_at_ms=NOW_MS), status_change(POSITIONS, "b2", stopped_at_ms=NOW_MS))
    landscape.apply(definition(TWO, key=LATEST))
    third = [status_change(machine, "third", key="2026-04-01", stopped_at_ms=NOW_MS + 9) for machine in TWO.values()]
    take(landscape, *third)
    assert [found[1] for found in started_under(landscape)] == [1, 2, 3]
    again = [status_change(LEDGER, "a", key="2026-04-02"), status_change(POSITIONS, "b", key="2026-04-02")]
    assert take(landscape, *again) == {"duplicate": 2}


def test_that_an_execution_has_started_is_nothing_to_a_run_of_a_version_that_does_not_ask() -> None:
    # Found by simulation: given back to its queue until it was a dead letter, as if a newer version had to be read.
    landscape = Landscape()
    landscape.apply(definition(TWO))
    take(landscape, status_change(LEDGER))
    optional = definition(TWO) | {"deadlines": [{"after": "PT1H", "then": "alert"}]}
    optional["predecessors"] = {"ledger": {"stateMachine": LEDGER}, "positions": {"stateMachine": POSITIONS, "optional": True}}
    landscape.apply(optional)
    assert take(landscape, status_change(POSITIONS, status="RUNNING", changes={"stopDate": None})) == {"other-version": 1}
    assert take(landscape, status_change(POSITIONS)) == {"released": 1}
