"""Lost events: what a source knows and nobody reported is found, whatever crashed, lagged or was throttled meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fanin.domain.completion import Status
from fanin.domain.run import RunState
from fanin.domain.watch import ASKED_EVERY_MS, IDLE_EVERY_MS
from tests.unit.sources.events import OTHER, machine_arn
from tests.unit.use_cases.faults import Fault
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, TWO, Landscape, definition, successor
from tests.unit.use_cases.lost_events import MINUTE_MS, happen, lose, start, sweep

pytestmark = pytest.mark.unit

KEYS: list[dict[str, object]] = [
    {"input": "businessDate"},
    {"latest": True},
    {"detail": "name"},
    {"window": {"every": "day", "zone": "UTC"}},
]


def released(landscape: Landscape) -> list[str]:
    return [str(given["key"]) for given in landscape.inputs()]


@pytest.mark.parametrize("key", KEYS, ids=["input", "latest", "detail", "window"])
def test_a_completion_whose_event_is_lost_is_found_within_two_sweeps(key: dict[str, object]) -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO, key=key))
    happen(landscape, LEDGER)
    lose(landscape, POSITIONS)
    sweep(landscape, 2)
    assert len(released(landscape)) == 1
    assert landscape.all_acknowledged()
    assert not landscape.quarantine.kept


def test_a_predecessor_that_ends_between_two_sweeps_is_found_by_the_second(landscape: Landscape) -> None:
    happen(landscape, LEDGER)
    start(landscape, POSITIONS)
    sweep(landscape)
    assert released(landscape) == []
    lose(landscape, POSITIONS)
    sweep(landscape)
    assert released(landscape) == ["2026-03-31"]


def test_with_every_event_lost_it_is_found_within_a_quarter_of_an_hour(landscape: Landscape) -> None:
    sweep(landscape)
    lose(landscape, LEDGER)
    lose(landscape, POSITIONS)
    sweep(landscape, IDLE_EVERY_MS // MINUTE_MS + 1)
    assert released(landscape) == ["2026-03-31"]


def test_an_event_that_comes_after_all_changes_nothing(landscape: Landscape) -> None:
    happen(landscape, LEDGER)
    late = lose(landscape, POSITIONS)
    sweep(landscape, 2)
    landscape.arrive(late)
    landscape.until_quiet()
    assert released(landscape) == ["2026-03-31"]
    run = landscape.run()
    assert run is not None
    assert run.attempt == 1


def test_an_hour_without_a_sweeper_loses_nothing(landscape: Landscape) -> None:
    happen(landscape, LEDGER)
    landscape.clock.advance(10 * MINUTE_MS)
    lose(landscape, POSITIONS)
    landscape.clock.advance(50 * MINUTE_MS)
    landscape.sweep()
    landscape.settle()
    assert released(landscape) == ["2026-03-31"]


def test_a_day_without_a_sweeper_loses_nothing_even_where_no_event_came_at_all(landscape: Landscape) -> None:
    sweep(landscape)
    landscape.clock.advance(600 * MINUTE_MS)
    lose(landscape, LEDGER)
    lose(landscape, POSITIONS)
    landscape.clock.advance(840 * MINUTE_MS)
    landscape.sweep()
    landscape.settle()
    assert released(landscape) == ["2026-03-31"]


def test_a_list_that_lags_shows_it_in_the_end(landscape: Landscape) -> None:
    landscape.listings.lag_ms = 4 * MINUTE_MS
    happen(landscape, LEDGER)
    lose(landscape, POSITIONS)
    sweep(landscape, 3)
    assert released(landscape) == []
    sweep(landscape, 2)
    assert released(landscape) == ["2026-03-31"]


def test_a_sweeper_whose_clock_was_ten_minutes_ahead_hides_nothing(landscape: Landscape) -> None:
    # Found by simulation: the next sweep believed that whatever ended before then had been told.
    happen(landscape, LEDGER)
    landscape.clock.advance(10 * MINUTE_MS)
    landscape.sweep()
    landscape.clock.advance(-10 * MINUTE_MS)
    lose(landscape, POSITIONS)
    sweep(landscape, 12)
    assert released(landscape) == ["2026-03-31"]


def test_an_execution_that_ran_for_days_is_found_behind_newer_ones(landscape: Landscape) -> None:
    start(landscape, POSITIONS, "long")
    landscape.listings.page_size = 3
    sweep(landscape)
    for day in range(3):
        landscape.clock.advance(1_440 * MINUTE_MS)
        for number in range(4):
            lose(landscape, POSITIONS, f"short-{day}-{number}", key=f"other {day} {number}")
        sweep(landscape, 2)
    happen(landscape, LEDGER)
    long = landscape.executions.known[POSITIONS.replace(":stateMachine:", ":execution:") + ":long"]
    ended = long._replace(status=Status.SUCCEEDED, stopped_at_ms=landscape.clock.at_ms, output="{}", output_included=True)
    landscape.executions.known[long.execution_arn] = ended
    sweep(landscape, 2)
    assert released(landscape) == ["2026-03-31"]


def test_a_long_list_goes_on_where_the_sweep_before_it_stopped(landscape: Landscape) -> None:
    landscape.listings.page_size = 1
    sweep(landscape)
    happen(landscape, LEDGER)
    lose(landscape, POSITIONS)
    for number in range(11):
        landscape.clock.advance(1)
        lose(landscape, POSITIONS, f"newer-{number}", key=f"other {number}")
    sweep(landscape, 2)
    assert released(landscape) == []
    assert landscape.watch(POSITIONS).passing is not None
    sweep(landscape)
    assert released(landscape) == ["2026-03-31"]


def test_a_page_whose_token_expired_begins_the_list_anew(landscape: Landscape) -> None:
    landscape.listings.page_size = 1
    happen(landscape, LEDGER)
    for number in range(6):
        lose(landscape, POSITIONS, f"close-{number}")
    landscape.clock.advance(MINUTE_MS)
    landscape.sweep()
    watch = landscape.watch(POSITIONS)
    assert watch.passing is not None
    landscape.table.watches[watch.source.route] = replace(watch, passing=replace(watch.passing, page="99"))
    sweep(landscape, 2)
    assert landscape.watch(POSITIONS).passing is None
    assert released(landscape) == ["2026-03-31"]


def test_a_source_that_nothing_waits_for_any_more_is_asked_less_often(landscape: Landscape) -> None:
    happen(landscape, LEDGER)
    sweep(landscape, 3)
    asked = landscape.listings.listed.count(f"stepfunctions:{POSITIONS}")
    assert asked >= 3
    happen(landscape, POSITIONS)
    sweep(landscape, 60)
    after = landscape.listings.listed.count(f"stepfunctions:{POSITIONS}") - asked
    assert after < 25


def test_a_run_that_waits_for_hours_has_its_sources_asked_at_every_sweep(landscape: Landscape) -> None:
    happen(landscape, LEDGER)
    sweep(landscape, 5)
    before = len(landscape.listings.listed)
    sweep(landscape, 180)
    positions = landscape.listings.listed[before:].count(f"stepfunctions:{POSITIONS}")
    assert positions == 180
    assert landscape.watch(POSITIONS).due_at_ms == landscape.clock.at_ms + ASKED_EVERY_MS


def test_in_the_steady_state_wanting_costs_no_write_per_completion(landscape: Landscape) -> None:
    collector = landscape.collector()
    landscape.arrive(*(lose(landscape, LEDGER, f"e{number}", key=f"2026-04-{number:02}") for number in range(1, 31)))
    while landscape.arrivals:
        landscape.collect(collector)
    assert landscape.faults.calls.count("MemoryWatches.save") == 1
    assert landscape.faults.calls.count("MemoryWatches.read") == 1


@pytest.mark.parametrize("refuse", [True, False], ids=["refused", "throttled"])
def test_a_source_that_fails_delays_no_other(refuse: bool) -> None:
    landscape = Landscape()
    third = machine_arn("third")
    landscape.apply(definition(TWO), definition({"ledger": LEDGER, "third": third}, join="other", successors=[successor("report")]))
    (landscape.executions.refused if refuse else landscape.listings.throttled).add(OTHER)
    happen(landscape, LEDGER)
    lose(landscape, POSITIONS)
    lose(landscape, third)
    sweep(landscape, 2)
    assert [given["join"] for given in landscape.inputs()] == ["other"]
    landscape.executions.refused.clear()
    landscape.listings.throttled.clear()
    sweep(landscape, 16)
    assert sorted(str(given["join"]) for given in landscape.inputs()) == ["daily-close", "other"]


def test_an_account_that_let_nobody_in_is_asked_now_and_then_only(landscape: Landscape) -> None:
    landscape.executions.refused.add(OTHER)
    happen(landscape, LEDGER)
    sweep(landscape, 60)
    assert landscape.listings.listed.count(f"stepfunctions:{POSITIONS}") <= 5


def test_where_the_arrivals_queue_refuses_what_was_found_it_is_found_again(landscape: Landscape) -> None:
    happen(landscape, LEDGER)
    lose(landscape, POSITIONS)
    landscape.findings.refusing = True
    sweep(landscape)
    landscape.findings.refusing = False
    sweep(landscape)
    assert released(landscape) == ["2026-03-31"]


def test_an_expected_run_wants_the_sources_it_has_heard_nothing_of() -> None:
    landscape = Landscape()
    key = {"window": {"every": "day", "zone": "UTC"}}
    landscape.apply({**definition({"ledger": LEDGER}, key=key), "expect": True})
    midnight_ms = 1_775_001_600_000  # 2026-04-01T00:00Z
    landscape.pass_time(midnight_ms + MINUTE_MS)
    run = landscape.run("2026-04-01")
    assert run is not None
    assert run.state is RunState.OPEN
    assert landscape.watch(LEDGER).wanted_until_ms > landscape.clock.at_ms
    lose(landscape, LEDGER)
    landscape.pass_time(midnight_ms + 3 * MINUTE_MS)
    assert released(landscape) == ["2026-04-01"]


def test_a_join_that_is_deleted_has_its_sources_asked_only_while_its_runs_wait() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO), definition({"ledger": LEDGER}, join="other", successors=[successor("report")]))
    landscape.operator().withdraw("daily-close")
    assert landscape.watch(LEDGER).routed
    assert not landscape.watch(POSITIONS).routed
    sweep(landscape, 20)
    assert landscape.watch(POSITIONS).due_at_ms is None
    landscape.operator().withdraw("other")
    sweep(landscape, 20)
    assert landscape.watch(LEDGER).due_at_ms is None


def test_a_run_that_outlives_its_join_is_still_found_what_it_waits_for(landscape: Landscape) -> None:
    happen(landscape, LEDGER)
    landscape.operator().withdraw("daily-close")
    lose(landscape, POSITIONS)
    sweep(landscape, 2)
    assert released(landscape) == ["2026-03-31"]


def test_what_a_new_version_names_no_more_is_not_asked_any_more(landscape: Landscape) -> None:
    landscape.apply(definition({"ledger": LEDGER, "third": machine_arn("third")}))
    assert not landscape.watch(POSITIONS).routed
    assert landscape.watch(machine_arn("third")).routed


def test_applying_again_does_what_a_crash_left_undone() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO))
    landscape.table.watches.clear()
    landscape.apply(definition(TWO))
    assert landscape.watch(POSITIONS).routed
    before = dict(landscape.table.watches)
    landscape.apply(definition(TWO))
    assert landscape.table.watches == before


def test_a_completion_that_a_stale_collector_dropped_is_found() -> None:
    # It ended when the definition was applied already, and its event came to a container that had not heard of it.
    landscape = Landscape()
    stale = landscape.collector()
    landscape.arrive(lose(landscape, LEDGER, key="unwanted"))
    landscape.collect(stale)
    applied, _ = landscape.try_to_apply(definition(TWO))
    assert applied[0].changed
    landscape.clock.advance(1_000)
    landscape.arrive(lose(landscape, LEDGER), lose(landscape, POSITIONS))
    collected = landscape.collect(stale)
    assert collected is not None
    assert collected.outcomes["not-wanted"] == 1
    landscape.clock.advance(60_000)
    sweep(landscape, 2)
    assert released(landscape) == ["2026-03-31"]


def test_a_crash_at_any_step_of_a_sweep_only_repeats() -> None:
    def world() -> Landscape:
        landscape = Landscape()
        landscape.listings.page_size = 2
        landscape.apply(definition(TWO))
        happen(landscape, LEDGER)
        for number in range(5):
            lose(landscape, POSITIONS, f"close-{number}", key=f"2026-03-{number + 10}")
        lose(landscape, POSITIONS)
        landscape.clock.advance(MINUTE_MS)
        return landscape

    twin = world()
    before = len(twin.faults.calls)
    twin.sweep()
    steps = twin.faults.calls[before:]
    assert {"MemoryWatches.save", "MemoryListings.page", "MemoryFindings.hand_over"} <= set(steps)
    for number in range(1, len(steps) + 1):
        for fault in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.REFUSED, Fault.ANSWER_LOST):
            landscape = world()
            landscape.faults.planned = {len(landscape.faults.calls) + number: fault}
            landscape.sweep()
            landscape.settle()
            sweep(landscape, 5)
            assert released(landscape) == ["2026-03-31"], (steps[number - 1], fault)
            assert landscape.all_acknowledged()
