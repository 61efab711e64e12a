"""A definition as it was parsed, read with forbearance: what has not the shape it should have is not there.

For what looks at several values at once, before or without knowing that each of them is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeGuard

from fanin.definitions.problems import Path

_DEFAULT_ZONE = "UTC"


def field(value: object, *names: str) -> object:
    """What stands in a mapping in a mapping …; None when something on the way is not there."""
    for name in names:
        value = value.get(name) if _is_mapping(value) else None
    return value


def fields(value: object) -> Mapping[str, object]:
    """The fields of a mapping; none of anything else."""
    return value if _is_mapping(value) else {}


def items(value: object) -> list[object]:
    """The items of a list; none of anything else."""
    return value if isinstance(value, list) else []


def keys(document: object) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """The key of the join, if it is a mapping, and those of predecessors that have their own."""
    if _is_mapping(field(document, "key")):
        yield ("key",), fields(field(document, "key"))
    for name, predecessor in fields(field(document, "predecessors")).items():
        if _is_mapping(field(predecessor, "key")):
            yield ("predecessors", name, "key"), fields(field(predecessor, "key"))


def is_latest(document: object) -> bool:
    """Whether the join has no key in its executions."""
    return _is_mapping(document) and ("key" not in document or "latest" in fields(document["key"]))


def zone_of(document: object) -> str:
    """The join's time zone."""
    zone = field(document, "zone")
    return zone if isinstance(zone, str) else _DEFAULT_ZONE


def is_true(value: object) -> bool:
    """Whether a flag is set, be it as CloudFormation's text."""
    return value is True or value == "true"


def _is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)
