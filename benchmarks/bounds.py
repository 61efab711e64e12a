"""What the figures must not exceed, of those that no other work on the machine can change: units, busiest keys, round trips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.hot_spots import MOST_A_PARTITION, MOST_AN_ITEM
from fanin.definitions.width import MAX_NARROW

MOST_READ = 0.05
_NARROW_TO, _MOST_NARROW = 8, 1.0
_MOST_WIDE = {1: 2.0, 10: 0.25, 1000: 0.03}
_MOST_TRIPS_NARROW, _MOST_TRIPS_WIDE = 7, 14  # fourteen with the pages of a million arrivals


def broken(found: Mapping[str, Any]) -> list[str]:
    """A sentence for each bound that the figures exceed; figures that are not there are not looked at."""
    return [f"{what}: {value}, at the most {most}" for what, value, most in _bounded(found) if value > most]


def _bounded(found: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    for batch, by_width in found.get("write_units_per_completion", {}).items():
        for width, units in by_width.items():
            most = _most_written(int(width), int(batch))
            if most is not None:
                yield f"write units per completion, width {width}, {batch} a batch", units, most
    for width, units in found.get("read_units_per_completion", {}).items():
        yield f"read units per completion, width {width}", units, MOST_READ
    for width, trips in found.get("sequential_round_trips", {}).items():
        yield f"round trips, width {width}", trips, _MOST_TRIPS_NARROW if int(width) <= MAX_NARROW else _MOST_TRIPS_WIDE
    for name, most in (("hottest_item_writes_per_s", MOST_AN_ITEM), ("hottest_partition_writes_per_s", MOST_A_PARTITION)):
        if name in found:
            yield name.replace("_", " "), found[name], most


def _most_written(width: int, batch: int) -> float | None:
    """None where a run has fewer completions than a batch is to have."""
    if width <= _NARROW_TO:
        return _MOST_NARROW if batch == 1 else None
    return _MOST_WIDE[batch] if width > MAX_NARROW and width >= batch else None
