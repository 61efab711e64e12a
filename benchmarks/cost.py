"""Benchmark 5: dollars for a million completions by width and batch, from the units that `fanin cost` carries and its price table.

The units are measured again first, up to a width, and must be those of the file: what the command says is what this release does.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import units
from benchmarks.artefacts import RESULTS
from fanin_cli.cost.model import Cost, Load, at_rest, cost_of, dominant
from fanin_cli.cost.prices import prices
from fanin_cli.cost.units import BATCHES, Units, measured

_REMEASURED = (2, 128, 10_000)
_TOLERANCE = 0.02  # a longer name is no news
_NAMES = {1: "latency, 1 a batch", 10: "latency, 10 a batch", 1000: "burst, 1,000 a batch"}


def run(console: Console | None = None) -> dict[str, Any]:
    """Measure, print, write build/bench/cost.json, and give what goes into the summary; RuntimeError when the file is out of date."""
    hold_to_measured(_REMEASURED)
    costs = {batch: {width: _cost(width, batch) for width in measured()[batch]} for batch in BATCHES}
    console = console or Console(width=140)
    console.print(_table(costs))
    rest = at_rest(prices())
    console.print(f"A hub at rest: ${sum(rest.values()):.2f} a month, most of it for {dominant(rest)}.")
    RESULTS.mkdir(parents=True, exist_ok=True)
    found = {str(batch): {str(width): asdict(one) for width, one in by_width.items()} for batch, by_width in costs.items()}
    (RESULTS / "cost.json").write_text(json.dumps({"costs": found, "at_rest": rest}, indent=2) + "\n", encoding="utf-8")
    return {
        "usd_per_million_completions": {
            str(batch): {str(width): round(one.million_usd, 3) for width, one in by_width.items()} for batch, by_width in costs.items()
        }
    }


def hold_to_measured(widths: tuple[int, ...]) -> None:
    """RuntimeError when the command's units at these widths are not those measured now, to a fiftieth."""
    wrong = [(batch, width) for batch in BATCHES for width in widths if not _alike(units.measure(width, batch), measured()[batch][width])]
    if wrong:
        raise RuntimeError(f"units.json of fanin cost is out of date at (batch, width) {wrong}; run python -m benchmarks.units")


def _alike(one: Units, other: Units) -> bool:
    return all(math.isclose(mine, theirs, rel_tol=_TOLERANCE) for mine, theirs in zip(one.values(), other.values(), strict=True))


def _cost(width: int, batch: int) -> Cost:
    return cost_of(Load("bench", width, 1_000_000.0, batch), prices())


def _table(costs: Mapping[int, Mapping[int, Cost]]) -> Table:
    table = Table(title="US dollars for a million completions, all of them from other accounts, one successor", title_justify="left")
    table.add_column("width", justify="right")
    for batch in costs:
        table.add_column(_NAMES[batch], justify="right")
        table.add_column("mostly")
    for width in costs[BATCHES[0]]:
        cells = [cell for batch in costs for cell in (f"{costs[batch][width].million_usd:.2f}", dominant(costs[batch][width].million))]
        table.add_row(f"{width:,}", *cells)
    return table
