"""What a cold start of each function costs, against a bare handler that imports the same libraries and makes the same clients.

Each start is a process of its own, which imports the function as Lambda does; `bootstrap.at_start` wires it in that import. Ours and the
bare one alternate, and the ratio is the median over the rounds, so that other work on this machine weighs on both. Measured is what is
deployed, and, less often, the same without byte-code. The SDK has byte-code in both: that is the runtime's own.
"""

from __future__ import annotations

import itertools
import json
import platform
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks import artefacts

AIM = 1.15
_BUDGET_S = 45.0
_LEAST_ROUNDS = 3
_SOURCES_EVERY = 3
_BARE = Path(__file__).parent / "bare"
_PROBE = Path(__file__).parent / "probe.py"


@dataclass(frozen=True, slots=True)
class Pair:
    """A start of ours and one of the bare handler, one right after the other."""

    ours: dict[str, float]
    bare: dict[str, float]


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians over pairs; `ratio` is the median of the pairs' ratios of processor time."""

    cpu_ms: float
    bare_cpu_ms: float
    wall_ms: float
    bare_wall_ms: float
    ratio: float
    rounds: int

    @classmethod
    def of(cls, pairs: list[Pair]) -> Cost:
        return cls(
            cpu_ms=round(median(pair.ours["cpuMs"] for pair in pairs), 1),
            bare_cpu_ms=round(median(pair.bare["cpuMs"] for pair in pairs), 1),
            wall_ms=round(median(pair.ours["wallMs"] for pair in pairs), 1),
            bare_wall_ms=round(median(pair.bare["wallMs"] for pair in pairs), 1),
            ratio=round(median(pair.ours["cpuMs"] / pair.bare["cpuMs"] for pair in pairs), 3),
            rounds=len(pairs),
        )


def run() -> dict[str, dict[str, float]]:
    """Measure, print, write build/bench/cold_start.json, and give what goes into the summary; StackError when the build fails."""
    console = Console()
    console.print("Cold starts: sam build of the hub and the successor")
    built = artefacts.built()
    sources = artefacts.without_byte_code(built)
    for function in artefacts.FUNCTIONS:
        _hold_to_the_same(built, function)
    pairs: dict[tuple[str, Path], list[Pair]] = defaultdict(list)
    for number in _rounds(console):
        for function in artefacts.FUNCTIONS:
            pairs[function, built].append(_pair(built, function))
            if number % _SOURCES_EVERY == 0:
                pairs[function, sources].append(_pair(sources, function))
    deployed = {function: Cost.of(pairs[function, built]) for function in artefacts.FUNCTIONS}
    without = {function: Cost.of(pairs[function, sources]) for function in artefacts.FUNCTIONS}
    console.print(_table(deployed, without))
    _write(deployed, without)
    return {"cold_start_ratio": {function: cost.ratio for function, cost in deployed.items()}}


def _rounds(console: Console) -> Iterator[int]:
    started = time.monotonic()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Starting each function and its bare twin, in turn", total=_BUDGET_S)
        for number in itertools.count():
            spent_s = time.monotonic() - started
            if number >= _LEAST_ROUNDS and spent_s >= _BUDGET_S:
                return
            progress.update(task, completed=spent_s)
            yield number


def _hold_to_the_same(directory: Path, function: str) -> None:
    ours, bare = (_probe("contents", directory, function, bare=is_bare) for is_bare in (False, True))
    if ours != bare:
        raise RuntimeError(f"bring benchmarks/bare/bare_{function}.py up to date: {function} has {ours}, its bare twin {bare}")


def _pair(directory: Path, function: str) -> Pair:
    return Pair(_probe("time", directory, function, bare=False), _probe("time", directory, function, bare=True))


def _probe(what: str, directory: Path, function: str, *, bare: bool) -> Any:
    path = artefacts.import_path(directory, function)
    python = artefacts.RUNTIME / "bin" / "python"
    finished = subprocess.run(
        [python, "-I", "-S", "-B", _PROBE, what, *((f"bare_{function}", str(_BARE)) if bare else ("app",)), *path],
        env=artefacts.environment(function),
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise RuntimeError(f"{function} did not start:\n{finished.stderr}")
    return json.loads(finished.stdout.splitlines()[-1])


def _table(deployed: dict[str, Cost], without: dict[str, Cost]) -> Table:
    rounds = next(iter(deployed.values())).rounds
    table = Table(title=f"Cold starts, ms of processor time (wall), medians of {rounds} rounds; aim ≤ {AIM}", title_justify="left")
    table.add_column("function")
    for heading in ("bare", "fanin", "ratio", "sources only: bare", "fanin", "ratio"):
        table.add_column(heading, justify="right")
    for function, cost in deployed.items():
        table.add_row(function, *_cells(cost), *_cells(without[function]))
    return table


def _cells(cost: Cost) -> tuple[str, str, str]:
    ratio = f"[{'green' if cost.ratio <= AIM else 'red'}]{cost.ratio:.2f}"
    return f"{cost.bare_cpu_ms:.0f} ({cost.bare_wall_ms:.0f})", f"{cost.cpu_ms:.0f} ({cost.wall_ms:.0f})", ratio


def _write(deployed: dict[str, Cost], without: dict[str, Cost]) -> None:
    functions = {name: {"as_deployed": asdict(cost), "sources_only": asdict(without[name])} for name, cost in deployed.items()}
    found = {"python": platform.python_version(), "aim": AIM, "functions": functions}
    (artefacts.RESULTS / "cold_start.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
