"""Every benchmark at tiny sizes, so that none of them rots: that it runs, and what holds at any size. Never how long it took."""

import io
from typing import cast

import pytest
from rich.console import Console

from benchmarks import collector_cpu, hot_spots, latency, reconciliation, writes
from benchmarks.collector_cpu import Work
from benchmarks.hot_spots import Scenario
from benchmarks.hub import BenchedHub
from benchmarks.naive import measured
from benchmarks.workload import Join
from local.landscape import Landscape

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("batch", [1, 10])
def test_a_narrow_join_costs_a_write_unit_a_completion_at_most(batch: int) -> None:
    cell = writes.measure(width=2, batch=batch, runs=5)
    assert 0 < cell.write_units <= 1.0
    assert cell.read_units == 0.0
    assert cell.round_trips > 0


def test_what_a_run_costs_once_is_listed_apart() -> None:
    cell = writes.measure(width=8, batch=10, runs=2)
    assert min(cell.opening, cell.releasing, cell.sending, cell.acknowledging) >= 1
    assert cell.deciding == 0  # a narrow run is decided on its item


@pytest.mark.parametrize(
    ("design", "write_units", "read_units"), [("growing_map", 1.5, 0), ("marker_and_counter", 4, 1), ("get_add_put", 1, 1)]
)
def test_naive_designs_release_each_run_once_when_nothing_goes_wrong(design: str, write_units: float, read_units: float) -> None:
    found = measured.measure(design, width=2, runs=3)
    assert (found.write_units, found.read_units, found.full_at) == (write_units, read_units, None)


def test_a_growing_map_is_full_at_400_kb() -> None:
    found = measured.measure("growing_map", width=10_000)
    assert found.full_at is not None
    assert 4_000 < found.full_at < 6_000


def test_the_busiest_second_is_found() -> None:
    found = hot_spots.measure("20 runs of 2", Scenario(Join(2), 20), seconds=2)
    assert found.item >= 2
    assert found.partition >= found.item
    assert found.index_partition > 0


def test_the_collector_makes_the_recorded_calls_again_and_again() -> None:
    cost = collector_cpu.measure(Work("tiny", Join(2), 10), completions=20, rounds=2)
    assert (cost.completions, cost.calls) == (20, 32)
    assert cost.ratio > 1


def test_tables_can_be_printed() -> None:
    console = Console(file=io.StringIO(), width=140)
    released = [latency.Released(f"{number}", (1.0, 2.0, 3.0, 4.0, 5.0 + number)) for number in range(3)]
    burst = latency.Burst(4, 2, 1.0, 4.0, 1.0, 2, 3)
    console.print(latency.hops_table(released), latency.comparison(latency.spread([one.total_ms for one in released]), burst))
    assert released[2].hops_ms == (1.0, 1.0, 1.0, 1.0, 3.0)


@pytest.mark.parametrize(("batch", "most"), [(1, 2.0), (10, 0.25)])
def test_a_wide_join_costs_two_write_units_a_batch(batch: int, most: float) -> None:
    cell = writes.measure(width=200, batch=batch, runs=1)
    assert 0 < cell.write_units <= most
    assert 0 < cell.read_units <= 0.05
    assert cell.deciding >= 1


def test_offering_to_the_recording_costs_what_messages_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    from_messages = writes.measure(width=300, batch=10, runs=1)
    monkeypatch.setattr(writes, "_FROM_RECORDING", 300)
    from_recording = writes.measure(width=300, batch=10, runs=1)
    assert from_recording.write_units == pytest.approx(from_messages.write_units, rel=0.02)
    assert from_recording.round_trips == from_messages.round_trips


def test_asking_stays_inside_its_share_of_the_quota() -> None:
    cost = reconciliation.measure(sources=30, runs=60, region="eu-central-1", sweeps=5)
    assert (cost.share_per_hour, cost.quota_per_hour) == (1_440, 7_200)
    assert cost.most_lists_a_sweep == 24
    assert cost.lists_per_hour <= cost.share_per_hour
    assert cost.describes_per_hour == 0
    console = Console(file=io.StringIO(), width=140)
    console.print(reconciliation.table_of([cost]))


class OneTable:
    """As much of a landscape as a look at its table needs."""

    def __init__(self, hub: BenchedHub) -> None:
        self.hub, self.aws, self._hub = {"TableName": "fanin"}, self, hub

    def client(self, account: str, service: str) -> "OneTable":
        return self

    def get_paginator(self, operation: str) -> "OneTable":
        return self

    def paginate(self, **request: object) -> list[dict[str, object]]:
        return [{"Items": list(self._hub.table.items())}]


def test_a_burst_counts_only_when_each_key_started_once() -> None:
    hub, join = BenchedHub(), Join(2, "burst")
    hub.apply(join.definition())
    collector, forwarder = hub.collector(), hub.forwarder()
    hub.collect(collector, [join.completion(f"burst/{key}", slot) for key in range(3) for slot in range(2)])
    hub.forward(forwarder)
    hub.collect(collector, hub.receipts())
    landscape = cast("Landscape", OneTable(hub))
    starts = [item["execution"]["S"] for item in hub.table.items() if "execution" in item]
    assert len(starts) == 3
    latency.hold_to_one_each(landscape, 3, "burst", starts)
    for wrong in (starts[:2], [*starts, starts[0]], [*starts[:2], "arn:another"]):
        with pytest.raises(RuntimeError):
            latency.hold_to_one_each(landscape, 3, "burst", wrong)
