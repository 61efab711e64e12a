"""Benchmark 2: the busiest item, partition key and index partition when 10,000 completions arrive in ten seconds, in batches of ten.

A thousand completions come in each second; what they bring about (releases, sending, receipts, acknowledging) happens in that second too.
DynamoDB gives a partition 1,000 write units a second ("Best practices for designing and using partition keys effectively").
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.artefacts import RESULTS
from benchmarks.hub import BenchedHub
from benchmarks.metering.ledger import Ledger
from benchmarks.metering.table import MeteredTable
from benchmarks.workload import Join, batches, key_of

SECONDS, PER_SECOND, BATCH = 10, 1_000, 10
MOST_AN_ITEM, MOST_A_PARTITION = 120, 250


@dataclass(frozen=True, slots=True)
class HotSpots:
    """The most writes in any one second, and where they went."""

    scenario: str
    item: int
    item_name: str
    partition: int
    partition_name: str
    index_partition: int


def run(console: Console | None = None) -> dict[str, Any]:
    """Measure, print, write build/bench/hot_spots.json, and give what goes into the summary."""
    found = [measure(name, scenario) for name, scenario in scenarios(SECONDS * PER_SECOND).items()]
    (console or Console(width=140)).print(_table(found))
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "hot_spots.json").write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n", encoding="utf-8")
    return {
        "hottest_item_writes_per_s": max(one.item for one in found),
        "hottest_partition_writes_per_s": max(max(one.partition, one.index_partition) for one in found),
    }


@dataclass(frozen=True, slots=True)
class Scenario:
    """A join, and how many runs of it share the completions."""

    join: Join
    runs: int

    def bodies(self) -> list[str]:
        """Every completion, in the order of the runs' slots: all runs advance together."""
        return [self.join.completion(key_of(run), slot) for slot in range(self.join.width) for run in range(self.runs)]


def scenarios(completions: int) -> dict[str, Scenario]:
    """What the completions are of."""
    return {f"{completions // width:,} runs of {width}": Scenario(Join(width), completions // width) for width in (2, 8, completions)}


def measure(name: str, scenario: Scenario, seconds: int = SECONDS) -> HotSpots:
    """Let everything happen, second by second, and find the busiest."""
    hub = BenchedHub(MeteredTable(Ledger(by_item=True)))
    hub.apply(scenario.join.definition())
    collector, forwarder = hub.collector(), hub.forwarder()
    bodies, busiest = scenario.bodies(), Busiest()
    for second in batches(bodies, -(-len(bodies) // seconds)):
        for batch in batches(second, BATCH):
            hub.collect(collector, batch)
        hub.forward(forwarder)
        for receipts in batches(hub.receipts(), BATCH):
            hub.collect(collector, receipts)
        hub.forward(forwarder)
        busiest.look(hub.table.ledger)
        hub.clock.at_ms += 1_000
    return busiest.found(name)


class Busiest:
    """The maxima over the seconds so far."""

    def __init__(self) -> None:
        self._items, self._partitions, self._index = Counter[str](), Counter[str](), Counter[str]()

    def look(self, ledger: Ledger) -> None:
        """Take one second's writes, and begin the next."""
        partitions = Counter[str]()
        for (pk, sk), writes in ledger.item_writes.items():
            partitions[pk] += writes
            self._items[f"{pk} / {sk}"] = max(self._items[f"{pk} / {sk}"], writes)
        for seen, now in ((self._partitions, partitions), (self._index, ledger.index_writes)):
            for name, writes in now.items():
                seen[name] = max(seen[name], writes)
        ledger.item_writes.clear()
        ledger.index_writes.clear()

    def found(self, scenario: str) -> HotSpots:
        """The maxima."""
        (item_name, item), (partition_name, partition) = self._items.most_common(1)[0], self._partitions.most_common(1)[0]
        return HotSpots(scenario, item, item_name, partition, partition_name, max(self._index.values(), default=0))


def _table(found: Sequence[HotSpots]) -> Table:
    title = f"Writes in the busiest second, {SECONDS * PER_SECOND:,} completions in {SECONDS} s, batches of {BATCH}"
    table = Table(title=f"{title}; aim: item ≤ {MOST_AN_ITEM}, partition key ≤ {MOST_A_PARTITION}", title_justify="left")
    table.add_column("completions of")
    for heading in ("busiest item", "busiest partition key", "busiest key of the due index"):
        table.add_column(heading, justify="right")
    for one in found:
        item = f"{_marked(one.item, MOST_AN_ITEM)}  {one.item_name}"
        partition = f"{_marked(one.partition, MOST_A_PARTITION)}  {one.partition_name}"
        table.add_row(one.scenario, item, partition, _marked(one.index_partition, MOST_A_PARTITION))
    return table


def _marked(writes: int, most: int) -> str:
    return f"[{'green' if writes <= most else 'red'}]{writes}[/]"
