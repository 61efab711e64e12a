"""One completion as the naive designs see it."""

from __future__ import annotations

from dataclasses import dataclass

TABLE = "naive"


@dataclass(frozen=True, slots=True)
class Arriving:
    """The `number`th of `width` completions for a key; `text` is what a run keeps of it."""

    key: str
    execution: str
    width: int
    text: str
