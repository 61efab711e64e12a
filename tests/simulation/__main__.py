"""`make simulate`: many schedules on every core, or one again with its trace.

    make simulate [SCHEDULES=100000] [FROM=1]      the last line has the figures; a failure prints the seed that replays it
    make simulate SEED=123                         that one schedule, made smaller if it fails, with a readable trace

Before the schedules come the crash points: every single crash and gap of the small stories, and every pair of so many of them (PAIRS).
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from tests.simulation.crash_points import STORIES, pairs, played, singles
from tests.simulation.faults import Fault
from tests.simulation.schedule import Result, schedule_of, simulated, smaller

CHUNK = 100
SHOWN = 5


@dataclass(slots=True)
class Figures:
    """The sum of many schedules."""

    schedules: int = 0
    steps: int = 0
    releases: int = 0
    executions: int = 0
    injected: Counter[Fault] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def took(self, result: Result, how: str) -> None:
        """One more schedule, and how to repeat it."""
        self.schedules += 1
        self.steps += result.steps
        self.releases += result.releases
        self.executions += result.executions
        self.injected.update(result.injected)
        if result.broken is not None:
            self.broken.append(f"{how}: {result.broken}")

    def add(self, other: Figures) -> None:
        self.schedules += other.schedules
        self.steps += other.steps
        self.releases += other.releases
        self.executions += other.executions
        self.injected.update(other.injected)
        self.broken += other.broken

    def line(self, what: str, seconds: float) -> str:
        kinds = ", ".join(f"{fault.value} {number:,}" for fault, number in self.injected.most_common() if number)
        return (
            f"{self.schedules:,} {what}, {self.steps:,} steps, {sum(self.injected.values()):,} faults ({kinds}), "
            f"{self.releases:,} releases, {self.executions:,} executions, {len(self.broken)} broken, {seconds:.0f} s"
        )


def some(first: int, number: int) -> Figures:
    """The schedules of some seeds, one after the other."""
    figures = Figures()
    gc.disable()
    for seed in range(first, first + number):
        figures.took(simulated(schedule_of(seed)), f"make simulate SEED={seed}")
        if seed % 50 == 0:
            gc.collect()
    return figures


def crashed_once(name: str) -> Figures:
    """Every single crash, and every gap, of a story."""
    figures, story = Figures(), STORIES[name]
    gc.disable()
    for one in singles(story):
        figures.took(played(story, one), f"{name}, {one}")
    return figures


def crashed_twice(name: str, first: int, number: int) -> Figures:
    """Some first crashes of a story, each with every second one."""
    figures, story = Figures(), STORIES[name]
    gc.disable()
    for one in islice(singles(story), first, first + number):
        for both in pairs(story, one):
            figures.took(played(story, both), f"{name}, {both}")
        gc.collect()
    return figures


def summed(pool: ProcessPoolExecutor, work: Callable[..., Figures], chunks: Iterable[Sequence[object]], what: str) -> int:
    """Do it all on every core; how much was broken."""
    begin, figures = time.monotonic(), Figures()
    for found in pool.map(work, *zip(*chunks, strict=True)):
        figures.add(found)
        if found.broken:
            print("\n".join(found.broken[:SHOWN]), flush=True)
        if len(figures.broken) >= SHOWN:
            pool.shutdown(wait=False, cancel_futures=True)
            break
    print(figures.line(what, time.monotonic() - begin), flush=True)
    return len(figures.broken)


def many(first: int, number: int, stories: int, workers: int) -> int:
    """The crash points and the schedules; how many were broken."""
    with ProcessPoolExecutor(workers) as pool:
        broken = summed(pool, crashed_once, [(name,) for name in STORIES], "single crashes and gaps")
        if broken:
            return broken
        for name, story in list(STORIES.items())[:stories]:
            starts = range(0, sum(1 for _ in singles(story)), 6)
            broken = summed(pool, crashed_twice, [(name, start, 6) for start in starts], f"pairs of crashes of {name}")
            if broken:
                return broken
        chunks = [(at, min(CHUNK, first + number - at)) for at in range(first, first + number, CHUNK)]
        return summed(pool, some, chunks, "schedules") if chunks else 0


def again(seed: int) -> int:
    """One schedule with its trace; a failing one is made smaller first."""
    schedule = schedule_of(seed)
    if simulated(schedule).broken is not None:
        schedule = smaller(schedule)
    result = simulated(schedule, traced=True)
    print(f"{schedule.story.kind}: {schedule.story.document}")
    print("\n".join(result.trace))
    print(f"seed {seed}: {result.broken or 'holds'}; {result.steps} steps, {len(result.unusual)} unusual choices")
    return int(result.broken is not None)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schedules", type=int, default=100_000)
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=len(STORIES))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    said = parser.parse_args()
    if said.seed is not None:
        return again(said.seed)
    return int(many(said.first, said.schedules, said.pairs, said.workers) > 0)


if __name__ == "__main__":
    sys.exit(main())
