"""`python -m benchmarks [NAME...]`: run all benchmarks, or those named, and merge what each found into build/bench/summary.json.

Ends with 1 when a figure that does not depend on the machine's load exceeds its bound.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

from benchmarks import cold_start, collector_cpu, cost, hot_spots, latency, reconciliation, writes
from benchmarks.artefacts import RESULTS
from benchmarks.bounds import broken
from benchmarks.peers import run as peers
from benchmarks.peers.servers import PeerError
from local.process import EmulatorError
from local.stacks import StackError

BENCHMARKS: Mapping[str, Callable[[], Mapping[str, Any]]] = {
    "writes": writes.run,
    "hot-spots": hot_spots.run,
    "collector-cpu": collector_cpu.run,
    "cost": cost.run,
    "latency": latency.run,
    "reconciliation": reconciliation.run,
    "cold-start": cold_start.run,
}
WHEN_NAMED: Mapping[str, Callable[[], Mapping[str, Any]]] = {"peers": peers.run}  # it installs hundreds of packages


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure what the documents cite.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; all of these when none is given; and {', '.join(WHEN_NAMED)}"
    )
    names = parser.parse_args().names or list(BENCHMARKS)
    every = {**BENCHMARKS, **WHEN_NAMED}
    unknown = set(names) - set(every)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(every)}")
    exceeded: list[str] = []
    for name in names:
        started = time.monotonic()
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            found = every[name]()
            _merge(found)
            exceeded += broken(found)
        except (StackError, EmulatorError, PeerError) as error:
            print(error, file=sys.stderr)
            return 1
        print(f"{name}: {time.monotonic() - started:.0f} s\n", flush=True)
    print(f"All of it: {RESULTS}")
    for one in exceeded:
        Console().print(f"[red]{one}[/]")
    return 1 if exceeded else 0


def _merge(found: Mapping[str, Any]) -> None:
    """Add what one benchmark found to the summary; what the others found stays."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / "summary.json"
    summary = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    file.write_text(json.dumps({**summary, **found}, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
