"""Sweeping: what events and messages lose, time finds; and what is not due is left alone."""

from __future__ import annotations

import json

import pytest

from fanin.adapters.memory_clock import MemoryClock
from fanin.adapters.memory_due_index import MemoryDueIndex
from fanin.adapters.memory_queues import MemoryRechecks, MemoryWakeups
from fanin.adapters.memory_table import MemoryTable
from fanin.domain.errors import RetryableError
from fanin.domain.run import Expectation, Run, RunId, RunState
from fanin.use_cases.decide_run import LOOK_AGAIN_AFTER_MS
from fanin.use_cases.hub import Hub
from fanin.use_cases.noticing import notice
from fanin.use_cases.sweep_due import AHEAD_MS, PER_PARTITION, SweepDue, Swept
from tests.unit.sources.events import NOW_MS, status_change
from tests.unit.use_cases.faults import Fault
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, TWO, Landscape, definition

pytestmark = pytest.mark.unit

LATEST = {"latest": True}


@pytest.fixture(params=[None, LATEST], ids=["a key", "latest"])
def landscape(request: pytest.FixtureRequest) -> Landscape:
    found = Landscape()
    found.apply(definition(TWO, key=request.param))
    return found


def crash_before(landscape: Landscape, names: tuple[str, ...], *bodies: str) -> None:
    """A collector crashes before the first call of these names, and its messages are lost: they went to a dead-letter queue."""
    landscape.arrive(*bodies)
    begin = len(landscape.faults.calls)

    def count(number: int) -> None:
        landscape.faults.planned = {begin + number: Fault.CRASH_BEFORE}

    twin = Landscape(table=_copied(landscape.table), clock=landscape.clock)
    twin.collector()(landscape.arrivals)
    count(next(number for number, call in enumerate(twin.faults.calls, 1) if call in names))
    assert landscape.collect() is None
    landscape.arrivals.clear()


def _copied(table: MemoryTable) -> MemoryTable:
    copied = MemoryTable(table.epoch)
    for name in ("runs", "streams", "deliveries", "payloads", "outputs", "expectations", "watches", "heads", "plans", "routes"):
        setattr(copied, name, dict(getattr(table, name)))
    return copied


RELEASE = ("MemoryRuns.close", "MemoryStreams.release")


def test_an_arrival_that_was_recorded_but_not_decided_is_found(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER))
    landscape.collect()
    crash_before(landscape, RELEASE, status_change(POSITIONS))
    landscape.until_quiet(waits_s=(60, 200))
    assert landscape.inputs() == []
    landscape.until_quiet(waits_s=(60,))
    assert len(landscape.inputs()) == 1
    assert landscape.all_acknowledged()


def test_a_release_that_nobody_was_woken_for_is_found(landscape: Landscape) -> None:
    crash_before(landscape, ("MemoryWakeups.wake",), status_change(LEDGER), status_change(POSITIONS))
    landscape.sweep()
    assert len(landscape.wakeups.sent) == 2
    landscape.settle()
    assert len(landscape.inputs()) == 1


def test_an_open_run_is_rechecked_after_five_minutes_then_ever_less_often_and_at_least_once_an_hour(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER, stopped_at_ms=landscape.clock.at_ms))
    landscape.collect()
    for minutes in (5, 5, 10, 20, 40, 60, 60):
        landscape.clock.advance(minutes * 60_000 - AHEAD_MS - 1)
        landscape.sweep()
        assert landscape.rechecks.sent == []
        landscape.clock.advance(1)
        landscape.sweep()
        assert (len(landscape.rechecks.sent), landscape.rechecks.delays) == (1, [AHEAD_MS // 1000])
        landscape.carry()
        assert landscape.arrivals == []
        landscape.clock.advance(AHEAD_MS)
        landscape.carry()
        collected = landscape.collect()
        assert collected is not None
        assert collected.outcomes == {"recheck-waiting": 1}


def test_an_empty_stream_is_left_alone() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO, key=LATEST))
    landscape.arrive(status_change(LEDGER), status_change(POSITIONS))
    landscape.settle()
    landscape.clock.advance(10 * LOOK_AGAIN_AFTER_MS)
    landscape.sweep()
    assert landscape.rechecks.sent == []
    assert landscape.stream().due_at_ms is None


@pytest.mark.parametrize("key", ["2026-03-31", "latest", "never"])
def test_a_recheck_of_what_is_over_or_never_was_does_nothing(landscape: Landscape, key: str) -> None:
    landscape.arrive(status_change(LEDGER), status_change(POSITIONS))
    landscape.settle()
    before = dict(landscape.table.runs), {join: stream.slots for join, stream in landscape.table.streams.items()}
    for join in ("daily-close", "never"):
        landscape.arrive(json.dumps({"v": 1, "recheck": {"join": join, "key": key}}))
    landscape.settle()
    assert (landscape.table.runs, {join: stream.slots for join, stream in landscape.table.streams.items()}) == before
    assert len(landscape.inputs()) == 1
    assert not landscape.quarantine.kept


def test_an_hour_without_a_sweeper_loses_nothing(landscape: Landscape) -> None:
    crash_before(landscape, ("MemoryWakeups.wake",), status_change(LEDGER), status_change(POSITIONS))
    landscape.clock.advance(3_600_000)
    landscape.until_quiet()
    assert len(landscape.inputs()) == 1
    assert landscape.all_acknowledged()


def sweeping(runs: int) -> tuple[SweepDue, MemoryWakeups, MemoryRechecks]:
    """A sweeper over one partition with so many due runs."""
    table, wakeups, rechecks = MemoryTable(), MemoryWakeups(), MemoryRechecks()
    landscape = Landscape()
    for number in range(runs):
        run = RunId("daily-close", f"key {number}")
        table.runs[run] = Run(run, RunState.OPEN, 1, 1, 1, NOW_MS, {}, NOW_MS - number)
    return SweepDue(MemoryDueIndex(table, partitions=1), wakeups, rechecks, landscape.clock), wakeups, rechecks


def test_a_sweep_takes_so_many_of_a_partition_and_says_that_there_are_more() -> None:
    sweep, _, rechecks = sweeping(PER_PARTITION + 1)
    assert sweep() == Swept(0, PER_PARTITION, 0, more=True)
    assert rechecks.sent[0] == RunId("daily-close", f"key {PER_PARTITION}")
    assert set(rechecks.delays) == {0}


def test_a_sweep_says_when_it_took_all() -> None:
    sweep, _, rechecks = sweeping(101)
    assert sweep() == Swept(0, 101, 0, more=False)
    assert len(rechecks.sent) == 101


@pytest.mark.parametrize(
    ("ahead_ms", "delay_s"), [(-5, 0), (0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (AHEAD_MS, 60), (AHEAD_MS + 1, None)]
)
def test_what_is_due_before_the_next_sweep_is_sent_with_a_delay_that_is_never_too_short(ahead_ms: int, delay_s: int | None) -> None:
    landscape = Landscape()
    run = RunId("daily-close", "k")
    landscape.table.runs[run] = Run(run, RunState.OPEN, 1, 1, 1, NOW_MS, {}, NOW_MS + ahead_ms)
    landscape.table.expectations["daily-close"] = Expectation("daily-close", 1, "k", NOW_MS + ahead_ms)
    assert landscape.sweeper()() == Swept(0, int(delay_s is not None), int(delay_s is not None), more=False)
    assert landscape.rechecks.delays == landscape.rechecks.expected_delays == ([] if delay_s is None else [delay_s])


def test_a_departures_queue_that_refuses_does_not_keep_the_runs_waiting() -> None:
    table = MemoryTable()
    table.runs[RunId("j", "k")] = Run(RunId("j", "k"), RunState.OPEN, 1, 1, 1, NOW_MS, {}, NOW_MS)
    told = notice(
        Hub("urn:fanin:aws:us-east-1:111111111111:fanin", "arn:aws:events:us-east-1:111111111111:event-bus/fanin"),
        RunId("j", "l"),
        1,
        "RELEASED",
        0,
    )
    table.deliveries[told.id] = told
    wakeups, rechecks = MemoryWakeups(refusing=True), MemoryRechecks()
    with pytest.raises(RetryableError, match="queue-refused"):
        SweepDue(MemoryDueIndex(table), wakeups, rechecks, MemoryClock(NOW_MS))()
    assert rechecks.sent == [RunId("j", "k")]


def test_a_queue_that_refuses_fails_the_sweep_and_the_next_one_takes_the_rest() -> None:
    sweep, _, rechecks = sweeping(3)
    rechecks.refusing = True
    with pytest.raises(RetryableError, match="queue-refused"):
        sweep()
    rechecks.refusing = False
    assert sweep() == Swept(0, 3, 0, more=False)
