"""Values of stored documents: of exactly the type that was written, and absent where the default holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def typed(value: object, kind: type[T]) -> T:
    """The value; TypeError if it is not of that very type (a boolean is no number)."""
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} expected")
    return value


def texts(value: object) -> list[str]:
    """A list of texts; TypeError for anything else."""
    return [typed(item, str) for item in typed(value, list)]


def numbers(value: object) -> list[int]:
    """A list of whole numbers; TypeError for anything else."""
    return [typed(item, int) for item in typed(value, list)]


def pruned(members: Mapping[str, object]) -> dict[str, object]:
    """The members that have a value."""
    return {name: value for name, value in members.items() if value is not None}
