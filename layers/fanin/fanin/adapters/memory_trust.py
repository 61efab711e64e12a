"""The pinned keys in memory: what is `published` is seen by a reload, as a changed parameter is."""

from __future__ import annotations

from dataclasses import dataclass, field

from fanin.signing.trust import TrustDocument


@dataclass(slots=True)
class MemoryTrust:
    """The `TrustSource` port."""

    published: TrustDocument
    _read: TrustDocument | None = field(default=None, init=False)

    def load(self) -> TrustDocument:
        """See the port."""
        if self._read is None:
            self._read = self.published
        return self._read

    def reload(self) -> TrustDocument:
        """See the port."""
        self._read = self.published
        return self._read
