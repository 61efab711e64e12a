"""Applying: all of the definitions or none, each version once, and known from when they hold everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from fanin.adapters.memory_expectations import MemoryExpectations
from fanin.adapters.memory_plans import MemoryPlans
from fanin.adapters.memory_runs import MemoryRuns
from fanin.adapters.memory_streams import MemoryStreams
from fanin.adapters.memory_table import MemoryTable
from fanin.domain.errors import RejectedError, RetryableError
from fanin.domain.plan import Plan
from fanin.ports import Head
from fanin.use_cases.apply_definitions import Applied, ApplyDefinitions
from tests.unit.sources.events import HUB, NOW_MS, OTHER, machine_arn, status_change
from tests.unit.use_cases.landscape import LEDGER, PLAN_CACHE_S, SECOND_SUCCESSOR, TWO, Landscape, bus_arn, definition, successor

pytestmark = pytest.mark.unit

RISK = machine_arn("risk")
HOUR_MS = 3_600_000


def test_a_first_definition_is_version_one_and_holds_when_every_cache_has_run_out() -> None:
    landscape = Landscape()
    assert landscape.try_to_apply(definition(TWO)) == ([Applied("daily-close", 1, True, NOW_MS + PLAN_CACHE_S * 1000)], [])
    head = landscape.table.heads["daily-close"]
    assert (head.version, head.live, head.deleted, head.applied_at_ms) == (1, (), False, NOW_MS)


def test_the_same_definition_again_changes_nothing() -> None:
    landscape = Landscape()
    first = landscape.apply(definition(TWO))
    landscape.clock.advance(HOUR_MS)
    (again,) = landscape.apply(definition(dict(reversed(TWO.items()))))
    assert again == Applied("daily-close", 1, False, first[0].effective_from_ms)
    assert list(landscape.table.plans) == [("daily-close", 1)]


def test_a_dry_run_says_what_would_be_and_writes_nothing() -> None:
    landscape = Landscape()
    applied, problems = landscape.operator()([("a", definition(TWO))], dry_run=True)
    assert [(one.version, one.changed) for one in applied] == [(1, True)]
    assert not problems
    assert landscape.table == MemoryTable()


BAD = [
    pytest.param({"join": "Not a name"}, id="name"),
    pytest.param({"predecessors": {}}, id="no predecessors"),
    pytest.param({"predecessors": {"a": {"stateMachine": LEDGER}, "b": {"stateMachine": LEDGER}}}, id="one twice"),
    pytest.param({"predecessors": {"a": {"stateMachine": machine_arn("x", "999999999999")}}}, id="another account"),
    pytest.param({"successors": [{"target": "t", "bus": bus_arn("999999999999")}]}, id="another bus"),
    pytest.param({"successors": [successor(), successor(outputs=True)]}, id="one successor twice"),
    pytest.param({"key": {"input": "]"}}, id="expression"),
    pytest.param({"unknown": 1}, id="field"),
]


@pytest.mark.parametrize("wrong", BAD)
def test_one_bad_definition_and_none_is_written(wrong: dict[str, object]) -> None:
    landscape = Landscape()
    applied, problems = landscape.try_to_apply(definition(TWO), {**definition(TWO, join="second"), **wrong}, definition(TWO, join="third"))
    assert applied == []
    assert {problem.label for problem in problems} == {"joins/1.yaml"}
    assert landscape.table == MemoryTable()


def test_one_bad_change_and_what_is_current_stays() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO), definition(TWO, join="second", successors=[successor("report")]))
    before = dict(landscape.table.heads)
    applied, problems = landscape.try_to_apply(definition({"ledger": LEDGER}), {**definition(TWO, join="second"), "key": {"input": "]"}})
    assert applied == []
    assert problems
    assert landscape.table.heads == before


def test_versions_with_open_runs_stay_live_and_others_go() -> None:
    landscape = Landscape()
    for number, description in enumerate(("first", "second", "third"), start=1):
        landscape.apply({**definition(TWO), "description": description})
        landscape.clock.advance(HOUR_MS)
        if number != 2:
            landscape.arrive(status_change(LEDGER, key=description))
            landscape.collect()
    landscape.apply({**definition(TWO), "description": "fourth"})
    assert landscape.table.heads["daily-close"].versions == (1, 3, 4)


def test_the_version_that_a_stream_is_held_to_stays_live() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO, key={"latest": True}))
    landscape.arrive(status_change(LEDGER))
    landscape.collect()
    for description in ("second", "third"):
        landscape.clock.advance(HOUR_MS)
        landscape.apply({**definition(TWO, key={"latest": True}), "description": description})
    assert landscape.table.heads["daily-close"].versions == (1, 2, 3)


def test_versions_that_a_cache_may_still_hold_stay_live_when_definitions_follow_fast() -> None:
    landscape = Landscape()
    for description in ("first", "second", "third"):
        landscape.try_to_apply({**definition(TWO), "description": description})
        landscape.clock.advance(1_000)
    assert live(landscape) == [1, 2, 3]
    landscape.clock.advance(HOUR_MS)
    landscape.try_to_apply({**definition(TWO), "description": "fourth"})
    assert live(landscape) == [3, 4]


def live(landscape: Landscape) -> list[int]:
    """The versions that a completion is offered to."""
    return list(landscape.table.heads["daily-close"].versions)


def test_a_join_is_deleted_once_and_only_if_it_is_there() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO))
    operator = landscape.operator()
    operator.withdraw("daily-close")
    before = dict(landscape.table.heads)
    assert before["daily-close"].deleted
    landscape.clock.advance(HOUR_MS)
    operator.withdraw("daily-close")
    operator.withdraw_if_there("daily-close")
    operator.withdraw_if_there("never")
    assert landscape.table.heads == before
    with pytest.raises(RejectedError, match="join-not-found"):
        operator.withdraw("never")


@dataclass(frozen=True, slots=True)
class Contended(MemoryPlans):
    """Somebody else publishes first, as long as there are others."""

    others: list[Plan] = field(default_factory=list)

    def publish(self, plan: Plan, after: Head | None, live: Sequence[int], now_ms: int) -> bool:
        if self.others:
            other = self.others.pop(0)
            assert MemoryPlans.publish(self, other, self.head(other.join), (), now_ms)
        return MemoryPlans.publish(self, plan, after, live, now_ms)


def contended(times: int) -> tuple[MemoryTable, ApplyDefinitions]:
    """An operator whose head moves under its hands so many times, each time to a definition of somebody else's."""
    landscape = Landscape()
    table = landscape.table
    others = []
    for number in range(times):
        landscape.try_to_apply({**definition(TWO), "description": f"another {number}"})
        others.append(table.plans["daily-close", number + 1])
    table.heads.clear()
    table.plans.clear()
    operator = ApplyDefinitions(
        registry=Contended(table, others),
        runs=MemoryRuns(table),
        streams=MemoryStreams(table),
        expectations=MemoryExpectations(table),
        clock=landscape.clock,
        allowed_accounts=frozenset({HUB, OTHER}),
        allowed_buses=frozenset({bus_arn(), bus_arn(SECOND_SUCCESSOR)}),
        plan_cache_s=PLAN_CACHE_S,
    )
    return table, operator


def test_two_operators_at_once_give_two_versions_and_lose_none() -> None:
    table, operator = contended(1)
    (applied,), _ = operator([("a", definition(TWO))])
    assert applied.version == 2
    assert [table.plans["daily-close", version].description for version in (1, 2)] == ["another 0", ""]


def test_a_join_that_never_holds_still_is_a_retry() -> None:
    _, operator = contended(5)
    with pytest.raises(RetryableError, match="join-contended"):
        operator([("a", definition(TWO))])
