"""What was measured of a peer: as a file, as a table, and as rows for fanin's own table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Burst:
    """`cpu_ms` and `database_cpu_ms` are per event; of the keys, how many have one consumer, several, or one that another's event is in."""

    senders: int
    events: int
    keys: int
    seconds: float
    events_per_s: float
    cpu_ms: float
    database_cpu_ms: float
    once: int
    twice: int
    mixed: int

    @property
    def lost(self) -> int:
        """Keys without any consumer."""
        return self.keys - self.once - self.twice - self.mixed


@dataclass(frozen=True, slots=True)
class Figures:
    """One peer in one setting: from the last event to the consumer in milliseconds (p50, p95, p99, max), and its bursts."""

    name: str
    day: str
    last_event_to_consumer_ms: Mapping[str, float]
    bursts: Sequence[Burst]


def read(file: Path) -> list[Figures]:
    """What was written before; nothing when there is no such file."""
    if not file.exists():
        return []
    found = json.loads(file.read_text(encoding="utf-8"))
    return [Figures(**{**one, "bursts": [Burst(**burst) for burst in one["bursts"]]}) for one in found]


def write(file: Path, measured: Iterable[Figures]) -> list[Figures]:
    """Put these into the file, each in place of an older one of its name; what is in it then."""
    every = {one.name: one for one in (*read(file), *measured)}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([asdict(one) for one in every.values()], indent=2) + "\n", encoding="utf-8")
    return list(every.values())


def beside(measured: Iterable[Figures]) -> dict[str, dict[str, float]]:
    """A row for each burst, under the names that fanin's own figures have; the row's name says how many keys were released."""
    return {
        f"{one.name}, {burst.senders} sending, here on {one.day}: {burst.once} of {burst.keys} keys": {
            **one.last_event_to_consumer_ms,
            "completions_per_s": burst.events_per_s,
            "cpu_ms": burst.cpu_ms,
        }
        for one in measured
        for burst in one.bursts
    }


def table(measured: Iterable[Figures]) -> Table:
    """A line for each burst; the times of one key at a time stand in a peer's first."""
    columns = Table(title="Last event to consumer, one key at a time; then a burst", title_justify="left")
    columns.add_column("")
    for heading in (
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "sending",
        "events/s",
        "CPU ms an event",
        "PostgreSQL's",
        "keys",
        "lost",
        "mixed",
        "twice",
    ):
        columns.add_column(heading, justify="right")
    for one in measured:
        times = [f"{one.last_event_to_consumer_ms[name]:.0f}" for name in ("p50", "p95", "p99")]
        for place, burst in enumerate(one.bursts):
            said = [one.name, *times] if place == 0 else [""] * 4
            columns.add_row(
                *said,
                str(burst.senders),
                f"{burst.events_per_s:.1f}",
                f"{burst.cpu_ms:.1f}",
                f"{burst.database_cpu_ms:.1f}",
                *(str(number) for number in (burst.keys, burst.lost, burst.mixed, burst.twice)),
            )
    return columns
