"""The machine's clock."""

from __future__ import annotations

import time


class SystemClock:
    """The `Clock` port."""

    def now_ms(self) -> int:
        """See the port."""
        return time.time_ns() // 1_000_000
