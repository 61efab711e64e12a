"""Benchmark 3: processor time of a completion in the collector, without the network, against the least that any collector does.

The floor is a bare `json.loads` of the same messages and the same calls through the same boto3 clients, batch by batch: serialised,
signed, answered from a recording, parsed. The collector does all that too, and what it is for: check, match, key, group, decide, freeze.
Both take turns, and the ratio is the median over the rounds, so that other work on this machine weighs on both.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.artefacts import RESULTS
from benchmarks.hub import BenchedHub
from benchmarks.metering.table import MeteredTable
from benchmarks.replayed import Call, Recording
from benchmarks.stand_ins import Queues
from benchmarks.workload import Join, batches, key_of
from fanin import bootstrap
from fanin.sources.queue_event import QueuedMessage

AIM = 1.5
_COMPLETIONS = 120
_ROUNDS = 11


@dataclass(frozen=True, slots=True)
class Work:
    """Completions of some runs of a join, in batches."""

    name: str
    join: Join
    batch: int

    def bodies(self, completions: int) -> list[list[str]]:
        """The batches; all runs advance together, so that a batch is for as many runs as it can be."""
        runs, each = max(1, completions // self.join.width), min(completions, self.join.width)
        arriving = [self.join.completion(key_of(run), slot) for slot in range(each) for run in range(runs)]
        return [list(batch) for batch in batches(arriving, self.batch)]


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of processor time per completion, medians over rounds; `ratio` is the median of the rounds' ratios."""

    work: str
    completions: int
    calls: int
    floor_us: float
    collector_us: float
    ratio: float
    rounds: int


WORKS = (
    Work("2 predecessors, ten a batch", Join(2), 10),
    Work("2 predecessors, one a batch", Join(2), 1),
    Work("8 predecessors, ten a batch", Join(8), 10),
    Work("1,000 counted, ten a batch", Join(1_000), 10),
    Work("1,000 counted, 120 a batch", Join(1_000), 120),
)


def run(console: Console | None = None) -> dict[str, Any]:
    """Measure, print, write build/bench/collector_cpu.json, and give what goes into the summary."""
    costs = [measure(work, _COMPLETIONS, _ROUNDS) for work in WORKS]
    (console or Console(width=140)).print(_table(costs))
    RESULTS.mkdir(parents=True, exist_ok=True)
    found = {"aim": AIM, "works": [asdict(cost) for cost in costs]}
    (RESULTS / "collector_cpu.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return {"collector_cpu_ratio": costs[0].ratio}


def measure(work: Work, completions: int, rounds: int) -> Cost:
    """Record the work once, then run it and its floor in turn; RuntimeError when a run made other calls than the recorded ones."""
    recorded = record(work, completions)
    # As in a container after its start.
    gc.collect()
    thresholds = gc.get_threshold()
    bootstrap.settle()
    pairs = [(_timed(recorded.floor), _timed(recorded.collect)) for _ in range(rounds + 2)][2:]
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    count = sum(map(len, recorded.batches))
    floor_us, collector_us = (median(pair[side] for pair in pairs) / count * 1e6 for side in (0, 1))
    ratio = median(ours / floor for floor, ours in pairs)
    return Cost(work.name, count, len(recorded.recording.calls), round(floor_us, 1), round(collector_us, 1), round(ratio, 3), rounds)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A workload with the answers to its calls."""

    recording: Recording
    collector: Callable[[Sequence[QueuedMessage]], Any]
    batches: Sequence[Sequence[QueuedMessage]]
    calls: Sequence[Sequence[Call]]

    def collect(self) -> None:
        """Ours."""
        self.recording.rewind()
        for batch in self.batches:
            self.collector(batch)
        self._hold_to_the_same()

    def floor(self) -> None:
        """The least: read the messages, make the calls."""
        self.recording.rewind()
        for batch, calls in zip(self.batches, self.calls, strict=True):
            for message in batch:
                json.loads(message.body)
            for call in calls:
                call()
        self._hold_to_the_same()

    def _hold_to_the_same(self) -> None:
        if not self.recording.at_its_end():
            raise RuntimeError("fewer calls were made than were recorded")


def record(work: Work, completions: int) -> Recorded:
    """Run the work once over the metered table, through boto3's clients, and keep every answer."""
    recording = Recording()
    table, queues = MeteredTable(), Queues()
    clients = recording.clients({"dynamodb": table, "sqs": queues})
    hub = BenchedHub(table=clients["dynamodb"], queues=clients["sqs"])
    BenchedHub(table=table).apply(work.join.definition())
    collector = hub.collector()
    for slot in range(work.join.machines):
        hub.collect(collector, [work.join.completion("warm-up", slot)])
    recording.forget()
    arriving = [hub.messages(bodies) for bodies in work.bodies(completions)]
    calls: list[list[Call]] = []
    for batch in arriving:
        before = len(recording.calls)
        collected = collector(batch)
        if collected.failed or collected.rejected:
            raise RuntimeError(f"{collected.failed or collected.rejected}")
        calls.append(recording.calls[before:])
    return Recorded(recording, collector, arriving, calls)


def _timed(work: Callable[[], None]) -> float:
    """Processor time in seconds; other work's garbage is gone before."""
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def _table(costs: Sequence[Cost]) -> Table:
    table = Table(title=f"Processor time in the collector, µs per completion, medians; aim: ratio ≤ {AIM}", title_justify="left")
    table.add_column("completions of")
    for heading in ("AWS calls per completion", "floor", "collector", "ratio"):
        table.add_column(heading, justify="right")
    for cost in costs:
        ratio = f"[{'green' if cost.ratio <= AIM else 'red'}]{cost.ratio:.2f}"
        table.add_row(cost.work, f"{cost.calls / cost.completions:.2f}", f"{cost.floor_us:.0f}", f"{cost.collector_us:.0f}", ratio)
    return table
