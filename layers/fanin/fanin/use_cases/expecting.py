"""Expecting: which window of a join comes next. Pure, and apart from opening it: the operator expects, the collector opens."""

from __future__ import annotations

from fanin.definitions.windows import window_rule
from fanin.domain.calendar import Calendar
from fanin.domain.plan import Plan
from fanin.domain.run import Expectation


def next_expectation(plan: Plan, after_ms: int) -> Expectation | None:
    """The first window of a plan that begins after a moment and is expected; None for a plan that expects none."""
    if not plan.timing.expected or plan.key.window is None:
        return None
    windows = window_rule(plan.key)
    key = windows.key_of(after_ms)
    calendar = plan.calendar or Calendar()
    while True:
        key = windows.following(key)
        if windows.opens_ms(key) > after_ms and (not plan.timing.business_days_only or calendar.is_business_day(windows.first_day(key))):
            return Expectation(plan.join, plan.version, key, windows.opens_ms(key))
