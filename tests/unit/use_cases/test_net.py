"""Joins that are applied one after another: what they wait for must be there, and nothing may go in a circle."""

from __future__ import annotations

import pytest

from fanin.definitions.problems import Code
from tests.unit.sources.events import machine_arn
from tests.unit.use_cases.landscape import SUCCESSOR, Landscape, definition, successor
from tests.unit.use_cases.recomposed import recomposed

pytestmark = pytest.mark.unit


def waiting(join: str, *joins: str, machine: str | None = None, target: str = "report", offset: str | None = None) -> dict[str, object]:
    """A join that waits for others, and for a machine."""
    key = {"input": "key", **({} if offset is None else {"offset": offset})}
    predecessors: dict[str, object] = {f"after-{one}": {"join": one, "key": key} for one in joins}
    if machine is not None:
        predecessors["machine"] = {"stateMachine": machine}
    return {"join": join, "key": {"input": "day"}, "predecessors": predecessors, "successors": [successor(target)]}


def refused(landscape: Landscape, *documents: dict[str, object]) -> list[tuple[str, tuple[str | int, ...], str]]:
    """Why documents are not applied: label, path and code of each problem. Nothing is written."""
    before = dict(landscape.table.heads), dict(landscape.table.plans)
    applied, problems = landscape.try_to_apply(*documents)
    assert not applied
    assert (landscape.table.heads, landscape.table.plans) == before
    return [(one.label, one.problem.path, str(one.problem.code)) for one in problems]


def test_a_join_waits_for_one_that_is_applied_or_comes_along() -> None:
    landscape = Landscape()
    landscape.apply(definition({"ledger": machine_arn()}), waiting("second", "daily-close"))
    landscape.apply(waiting("third", "second"))
    assert sorted(landscape.table.heads) == ["daily-close", "second", "third"]


def test_a_join_that_there_is_not_comes_with_the_near_one() -> None:
    landscape = Landscape()
    landscape.apply(definition({"ledger": machine_arn()}))
    _, problems = landscape.try_to_apply(waiting("second", "daily-clos"))
    assert [(one.problem.path, one.problem.code, one.problem.hint) for one in problems] == [
        (("predecessors", "after-daily-clos", "join"), Code.JOIN_UNKNOWN, "did you mean daily-close?")
    ]


def test_a_deleted_join_is_none() -> None:
    landscape = Landscape()
    landscape.apply(definition({"ledger": machine_arn()}))
    landscape.operator().withdraw("daily-close")
    assert [code for _, _, code in refused(landscape, waiting("second", "daily-close"))] == ["join-unknown"]


def test_a_circle_with_what_is_applied_is_refused_where_it_is_closed() -> None:
    landscape = Landscape()
    landscape.apply(waiting("first", machine=machine_arn()), waiting("second", "first"), waiting("third", "second"))
    found = refused(landscape, waiting("first", "third", machine=machine_arn()))
    assert [(path, code) for _, path, code in found] == [(("predecessors", "after-third", "join"), "join-cycle")]


def test_a_circle_may_lead_over_a_state_machine_that_is_started() -> None:
    started = f"arn:aws:states:us-east-1:{SUCCESSOR}:stateMachine:report"
    landscape = Landscape()
    landscape.apply(waiting("first", machine=machine_arn(), target="daily-close"), waiting("second", "first", target="report"))
    operator = recomposed(landscape.operator(), allowed_accounts=frozenset({SUCCESSOR}))
    _, problems = operator([("first", waiting("first", machine=started, target="daily-close"))])
    assert [(one.problem.path, one.problem.code) for one in problems] == [(("predecessors", "machine"), Code.JOIN_CYCLE)]


def test_a_join_that_waits_for_itself_is_a_circle() -> None:
    found = refused(Landscape(), waiting("first", "first", machine=machine_arn()))
    assert [(path, code) for _, path, code in found] == [(("predecessors", "after-first", "join"), "join-cycle")]


def test_another_days_release_closes_no_circle() -> None:
    landscape = Landscape()
    landscape.apply(waiting("first", machine=machine_arn()), waiting("second", "first"))
    landscape.apply(waiting("first", "second", machine=machine_arn(), offset="+1d"))


def test_a_circle_among_others_keeps_no_join_from_being_applied() -> None:
    landscape = Landscape()
    landscape.apply(waiting("first", machine=machine_arn()), waiting("second", "first"))
    plans, heads = landscape.table.plans, landscape.table.heads
    closed = Landscape()
    closed.apply(waiting("second", machine=machine_arn()), waiting("first", "second"))
    plans["first", heads["first"].version] = closed.table.plans["first", 1]
    landscape.table.routes["join:second"] = frozenset({"first"})
    landscape.apply(waiting("third", machine=machine_arn("other")))
    assert "third" in heads
