"""A clock that stands still until it is set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class MemoryClock:
    """The `Clock` port."""

    at_ms: int

    def now_ms(self) -> int:
        """See the port."""
        return self.at_ms

    def advance(self, by_ms: int) -> None:
        """Let time pass; a negative number sets the clock back, as a real one may be."""
        self.at_ms += by_ms
