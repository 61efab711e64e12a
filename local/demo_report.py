"""How the demo is drawn: progress while it waits, and the timeline at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

_BAR_CHARS = 44
_MARKS = {"SUCCEEDED": "[green]●[/]", "FAILED": "[red]●[/]", None: "[dim]○[/]"}

Runs = Mapping[str, dict[str, Any] | None]


@contextmanager
def progress() -> Iterator[Callable[[Runs], None]]:
    """Draws runs in place, as they are given; on a terminal only, elsewhere a line for each change of state."""
    console = Console()
    if not console.is_terminal:
        said: dict[str, str] = {}
        yield lambda runs: _say_changes(runs, said)
        return
    with Live(console=console, refresh_per_second=10) as live:
        yield lambda runs: live.update(_table(runs))


def _say_changes(runs: Runs, said: dict[str, str]) -> None:
    for date, run in runs.items():
        state = "no arrival yet" if run is None else f"{run['state']} ({run['arrived']} of {run['needed']})"
        if said.get(date) != state:
            said[date] = state
            print(f"  {date}  {state}", flush=True)


def _table(runs: Runs) -> Table:
    table = Table("business date", "A ledger", "B positions", "run", "C daily-close", box=None)
    for date, run in runs.items():
        arrivals = (run or {}).get("arrivals", {})
        marks = [_MARKS.get((arrivals.get(name) or {}).get("status"), "[yellow]●[/]") for name in ("ledger", "positions")]
        deliveries = (run or {}).get("deliveries", [])
        table.add_row(date, *marks, (run or {}).get("state", "waiting"), deliveries[0]["state"] if deliveries else "")
    return table


def timeline(runs: Mapping[str, dict[str, Any]], ended: Mapping[str, dict[str, Any]], starts: list[dict[str, Any]]) -> None:
    """What happened for each date, in milliseconds after its last completion."""
    console = Console(highlight=False)
    stops = {execution["executionArn"]: round(execution["stopDate"].timestamp() * 1000) for execution in ended.values()}
    console.print("\nTimeline, in milliseconds after the last completion of each date:")
    for start in starts:
        run = runs.get(start["key"])
        if run is None:
            continue
        completed = max(stops[one["executionArn"]] for one in start["input"]["predecessors"].values())
        (delivery,) = run["deliveries"]
        moments = {
            "completed": completed,
            "released": run["releases"][0]["releasedAtMs"],
            "sent": delivery["sentAtMs"],
            "verified": delivery["verifiedAtMs"],
            "started": delivery["startedAtMs"],
            "acknowledged": delivery["acknowledgedAtMs"],
        }
        longest = max(1, *(moment - completed for moment in moments.values() if moment))
        console.print(f"\n  {start['join']} {start['key']}")
        for name, moment in moments.items():
            if moment is not None:
                after = moment - completed
                console.print(f"    {name:13}{after:>7} ms  [cyan]{'━' * round(_BAR_CHARS * after / longest)}[/]●")
