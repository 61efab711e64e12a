"""The cache of plans: stale for a stated time and no longer, told to forget one join, and bounded."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from fanin.adapters import cached_plans
from fanin.adapters.cached_plans import CachedPlans
from fanin.adapters.memory_clock import MemoryClock
from fanin.adapters.memory_plans import MemoryPlans
from fanin.adapters.memory_table import MemoryTable
from fanin.domain.completion import Source, SourceKind
from fanin.domain.plan import Plan
from fanin.ports import Head
from tests.unit.sources.events import NOW_MS, machine_arn
from tests.unit.use_cases.landscape import Landscape, definition

pytestmark = pytest.mark.unit

TTL_MS = 30_000
SOURCE = Source(SourceKind.STEP_FUNCTIONS, machine_arn("ledger"))


@dataclass(slots=True)
class Counted:
    """The registry, and how often it was asked."""

    registry: MemoryPlans
    asked: list[str] = field(default_factory=list)

    def joins_of(self, source: Source) -> tuple[str, ...]:
        self.asked.append("joins_of")
        return tuple(self.registry.joins_of(source))

    def head(self, join: str) -> Head | None:
        self.asked.append("head")
        return self.registry.head(join)

    def plan(self, join: str, version: int) -> Plan | None:
        self.asked.append("plan")
        return self.registry.plan(join, version)

    def refresh(self, join: str) -> None:
        raise AssertionError("a cache is refreshed, not what is behind it")


def cached() -> tuple[Landscape, Counted, CachedPlans]:
    landscape = Landscape()
    counted = Counted(MemoryPlans(landscape.table))
    return landscape, counted, CachedPlans(counted, landscape.clock, TTL_MS)


def test_an_answer_is_kept_for_the_stated_time_and_no_longer() -> None:
    landscape, counted, plans = cached()
    landscape.try_to_apply(definition({"ledger": machine_arn("ledger")}))
    assert list(plans.joins_of(SOURCE)) == ["daily-close"]
    assert plans.head("daily-close") is not None
    landscape.clock.advance(TTL_MS - 1)
    plans.joins_of(SOURCE)
    plans.head("daily-close")
    assert counted.asked == ["joins_of", "head"]
    landscape.clock.advance(1)
    plans.joins_of(SOURCE)
    plans.head("daily-close")
    assert counted.asked == ["joins_of", "head"] * 2


def test_that_there_is_nothing_is_kept_too() -> None:
    landscape, _, plans = cached()
    assert list(plans.joins_of(SOURCE)) == []
    assert plans.head("daily-close") is None
    landscape.try_to_apply(definition({"ledger": machine_arn("ledger")}))
    assert list(plans.joins_of(SOURCE)) == []
    assert plans.head("daily-close") is None
    landscape.clock.advance(TTL_MS)
    assert list(plans.joins_of(SOURCE)) == ["daily-close"]


def test_a_refresh_forgets_one_head_and_nothing_else() -> None:
    landscape, counted, plans = cached()
    landscape.try_to_apply(definition({"ledger": machine_arn("ledger")}), definition({"ledger": machine_arn("ledger")}, join="second"))
    for join in ("daily-close", "second"):
        plans.head(join)
    plans.refresh("daily-close")
    plans.refresh("never met")
    counted.asked.clear()
    plans.head("second")
    plans.head("daily-close")
    assert counted.asked == ["head"]


def test_a_version_is_read_once_and_one_that_is_not_there_is_asked_for_again() -> None:
    landscape, counted, plans = cached()
    assert plans.plan("daily-close", 1) is None
    landscape.try_to_apply(definition({"ledger": machine_arn("ledger")}))
    for _ in range(3):
        assert plans.plan("daily-close", 1) == landscape.table.plans["daily-close", 1]
        landscape.clock.advance(10 * TTL_MS)
    assert counted.asked == ["plan", "plan"]


def test_a_clock_that_is_set_back_keeps_answers_longer_but_never_for_ever() -> None:
    landscape, counted, plans = cached()
    plans.head("daily-close")
    landscape.clock.advance(-600_000)
    plans.head("daily-close")
    landscape.clock.advance(600_000 + TTL_MS)
    plans.head("daily-close")
    assert counted.asked == ["head", "head"]


def test_a_flood_of_sources_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached_plans, "MAX_ENTRIES", 10)
    plans = CachedPlans(MemoryPlans(MemoryTable()), MemoryClock(NOW_MS), TTL_MS)
    for number in range(95):
        plans.joins_of(Source(SourceKind.STEP_FUNCTIONS, f"arn:{number}"))
        assert len(plans._fresh) <= 10
