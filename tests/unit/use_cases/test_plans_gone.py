"""A stored plan is gone, by somebody's hand: what came for its join is kept, other joins go on, and applying again mends it."""

from __future__ import annotations

import json

import pytest

from fanin.use_cases.collect_batch import Collected
from tests.unit.sources.events import status_change
from tests.unit.sources.samples import sample
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, TWO, Landscape, definition
from tests.unit.use_cases.test_kinds import KINDS, waiting_for

pytestmark = pytest.mark.unit


def take(landscape: Landscape, *bodies: str) -> Collected:
    landscape.arrive(*bodies)
    collected = landscape.collect()
    assert collected is not None
    assert not collected.failed
    assert {one.message_id: one.code for one in landscape.quarantine.kept}.items() >= refused(collected).items()
    return collected


def refused(collected: Collected) -> dict[str, str]:
    return {message: error.code for message, error in collected.rejected.items()}


def test_it_is_not_another_joins_trouble(landscape: Landscape) -> None:
    landscape.apply(definition({"ledger": LEDGER}, join="damaged"))
    del landscape.table.plans["damaged", 1]
    assert refused(take(landscape, status_change(LEDGER), status_change(POSITIONS))) == {"m-1": "plan-missing"}
    landscape.settle()
    assert len(landscape.inputs()) == 1


@pytest.mark.parametrize("name", ["s3-object-created", "lambda-success", "ecs-stopped"])
def test_an_event_of_any_kind_is_kept(landscape: Landscape, name: str) -> None:
    predecessor, key = KINDS[name]
    landscape.apply(waiting_for(predecessor, key=key))
    del landscape.table.plans["report", 1]
    collected = take(landscape, json.dumps(sample(name)))
    assert (refused(collected), collected.outcomes["not-wanted"]) == ({"m-1": "plan-missing"}, 0)


def test_a_deleted_join_keeps_nothing(landscape: Landscape) -> None:
    landscape.apply(definition({"ledger": LEDGER}, join="damaged"))
    landscape.operator().withdraw("damaged")
    del landscape.table.plans["damaged", 1]
    assert not take(landscape, status_change(LEDGER)).rejected


def test_applying_the_same_again_stores_it_and_what_was_kept_can_come_again(landscape: Landscape) -> None:
    del landscape.table.plans["daily-close", 1]
    assert refused(take(landscape, status_change(LEDGER))) == {"m-1": "plan-missing"}
    (applied,) = landscape.apply(definition(TWO))
    assert (applied.version, applied.changed, landscape.table.heads["daily-close"].live) == (2, True, ())
    take(landscape, status_change(LEDGER), status_change(POSITIONS))
    landscape.settle()
    assert [said["planVersion"] for said in landscape.inputs()] == [2]
    (again,) = landscape.apply(definition(TWO))
    assert (again.version, again.changed) == (2, False)


@pytest.mark.parametrize("gone", [1, 2], ids=["older", "current"])
def test_plan_says_that_applying_will_store_it_again(landscape: Landscape, gone: int) -> None:
    after = definition({"ledger": LEDGER})
    landscape.apply(after)
    (before,), _ = landscape.operator().plan([("it", after)])
    del landscape.table.plans["daily-close", gone]
    (planned,), _ = landscape.operator().plan([("it", after)])
    (applied,) = landscape.apply(after)
    assert (before.change, planned.version, applied.version, applied.changed) == ("unchanged", 3, 3, True)
    assert planned.sentences[0].startswith("A live version of the join daily-close is not stored any more")


def test_a_run_that_is_held_to_it_keeps_what_comes_for_its_key(landscape: Landscape) -> None:
    take(landscape, status_change(LEDGER))
    plan = landscape.table.plans.pop(("daily-close", 1))
    landscape.apply(definition(TWO))
    assert refused(take(landscape, status_change(POSITIONS))) == {"m-2": "plan-missing"}
    landscape.table.plans["daily-close", 1] = plan
    take(landscape, landscape.quarantine.kept[0].body)
    landscape.settle()
    assert [said["planVersion"] for said in landscape.inputs()] == [1]
