"""Expectations in memory, under the conditions of the real ones."""

from __future__ import annotations

from dataclasses import dataclass

from fanin.adapters.memory_table import MemoryTable
from fanin.domain.run import Expectation


@dataclass(frozen=True, slots=True)
class MemoryExpectations:
    """The `Expectations` port."""

    table: MemoryTable

    def read(self, join: str) -> Expectation | None:
        """See the port."""
        return self.table.expectations.get(join)

    def save(self, join: str, before: Expectation | None, after: Expectation | None) -> bool:
        """See the port."""
        if self.table.expectations.get(join) != before:
            return False
        if after is None:
            self.table.expectations.pop(join, None)
        else:
            self.table.expectations[join] = after
        return True
