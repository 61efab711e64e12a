"""Mutants of the domain that behave as the code does, each with its reason; `tests.mutants.domain` fails when one is no survivor any more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A change that nothing can notice: `was` and `becomes` are the lines that it changes, without their indentation."""

    function: str
    was: str
    becomes: str
    reason: str


CAPPED = "the wait is capped after seven doublings; the bound only keeps a number small"

EQUIVALENT = (
    Equivalent(
        "calendar.Calendar.shifted",
        "step = _DAY if business_days > 0 else -_DAY",
        "step = _DAY if business_days >= 0 else -_DAY",
        "of no business days, no step is taken",
    ),
    Equivalent(
        "delivery.due_after_refusal",
        "return now_ms + min(BACKOFF_MS << min(refusals - 1, 16), BACKOFF_AT_MOST_MS)",
        "return now_ms + min(BACKOFF_MS << min(refusals - 1, 17), BACKOFF_AT_MOST_MS)",
        CAPPED,
    ),
    Equivalent(
        "delivery.due_after_sending",
        "return now_ms + min(ACKNOWLEDGE_WITHIN_MS << min(tries - 1, 16), ACKNOWLEDGE_AT_MOST_MS)",
        "return now_ms + min(ACKNOWLEDGE_WITHIN_MS << min(tries - 1, 17), ACKNOWLEDGE_AT_MOST_MS)",
        CAPPED,
    ),
    Equivalent(
        "window.Window._day_of",
        "day = day_after(local(at_ms, self.zone).date(), 1)",
        "day = day_after(local(at_ms, self.zone).date(), 2)",
        "the walk back to the day that has begun starts one day further away",
    ),
    Equivalent(
        "window.Window._hour_ms",
        "for quarter in range(4):",
        "for quarter in range(5):",
        "a whole hour later nothing has this hour's name",
    ),
)
