"""The naive designs, measured: units per completion at a width, on the table that ours are measured on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.metering.table import MeteredTable
from benchmarks.naive import get_add_put, growing_map, marker_and_counter
from benchmarks.naive.arrival import Arriving
from fanin.domain.arrival import Arrival
from fanin.domain.completion import Status

DESIGNS: Mapping[str, Callable[[Any, Arriving], bool]] = {
    "growing_map": growing_map.record,
    "marker_and_counter": marker_and_counter.record,
    "get_add_put": get_add_put.record,
}
_STOPPED_MS = 1_774_983_598_000


@dataclass(frozen=True, slots=True)
class Naive:
    """Units per completion; `full_at` is the completion that did not fit any more, None when all did."""

    design: str
    width: int
    write_units: float
    read_units: float
    full_at: int | None


def measure(design: str, width: int, runs: int = 1) -> Naive:
    """Run all completions of some runs through a design, one at a time; RuntimeError unless each run is released once."""
    table = MeteredTable()
    recorded = run_all(table, design, width, runs)
    total, full = table.ledger.total(), recorded < width * runs
    return Naive(design, width, total.units / recorded, total.read / recorded, recorded + 1 if full else None)


def run_all(client: Any, design: str, width: int, runs: int) -> int:
    """How many completions were recorded: all, unless an item was full."""
    record = DESIGNS[design]
    for run in range(runs):
        released = 0
        for number in range(width):
            try:
                released += record(client, _arriving(f"2026-03-31/{run:05d}", number, width))
            except ClientError:
                return run * width + number
        if released != 1:
            raise RuntimeError(f"{design} released {released} times at width {width}")
    return width * runs


def _arriving(key: str, number: int, width: int) -> Arriving:
    execution = f"daily-close-{key}-{number}"
    text = Arrival(Status.SUCCEEDED, _STOPPED_MS + number % 1000, execution, _STOPPED_MS - 180_000).encode()
    return Arriving(key, execution, width, text)
