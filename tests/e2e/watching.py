"""Waiting with a deadline, and looking at what passes by: queues that rules fill, read into memory as they fill."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Everything here takes well under a second on an idle machine; the first call of each function and a busy machine take more.
DEADLINE_S = 40.0
_POLL_S = 0.1


def eventually(probe: Callable[[], T | None], what: str, deadline_s: float = DEADLINE_S) -> T:
    """The first answer of `probe` that is neither None nor false; an assertion that says what did not come."""
    end = time.monotonic() + deadline_s
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline_s:.0f} s: {what}; last seen: {found!r}")
        time.sleep(_POLL_S)
