"""Definition documents to start from: `a_definition()` is right, and `changed` makes one thing in it wrong."""

from copy import deepcopy
from typing import cast

LEDGER = "arn:aws:states:us-east-1:111111111111:stateMachine:ledger"
POSITIONS = "arn:aws:states:us-east-1:333333333333:stateMachine:positions"
BUS = "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"

Path = tuple[str | int, ...]
ABSENT = object()


def a_definition() -> dict[str, object]:
    return {
        "join": "daily-close",
        "description": "Closes the books.",
        "key": {"input": "businessDate"},
        "predecessors": {"ledger": {"stateMachine": LEDGER}, "positions": {"stateMachine": POSITIONS}},
        "require": "all",
        "successors": [{"target": "daily-close", "bus": BUS, "payload": {"outputs": True}}],
    }


def changed(path: Path, value: object) -> dict[str, object]:
    """A right definition but for the value at a path; ABSENT takes it away."""
    document = a_definition()
    place = cast(dict[str | int, object], document)
    for step in path[:-1]:
        place = cast(dict[str | int, object], place[step])
    if value is ABSENT:
        del place[path[-1]]
    else:
        place[path[-1]] = deepcopy(value)
    return document
