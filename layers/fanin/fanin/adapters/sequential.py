"""One call after the other: the `Parallel` port without threads, for what must be deterministic, or is too little to gain by them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sequential:
    """The `Parallel` port."""

    def __call__(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """See the port."""
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
