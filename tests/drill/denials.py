"""The calls that the local AWS denied since a moment, read from its record as it grows."""

from __future__ import annotations

import json
import time
from pathlib import Path

_LOOK_S = 0.1


class Denials:
    """Denials of one action to roles, from now on."""

    def __init__(self, record: Path, action: str) -> None:
        self._record, self._action, self._read, self._seen = record, action, record.stat().st_size, 0

    def number(self) -> int:
        """How many there were so far."""
        with self._record.open("rb") as lines:
            lines.seek(self._read)
            for line in lines:
                if not line.endswith(b"\n"):
                    break  # still being written
                self._read += len(line)
                self._seen += self._is_one(line)
        return self._seen

    def wait_for_one(self, patience_s: float) -> None:
        """Return as soon as there was one, or when the patience is over."""
        end = time.monotonic() + patience_s
        while not self.number() and time.monotonic() < end:
            time.sleep(_LOOK_S)

    def _is_one(self, line: bytes) -> bool:
        call = json.loads(line)
        return call["role"] is not None and not call["allowed"] and call["action"] == self._action
