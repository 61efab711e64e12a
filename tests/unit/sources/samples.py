"""The recorded shapes of events/collector, as the arrivals queue holds them, and changes to make dishonest ones of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import cast

from tests.unit.sources.events import REMOVED

EVENTS = Path(__file__).parents[3] / "events" / "collector"

Event = dict[str, object]
Place = tuple[str | int, ...]


def sample(name: str) -> Event:
    """The event in a recorded message."""
    (record,) = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))["Records"]
    return cast(Event, json.loads(record["body"]))


def changed(event: Event, changes: Mapping[Place, object]) -> Event:
    """The event with other values at these places; REMOVED takes one away."""
    event = deepcopy(event)
    for place, value in changes.items():
        inner = cast(dict[str | int, object], event)
        for step in place[:-1]:
            inner = cast(dict[str | int, object], inner[step])
        if value is REMOVED:
            del inner[place[-1]]
        else:
            inner[place[-1]] = value
    return event


def moved(event: Event, account: str, region: str, partition: str = "aws") -> Event:
    """The event as another account, Region and partition would have sent it."""
    text = json.dumps(event).replace("111111111111", account).replace("us-east-1", region).replace("arn:aws:", f"arn:{partition}:")
    return cast(Event, json.loads(text))
