"""Fan-in over two accounts: A in the hub's, B in a predecessor's, and two successors in a third, each started once a business date.

A(d1), A(d1) again, A(d2), B(d2), B(d1) which fails, then, when C(d2) has started, B(d1) again.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.landscape import DAILY_CLOSE, HUB, LEDGER, POSITIONS, PREDECESSOR, SECOND_TARGET, machine_arn
from tests.e2e.world import BY_DATE, World, definition, to

pytestmark = pytest.mark.e2e

JOIN = "fan-in"
D1, D2 = "2026-03-30", "2026-03-31"
A, B = machine_arn(HUB, LEDGER), machine_arn(PREDECESSOR, POSITIONS)

Jobs = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def jobs(world: World) -> Jobs:
    """Everything that ran, by name, when all is over."""
    world.apply(definition(JOIN, {LEDGER: A, POSITIONS: B}, to(DAILY_CLOSE, outputs=True), to(SECOND_TARGET), key=BY_DATE))
    order = [(A, "fan-a1", D1), (A, "fan-a1-again", D1), (A, "fan-a2", D2), (B, "fan-b2", D2)]
    ran = {name: world.run(machine, name, businessDate=date) for machine, name, date in order}
    ran["fan-b1"] = world.run(B, "fan-b1", businessDate=D1, fail=True)
    world.wait_for_state(JOIN, D2, "ACKNOWLEDGED")
    world.settle()
    waiting = world.show(JOIN, D1)
    assert waiting is not None
    assert (waiting["state"], waiting["missing"]) == ("OPEN", [POSITIONS])
    assert [given["key"] for given in world.executions_of(JOIN, DAILY_CLOSE)] == [D2]
    ran["fan-b1-rerun"] = world.run(B, "fan-b1-rerun", businessDate=D1)
    world.wait_for_state(JOIN, D1, "ACKNOWLEDGED")
    world.settle()
    return ran


@pytest.mark.parametrize("target", [DAILY_CLOSE, SECOND_TARGET])
def test_each_successor_started_once_for_each_date(world: World, jobs: Jobs, target: str) -> None:
    assert [given["key"] for given in world.executions_of(JOIN, target)] == [D1, D2]


def test_the_releases_name_the_executions_that_counted(world: World, jobs: Jobs) -> None:
    first, second = (given["predecessors"] for given in world.executions_of(JOIN, DAILY_CLOSE))
    expected = [("fan-a1-again", "fan-b1-rerun"), ("fan-a2", "fan-b2")]
    for given, names in zip((first, second), expected, strict=True):
        assert [given[slot]["executionArn"] for slot in (LEDGER, POSITIONS)] == [jobs[name]["executionArn"] for name in names]
        assert {given[slot]["status"] for slot in (LEDGER, POSITIONS)} == {"SUCCEEDED"}


def test_the_outputs_of_the_predecessors_are_in_the_input_of_the_successor_that_asks_for_them(world: World, jobs: Jobs) -> None:
    given = world.executions_of(JOIN, DAILY_CLOSE)[0]["predecessors"]
    assert given[LEDGER]["output"] == jobs["fan-a1-again"]["output"]
    assert json.loads(given[POSITIONS]["output"])["rows"] == 42
    assert given[POSITIONS]["outputDetails"]["included"] is True


def test_a_successor_that_does_not_ask_for_outputs_gets_none(world: World, jobs: Jobs) -> None:
    given = world.executions_of(JOIN, SECOND_TARGET)[0]["predecessors"]
    assert not {"output", "outputDetails"} & (given[LEDGER].keys() | given[POSITIONS].keys())


def test_each_delivery_was_sent_once_and_acknowledged_with_its_execution(world: World, jobs: Jobs) -> None:
    run = world.show(JOIN, D1)
    assert run is not None
    sent = sorted((one["target"], one["tries"], one["refusals"]) for one in run["deliveries"])
    assert sent == [(DAILY_CLOSE, 1, 0), (SECOND_TARGET, 1, 0)]
    for one in run["deliveries"]:
        assert f":{one['target']}:fanin-{JOIN}-{D1}-" in one["executionArn"]
        assert one["sentAtMs"] <= one["verifiedAtMs"] <= one["acknowledgedAtMs"]
        assert world.receipts_of(one["jti"]) == ["started"]


def test_people_are_told_once_of_the_release_and_of_its_acknowledgement(world: World, jobs: Jobs) -> None:
    assert sorted(world.notices_of(JOIN, D2)) == ["ACKNOWLEDGED", "RELEASED"]
