"""Benchmark 1: write units, read units and round trips, by width and by how many messages a batch has, beside the naive designs.

All run on one metered table with the functions' own adapters. Completions arrive in the order that suits us least: the runs of a narrow
join advance together, so that no batch has two messages for one run. What opening, releasing, sending and acknowledging a run costs is
listed apart; what a collector writes when a completion comes, refused writes and claims among them, is the completion's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import engine_check
from benchmarks.artefacts import RESULTS
from benchmarks.hub import BenchedHub
from benchmarks.metering.ledger import Ledger
from benchmarks.naive import measured
from benchmarks.naive.measured import Naive
from benchmarks.workload import Join, batches, key_of
from fanin.use_cases.gather_wakeups import CollectThenWake
from fanin.use_cases.send_delivery import SendDelivery

WIDTHS = (2, 8, 32)
BATCHES = (1, 10, 1000)
NAIVE_WIDTHS = (2, 8, 32, 128, 1_000, 10_000, 100_000, 1_000_000)
_COMPLETIONS = 2_000
_RELEASING = {"TransactWriteItems": "releasing"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One width with one size of batch. Units of completions are per completion, the others per run."""

    width: int
    batch: int
    runs: int
    write_units: float
    read_units: float
    opening: float
    releasing: float
    sending: float
    acknowledging: float
    round_trips: int

    @property
    def once(self) -> float:
        """What a run costs once, whatever its width."""
        return self.opening + self.releasing + self.sending + self.acknowledging


def run(console: Console | None = None) -> dict[str, Any]:
    """Measure, print, write build/bench/writes.json, and give what goes into the summary."""
    console = console or Console(width=140)
    checked = engine_check.check()
    with ProcessPoolExecutor(max_workers=2) as pool:
        ours = [pool.submit(measure, width, batch, _runs(width)) for width in reversed(WIDTHS) for batch in BATCHES]
        theirs = [pool.submit(measured.measure, design, width) for width in reversed(NAIVE_WIDTHS) for design in measured.DESIGNS]
        cells = sorted((one.result() for one in ours), key=lambda cell: (cell.width, cell.batch))
        naive = sorted((one.result() for one in theirs), key=lambda one: (one.design, one.width))
    console.print(_table(cells, naive))
    console.print(_per_run(cells))
    console.print(f"Write units equal to those that MiniStack reports: {', '.join(one.workload for one in checked)}.")
    RESULTS.mkdir(parents=True, exist_ok=True)
    found = {"ours": [asdict(cell) for cell in cells], "naive": [asdict(one) for one in naive], "checked": [asdict(one) for one in checked]}
    (RESULTS / "writes.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return _summary(cells, naive)


def measure(width: int, batch: int, runs: int) -> Cell:
    """Run `runs` runs of a join through collector, forwarder and receipts; RuntimeError unless each is released and acknowledged once."""
    hub, join = BenchedHub(), Join(width)
    hub.apply(join.definition())
    collector, forwarder = hub.collector(), hub.forwarder()
    # Fresh containers read their plans and the public key, and want their sources watched, once: a run that is not counted has them do it.
    _run_all(hub, collector, forwarder, [join.completion("warm-up", number) for number in range(width)], 1)
    hub.table.ledger.sums.clear()
    trips = _run_all(hub, collector, forwarder, [join.completion(key_of(run), slot) for slot in range(width) for run in range(runs)], batch)
    return _cell(hub.table.ledger, width, batch, runs, trips)


def _run_all(hub: BenchedHub, collector: CollectThenWake, forwarder: SendDelivery, arriving: Sequence[str], batch: int) -> int:
    """From the first completion to the last acknowledgement; the calls in sequence from the last completion to its PutEvents."""
    ledger: Ledger = hub.table.ledger
    with ledger.on("completions", _RELEASING):
        for bodies in batches(arriving[:-1], batch):
            hub.collect(collector, bodies)
    with ledger.on("sending"):
        hub.forward(forwarder)
    hub.trips.mark()
    with ledger.on("completions", _RELEASING):
        hub.collect(collector, arriving[-1:])
    with ledger.on("sending"):
        hub.forward(forwarder)
    trips = hub.trips.until("put_events")
    receipts = hub.receipts()
    with ledger.on("acknowledging"):
        for bodies in batches(receipts, 10):
            hub.collect(collector, bodies)
        hub.forward(forwarder)
    _hold_to_one_each(hub)
    return trips


def _hold_to_one_each(hub: BenchedHub) -> None:
    runs = [item for item in hub.table.items() if item["pk"]["S"].startswith("RUNS#")]
    unfinished = [item["sk"]["S"] for item in runs if item["st"]["S"] != "ACKNOWLEDGED"]
    if unfinished:
        raise RuntimeError(f"{len(unfinished)} of {len(runs)} runs were not released and acknowledged, such as {unfinished[0]}")


def _cell(ledger: Ledger, width: int, batch: int, runs: int, trips: int) -> Cell:
    completions, count = ledger.total("completions"), width * runs
    sums = {name: ledger.total(name).units / runs for name in ("releasing", "sending", "acknowledging")}
    # Opening is the one write of the index that a run's first write brings about; nothing else of a completion touches the index.
    write, opening = completions.write + completions.refused, completions.index / runs
    return Cell(width, batch, runs, write / count, completions.read / count, opening, round_trips=trips, **sums)


def _runs(width: int) -> int:
    return max(1, _COMPLETIONS // width)


def _table(cells: Sequence[Cell], naive: Sequence[Naive]) -> Table:
    table = Table(title="Write units per completion, refused writes counted; the naive designs take one message each", title_justify="left")
    table.add_column("width", justify="right")
    for batch in BATCHES:
        table.add_column(f"fanin, {batch} a batch", justify="right")
    table.add_column("units read", justify="right")
    table.add_column("round trips", justify="right")
    for design in measured.DESIGNS:
        table.add_column(design.replace("_", " "), justify="right")
    ours = {(cell.width, cell.batch): cell for cell in cells}
    theirs = {(one.width, one.design): one for one in naive}
    for width in sorted({cell.width for cell in cells} | {one.width for one in naive}):
        mine = [ours.get((width, batch)) for batch in BATCHES]
        table.add_row(
            f"{width:,}",
            *(f"{cell.write_units:.3f}" if cell else "" for cell in mine),
            f"{mine[0].read_units:.3f}" if mine[0] else "",
            str(mine[0].round_trips) if mine[0] else "",
            *(_naive_cell(theirs.get((width, design))) for design in measured.DESIGNS),
        )
    return table


def _naive_cell(one: Naive | None) -> str:
    if one is None:
        return ""
    return f"{one.write_units:.2f}" if one.full_at is None else f"full at {one.full_at:,}"


def _per_run(cells: Sequence[Cell]) -> Table:
    table = Table(title="Once a run, in write units", title_justify="left")
    for heading in ("width", "opening", "releasing", "sending", "acknowledging", "in all"):
        table.add_column(heading, justify="right")
    for cell in cells:
        if cell.batch == BATCHES[0]:
            parts = (cell.opening, cell.releasing, cell.sending, cell.acknowledging, cell.once)
            table.add_row(f"{cell.width:,}", *(f"{part:.1f}" for part in parts))
    return table


def _summary(cells: Sequence[Cell], naive: Sequence[Naive]) -> dict[str, Any]:
    single = {cell.width: cell for cell in cells if cell.batch == BATCHES[0]}
    return {
        "write_units_per_completion": {
            str(batch): {str(cell.width): round(cell.write_units, 4) for cell in cells if cell.batch == batch} for batch in BATCHES
        },
        "read_units_per_completion": {str(width): round(cell.read_units, 4) for width, cell in single.items()},
        "release_write_units": max(round(cell.releasing, 2) for cell in cells),
        "once_a_run_write_units": {str(width): round(cell.once, 2) for width, cell in single.items()},
        "naive": {
            design: {str(one.width): None if one.full_at else round(one.write_units, 4) for one in naive if one.design == design}
            for design in measured.DESIGNS
        },
        "sequential_round_trips": {str(width): cell.round_trips for width, cell in single.items()},
    }
