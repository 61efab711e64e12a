"""What DynamoDB charges: sizes of items, write and read units, index entries.

Rules: "DynamoDB item sizes and formats", "DynamoDB read and write operations", "Managing complex transactions with DynamoDB
transactions" and "Using Global Secondary Indexes in DynamoDB" (developer guide). Where the guide says "approximately", for numbers, the
larger of the possible readings is taken: digit pairs aligned on the decimal point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

WRITE_STEP_BYTES = 1024
READ_STEP_BYTES = 4096
MAX_ITEM_BYTES = 409_600
MAX_PAGE_BYTES = 1_048_576

Item = Mapping[str, Mapping[str, Any]]


def item_bytes(item: Item) -> int:
    """The size of an item: names and values."""
    return sum(attribute_bytes(name, value) for name, value in item.items())


def attribute_bytes(name: str, value: Mapping[str, Any]) -> int:
    """The share of one attribute."""
    return _text_bytes(name) + value_bytes(value)


def value_bytes(value: Mapping[str, Any]) -> int:
    """The size of a value, written as the API writes it: `{"S": …}`."""
    ((kind, content),) = value.items()
    return _BYTES[kind](content)


def write_units(size_bytes: int) -> int:
    """Units of a write of an item that is, or was, of this size; one at least, also where there is no item."""
    return max(1, -(-size_bytes // WRITE_STEP_BYTES))


def read_units(size_bytes: int, *, consistent: bool) -> float:
    """Units of a read of this many bytes; half when it is eventually consistent; one step at least."""
    steps = max(1, -(-size_bytes // READ_STEP_BYTES))
    return float(steps) if consistent else steps / 2


def index_units(before: object, after: object) -> int:
    """Units of a keys-only index: one to add or to take away an entry, two to move one, none when its keys stay.

    `before` and `after` are the entries, None where the item is not in the index. They are far smaller than a step.
    """
    if before == after:
        return 0
    return (before is not None) + (after is not None)


@lru_cache(maxsize=4096)
def _number_bytes(text: str) -> int:
    """One byte for two digits, and one; one more when negative. Integers, which is all that is stored here."""
    digits = text.lstrip("-").lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return 1
    # Pairs are aligned on the decimal point: an odd number of trailing zeros leaves half a pair.
    aligned = len(significant) + (len(digits) - len(significant)) % 2
    return 1 + (aligned + 1) // 2 + text.startswith("-")


def _text_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


_BYTES: Mapping[str, Callable[[Any], int]] = {
    "S": _text_bytes,
    "N": _number_bytes,
    "B": len,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "M": lambda members: 3 + sum(1 + attribute_bytes(name, inner) for name, inner in members.items()),
    "L": lambda elements: 3 + sum(1 + value_bytes(inner) for inner in elements),
    "SS": lambda texts: sum(map(_text_bytes, texts)),
    "NS": lambda numbers: sum(map(_number_bytes, numbers)),
    "BS": lambda parts: sum(map(len, parts)),
}
