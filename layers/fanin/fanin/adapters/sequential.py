"""One call after the other: the twin of `threads`, for what must be deterministic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from fanin.composed import composed
from fanin.use_cases.in_turn import in_turn

T = TypeVar("T")


@composed
class Sequential:
    """The `Parallel` port."""

    def __call__(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """See the port."""
        return in_turn(calls)
