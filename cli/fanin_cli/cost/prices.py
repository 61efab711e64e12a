"""The price table: one data file, with the page and the day of each price, and the assumptions that a sum rests on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars a unit by name, the assumed figures by name, and what to say about both."""

    region: str
    read_on: str
    usd: Mapping[str, float]
    assumed: Mapping[str, float]
    assumptions: tuple[str, ...]
    pages: tuple[str, ...]


@cache
def prices() -> Prices:
    """The table that came with this release."""
    table = json.loads(files("fanin_cli.cost").joinpath("prices.json").read_text(encoding="utf-8"))
    listed, assumed = table["prices"], table["assumptions"]
    return Prices(
        region=table["region"],
        read_on=table["readOn"],
        usd={name: one["usd"] / one["per"] for name, one in listed.items()},
        assumed={name: one["value"] for name, one in assumed.items()},
        assumptions=tuple(one["text"] for one in assumed.values() if one["text"]),
        pages=tuple(dict.fromkeys(one["page"] for one in listed.values())),
    )
