"""Benchmark 1: write units, read units and round trips, by width and by how many messages a batch has, beside the naive designs.

All run on one metered table with the functions' own adapters. The runs of a narrow join advance together, which suits us least: no batch
has two messages for one run. Those of a wide join come one after the other, so a batch of ten is ten completions of one run. What opening,
deciding (a look's claim), releasing (with what the decision froze), sending and acknowledging a run costs is listed apart; what a collector
else writes when a completion comes, refused writes among it, is the completion's, and so is what a look reads.
"""

from __future__ import annotations

import gc
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

from rich.console import Console
from rich.table import Table

from benchmarks import engine_check
from benchmarks.artefacts import RESULTS
from benchmarks.hub import BenchedHub
from benchmarks.metering.ledger import Ledger
from benchmarks.naive import measured
from benchmarks.naive.measured import Naive
from benchmarks.workload import NOW_MS, Join, batches, key_of
from fanin.definitions.width import MAX_NARROW
from fanin.domain.arrival import Arrival
from fanin.domain.completion import Status
from fanin.domain.journal import Contents
from fanin.domain.run import RunId
from fanin.use_cases.collect_batch import CollectBatch
from fanin.use_cases.gather_wakeups import CollectThenWake
from fanin.use_cases.send_delivery import SendDelivery

WIDTHS = (2, 8, 32, 128, 1_000, 10_000, 100_000, 1_000_000)
BATCHES = (1, 10, 1000)
NAIVE_WIDTHS = (2, 8, 32, 128, 1_000, 10_000, 100_000, 1_000_000)
_COMPLETIONS = 2_000
_FROM_RECORDING = 100_000
_REPEATED, _REPEATED_WIDTH = 0.05, 10_000
_LOOKING = ("SET cl ", "SET cg ", "REMOVE cg", "SET nl ")  # what a look into a journal writes of itself
_FROZEN = re.compile(r"[^#.]*\.[^#.]*\.[^#.]*#")  # sort keys of what a decision on a journal froze


@dataclass(frozen=True, slots=True)
class Cell:
    """One width with one size of batch. Units of completions are per completion, the others per run."""

    width: int
    batch: int
    runs: int
    write_units: float
    read_units: float
    opening: float
    deciding: float
    releasing: float
    sending: float
    acknowledging: float
    round_trips: int

    @property
    def once(self) -> float:
        """What a run costs once, whatever its width."""
        return self.opening + self.deciding + self.releasing + self.sending + self.acknowledging


def run(console: Console | None = None) -> dict[str, Any]:
    """Measure, print, write build/bench/writes.json, and give what goes into the summary."""
    console = console or Console(width=140)
    checked = engine_check.check()
    cells, naive, repeats = _all_measured()
    console.print(_table(cells, naive))
    console.print(_per_run(cells))
    console.print(
        f"With {_REPEATED:.0%} repeats, {repeats.width:,} completions, one a batch: {repeats.write_units:.3f} units written a message,"
        f" {repeats.read_units:.3f} read a completion, {repeats.deciding:.0f} for claiming and postponing looks."
    )
    console.print(f"Write units equal to those that MiniStack reports: {', '.join(one.workload for one in checked)}.")
    RESULTS.mkdir(parents=True, exist_ok=True)
    found = {
        "ours": [asdict(cell) for cell in cells],
        "repeats": asdict(repeats),
        "naive": [asdict(one) for one in naive],
        "checked": [asdict(one) for one in checked],
    }
    (RESULTS / "writes.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return {**summary(cells, naive), "read_units_per_completion_with_repeats": {str(repeats.width): round(repeats.read_units, 4)}}


def _all_measured() -> tuple[list[Cell], list[Naive], Cell]:
    """Everything, in two processes, what takes longest first, with a line for each that is done."""
    work: list[tuple[float, str, Callable[..., Cell | Naive], tuple[Any, ...]]] = [
        (width * _runs(width) * (4 / batch + 0.1), f"width {width:,}, {batch:,} a batch", measure, (width, batch, _runs(width)))
        for width in WIDTHS
        for batch in BATCHES
    ]
    work += [
        (width, f"width {width:,}, {design.replace('_', ' ')}", measured.measure, (design, width))
        for width in NAIVE_WIDTHS
        for design in measured.DESIGNS
    ]
    work.append((_REPEATED_WIDTH * 8, f"width {_REPEATED_WIDTH:,}, with repeats", measure_repeats, (_REPEATED_WIDTH,)))
    started = time.monotonic()
    # A million items make no cycles, and looking for some among them takes a fifth of the time.
    with ProcessPoolExecutor(max_workers=2, initializer=gc.disable) as pool:
        asked = {pool.submit(call, *given): name for _, name, call, given in sorted(work, key=lambda one: -one[0])}
        found: dict[str, Cell | Naive] = {}
        for number, done in enumerate(as_completed(asked), 1):
            found[asked[done]] = done.result()
            print(f"  {number} of {len(asked)}, {time.monotonic() - started:.0f} s: {asked[done]}", file=sys.stderr, flush=True)
    in_order = [found[name] for _, name, _, _ in work]
    cells = [one for one in in_order if isinstance(one, Cell)]
    return cells[:-1], sorted((one for one in in_order if isinstance(one, Naive)), key=lambda one: (one.design, one.width)), cells[-1]


@dataclass(frozen=True, slots=True)
class Measured:
    """A hub after some runs, whose ledger and counts are of those alone; the calls in sequence from a last completion to PutEvents."""

    hub: BenchedHub
    round_trips: int


def measure(width: int, batch: int, runs: int) -> Cell:
    """What `measured_runs` shows of the table's units."""
    found = measured_runs(width, batch, runs)
    return _cell(found.hub.table.ledger, width, batch, runs, found.round_trips)


def measure_repeats(width: int) -> Cell:
    """One run, one message a batch, some delivered twice: the hint counts them twice, so somebody looks too early.

    Write units are per message, read units per completion.
    """
    hub, join = BenchedHub(), Join(width)
    collector, forwarder = _warmed(hub, join)
    every = round(1 / _REPEATED)
    numbers = [one for number in range(width - 1) for one in ((number, number) if number % every == 0 else (number,))]
    trips = _run_all(hub, collector, forwarder, [join.completion(key_of(0), number) for number in (*numbers, width - 1)], 1)
    cell = _cell(hub.table.ledger, width, 1, 1, trips)
    return replace(cell, write_units=cell.write_units * width / (len(numbers) + 1))


def measured_runs(width: int, batch: int, runs: int, *, alone: bool = False) -> Measured:
    """Run `runs` runs of a join through collector, forwarder and receipts; RuntimeError unless each is released and acknowledged once.

    `alone`: one run after the other, even of a narrow join, so that none shares an invocation with another.
    """
    hub, join = BenchedHub(), Join(width)
    collector, forwarder = _warmed(hub, join)
    trips = 0
    if width >= _FROM_RECORDING:
        trips = _run_recorded(hub, collector, forwarder, join, batch)
    else:
        for keys in _together(width, runs, alone=alone):
            arriving = [join.completion(key, number) for number in range(width) for key in keys]
            # The last completion of a wide run comes in its batch, as all of them do; narrow runs that advance together end one by one.
            last = (width - 1) % batch + 1 if width > MAX_NARROW else 1
            trips = _run_all(hub, collector, forwarder, arriving, batch, last)
    return Measured(hub, trips)


def _warmed(hub: BenchedHub, join: Join) -> tuple[CollectThenWake, SendDelivery]:
    """A collector and a forwarder that have read what fresh containers read once: plans, the public key, what sources to watch."""
    hub.apply(join.definition())
    collector, forwarder = hub.collector(), hub.forwarder()
    if not join.is_counted:
        _run_all(hub, collector, forwarder, [join.completion("warm-up", number) for number in range(join.width)], 1)
    else:
        hub.collect(collector, [join.completion("warm-up", number) for number in range(2)])
    hub.departures()
    hub.table.ledger.sums.clear()
    hub.forget()
    return collector, forwarder


def _run_all(
    hub: BenchedHub, collector: CollectThenWake, forwarder: SendDelivery, arriving: Sequence[str], batch: int, last: int = 1
) -> int:
    """From the first completion to the last acknowledgement; the calls in sequence from the `last` so many to their PutEvents."""
    with hub.table.ledger.on("completions", _releasing):
        for bodies in batches(arriving[:-last], batch):
            hub.collect(collector, bodies)
    return _finish(hub, collector, forwarder, arriving[-last:])


def _run_recorded(hub: BenchedHub, collector: CollectThenWake, forwarder: SendDelivery, join: Join, batch: int) -> int:
    """Likewise one run, but all completions except the last batch are offered to the recording as what matching makes of them.

    Parsing and matching a completion calls nobody in a warm container, and takes three quarters of the time.
    """
    collect, key = cast("CollectBatch", collector.collect), key_of(0)
    plan = collect.plans.plan(join.name, 1)
    if plan is None:
        raise RuntimeError(f"{join.name} was not applied")
    last = (join.width - 1) % batch + 1
    with hub.table.ledger.on("completions", _releasing):
        for numbers in batches(range(join.width - last), batch):
            contents = Contents()
            for number in numbers:
                contents.count(0, Arrival(Status.SUCCEEDED, NOW_MS - 1000, join.execution(key, number), NOW_MS - 2000))
            collect.offer_arrivals.record_in_journal(plan, RunId(join.name, key), contents, may_open=True)
            hub.collected += 1
    return _finish(hub, collector, forwarder, [join.completion(key, number) for number in range(join.width - last, join.width)])


def _finish(hub: BenchedHub, collector: CollectThenWake, forwarder: SendDelivery, last: Sequence[str]) -> int:
    """The last completions, their release, and everything that follows; the calls in sequence from it to PutEvents."""
    ledger: Ledger = hub.table.ledger
    with ledger.on("sending"):
        hub.forward(forwarder)
    hub.trips.mark()
    with ledger.on("completions", _releasing):
        hub.collect(collector, last)
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
    runs = [item for item in hub.table.items() if item["pk"]["S"].startswith("RUNS#") and item["sk"]["S"] != "warm-up"]
    unfinished = [item["sk"]["S"] for item in runs if item["st"]["S"] != "ACKNOWLEDGED"]
    if unfinished:
        raise RuntimeError(f"{len(unfinished)} of {len(runs)} runs were not released and acknowledged, such as {unfinished[0]}")


def _cell(ledger: Ledger, width: int, batch: int, runs: int, trips: int) -> Cell:
    completions, count = ledger.total("completions"), width * runs
    sums = {name: ledger.total(name).units / runs for name in ("deciding", "releasing", "sending", "acknowledging")}
    # Opening is the one write of the index that a run's first write brings about; nothing else of a completion touches the index.
    write, opening = completions.write + completions.refused, completions.index / runs
    return Cell(width, batch, runs, write / count, completions.read / count, opening, round_trips=trips, **sums)


def _releasing(operation: str, sk: str, expression: str) -> str | None:
    if operation == "TransactWriteItems" or (operation == "PutItem" and _FROZEN.match(sk)):
        return "releasing"
    return "deciding" if expression.startswith(_LOOKING) else None


def _runs(width: int) -> int:
    return max(1, _COMPLETIONS // width)


def _together(width: int, runs: int, *, alone: bool) -> list[list[str]]:
    """The keys that advance together: all of a narrow join's, one at a time of a wide one's, whose batches are for one run."""
    keys = [key_of(run) for run in range(runs)]
    return [keys] if width <= MAX_NARROW and not alone else [[key] for key in keys]


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
    return f"{one.write_units:.2f}" if one.full_at is None else f"full at {one.full_at:,}, {one.write_units:.0f} until then"


def _per_run(cells: Sequence[Cell]) -> Table:
    table = Table(title="Once a run, in write units", title_justify="left")
    for heading in ("width", "opening", "deciding", "releasing", "sending", "acknowledging", "in all"):
        table.add_column(heading, justify="right")
    for cell in cells:
        if cell.batch == BATCHES[0]:
            parts = (cell.opening, cell.deciding, cell.releasing, cell.sending, cell.acknowledging, cell.once)
            table.add_row(f"{cell.width:,}", *(f"{part:.1f}" for part in parts))
    return table


def summary(cells: Sequence[Cell], naive: Sequence[Naive]) -> dict[str, Any]:
    """What of it the summary has."""
    single = {cell.width: cell for cell in cells if cell.batch == BATCHES[0]}
    return {
        "write_units_per_completion": {
            str(batch): {str(cell.width): round(cell.write_units, 4) for cell in cells if cell.batch == batch} for batch in BATCHES
        },
        "read_units_per_completion": {str(width): round(cell.read_units, 4) for width, cell in single.items()},
        "release_write_units": round(single[min(single)].releasing, 2),
        "release_write_units_by_width": {str(width): round(cell.releasing, 2) for width, cell in single.items()},
        "once_a_run_write_units": {str(width): round(cell.once, 2) for width, cell in single.items()},
        "naive": {
            design: {str(one.width): round(one.write_units, 4) for one in naive if one.design == design} for design in measured.DESIGNS
        },
        # Where an item was full, the units are those of the completions before.
        "naive_full_at": {
            design: {str(one.width): one.full_at for one in naive if one.design == design and one.full_at} for design in measured.DESIGNS
        },
        "sequential_round_trips": {str(width): cell.round_trips for width, cell in single.items()},
    }
