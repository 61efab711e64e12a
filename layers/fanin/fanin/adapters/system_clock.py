"""The machine's clock."""

from __future__ import annotations

import time


class SystemClock:
    """The `Clock` port."""

    def now_ms(self) -> int:
        """See the port."""
        return time.time_ns() // 1_000_000


def pause(duration_ms: int) -> None:
    """The `Pause` port."""
    time.sleep(duration_ms / 1000)
