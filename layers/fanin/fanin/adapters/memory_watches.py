"""Watches in memory, under the conditions of the real ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fanin.adapters.memory_table import MemoryTable
from fanin.domain.watch import Watch


@dataclass(frozen=True, slots=True)
class MemoryWatches:
    """The `Watches` port."""

    table: MemoryTable

    def read(self, route: str) -> Watch | None:
        """See the port."""
        return self.table.watches.get(route)

    def save(self, before: Watch | None, after: Watch) -> bool:
        """See the port."""
        found = self.table.watches.get(after.source.route)
        if (None if found is None else found.rev) != (None if before is None else before.rev):
            return False
        self.table.watches[after.source.route] = replace(after, rev=0 if before is None else before.rev + 1)
        return True
