"""What one run of a join takes, by its width and by how many messages a batch has: figures measured by benchmarks/units.py.

They are kept here as data, since the command is installed without the benchmarks; a test holds them to what is measured.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

BATCHES = (1, 10, 1000)
WIDEST = 1_000_000  # what a definition may count


@dataclass(frozen=True, slots=True)
class Units:
    """One run with one successor, from its first completion to its acknowledgement.

    `calls` are AWS calls of the hub's functions, `queue_sends` those among them that send to a queue; `events` are put on buses by the
    hub: a release and two notices. `collected`, `forwarded`: invocations.
    """

    write_units: float
    read_units: float
    calls: float
    queue_sends: float
    events: float
    signatures: float
    collected: float
    forwarded: float
    stored_bytes: float

    def between(self, other: Units, share: float) -> Units:
        """On the straight line to another, `share` of the way."""
        return Units(*(mine + share * (theirs - mine) for mine, theirs in zip(self.values(), other.values(), strict=True)))

    def values(self) -> tuple[float, ...]:
        """The figures in their order."""
        return tuple(getattr(self, one.name) for one in fields(self))


@cache
def measured() -> dict[int, dict[int, Units]]:
    """The figures by batch and width."""
    table = json.loads(files("fanin_cli.cost").joinpath("units.json").read_text(encoding="utf-8"))
    return {int(batch): {int(width): Units(**one) for width, one in by_width.items()} for batch, by_width in table.items()}


def units_of(width: int, batch: int) -> Units:
    """A run of any width: as measured, or on the straight line through the measured widths around it, or through the last two."""
    by_width = measured()[batch]
    widths = sorted(by_width)
    if width in by_width:
        return by_width[width]
    if width < widths[0]:
        return by_width[widths[0]]
    place = min(bisect_left(widths, width), len(widths) - 1)
    low, high = widths[place - 1], widths[place]
    return by_width[low].between(by_width[high], (width - low) / (high - low))
