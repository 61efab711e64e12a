"""Since when keys sign, in memory."""

from __future__ import annotations

from dataclasses import dataclass

from fanin.adapters.memory_table import MemoryTable


@dataclass(frozen=True, slots=True)
class MemorySigningHistory:
    """The `SigningHistory` port."""

    table: MemoryTable

    def since(self, kid: str) -> int | None:
        """See the port."""
        return self.table.signing_since.get(kid)

    def note(self, kid: str, now_ms: int) -> int:
        """See the port."""
        return self.table.signing_since.setdefault(kid, now_ms)
