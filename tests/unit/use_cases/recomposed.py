"""A use case as it is, but for some of what it is composed of."""

from typing import TypeVar

T = TypeVar("T")


def recomposed(one: T, **members: object) -> T:
    """Compose another one, with these members instead of its own; TypeError for one that it has not."""
    return type(one)(**{**vars(one), **members})
