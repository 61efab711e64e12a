"""Calls one after the other, where nobody has given anything better: the `Parallel` port without threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_turn(calls: Sequence[Callable[[], T]]) -> list[T]:
    """The answers, in order; every call is made before the first error among them is raised."""
    answers: list[T] = []
    errors: list[Exception] = []
    for call in calls:
        try:
            answers.append(call())
        except Exception as error:  # noqa: BLE001 the others are made all the same
            errors.append(error)
    if errors:
        raise errors[0]
    return answers
