"""Counts in plain words. Each phrase begins in lower case and has no full stop."""

from __future__ import annotations

from fanin.domain.counting import Counted


def count(counted: Counted) -> str:
    """How often a predecessor completes."""
    if counted.number is not None:
        return f"{counted.number:,} times"
    if counted.source is not None:
        return f"as often as {counted.expression} in the output of {counted.source} says"
    return "as often as an event announces"


def tolerance(counted: Counted) -> str:
    """How many of its executions may fail."""
    tolerated = counted.tolerance
    if tolerated.share:
        whole, rest = divmod(tolerated.share, 100)
        return f"up to {whole}{f'.{rest:02}'.rstrip('0') if rest else ''} % of them may fail"
    return f"up to {tolerated.failures:,} of them may fail" if tolerated.failures else "none of them may fail"
