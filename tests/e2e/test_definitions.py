"""Definitions applied, changed under open runs, refused, and taken away."""

from __future__ import annotations

import time

import pytest

from fanin.adapters.dynamodb_layout import plan_key
from local.landscape import DAILY_CLOSE
from tests.e2e.deployment import UNLISTED
from tests.e2e.events import body, completion
from tests.e2e.world import BY_DATE, World, definition, hub_machine, to

pytestmark = pytest.mark.e2e

DATE = "2026-03-31"


def test_a_run_keeps_the_version_it_opened_with(world: World) -> None:
    a, b, c = (hub_machine(f"versions-{name}") for name in "abc")
    world.apply(definition("versions", {"a": a, "b": b}, to(DAILY_CLOSE), key=BY_DATE))
    world.send_arrivals(body(completion(a, "x", businessDate=DATE)))
    world.wait_for_state("versions", DATE, "OPEN")
    # Long enough ago that only open runs keep the first version alive.
    world.table.write(world.table.item("JOINS", "versions"), applied={"N": str(int(time.time() * 1000) - 1_200_000)})
    (second,) = world.apply(definition("versions", {"a": a, "c": c}, to(DAILY_CLOSE), key=BY_DATE))
    assert second["version"] == 2
    world.send_arrivals(*(body(completion(machine, "x", businessDate=day)) for machine, day in ((c, DATE), (a, "next"), (b, "next"))))
    world.settle()
    held = world.show("versions", DATE)
    assert held is not None
    assert (held["state"], held["planVersion"], held["missing"]) == ("OPEN", 1, ["b"])
    world.send_arrivals(body(completion(b, "x", businessDate=DATE)), body(completion(c, "x", businessDate="next")))
    assert world.wait_for_state("versions", DATE, "ACKNOWLEDGED")["planVersion"] == 1
    assert world.wait_for_state("versions", "next", "ACKNOWLEDGED")["planVersion"] == 2
    assert [given["planVersion"] for given in world.executions_of("versions", DAILY_CLOSE)] == [1, 2]


def test_applying_the_same_definition_again_changes_nothing(world: World) -> None:
    document = definition("same", {"it": hub_machine("same")}, to(DAILY_CLOSE), key=BY_DATE)
    (first,), (second,) = world.apply(document), world.apply(document)
    assert (first["changed"], second["changed"], second["version"]) == (True, False, 1)


def test_a_dry_run_writes_nothing(world: World) -> None:
    document = definition("dry", {"it": hub_machine("dry")}, to(DAILY_CLOSE), key=BY_DATE)
    answer = world.ask_operator(action="apply", definitions=[{"label": "dry.yaml", "document": document}], dryRun=True)
    assert answer["ok"]
    assert world.ask_viewer(action="show", join="dry", key="x")["problems"][0]["code"] == "join-not-found"


def test_what_comes_while_a_stored_plan_is_gone_is_kept_and_applying_again_mends_it(world: World) -> None:
    machine = hub_machine("gone")
    document = definition("gone", {"it": machine}, to(DAILY_CLOSE), key=BY_DATE)
    world.apply(document)
    world.table.client.delete_item(TableName=world.table.name, Key=plan_key("gone", 1))
    (message,) = world.send_arrivals(body(completion(machine, "x", businessDate=DATE)))
    kept = world.arrivals_quarantine.wait_for(message)
    assert kept.code == "plan-missing"
    (again,) = world.apply(document)
    assert (again["version"], again["changed"]) == (2, True)
    world.send_arrivals(kept.body)
    assert world.wait_for_state("gone", DATE, "ACKNOWLEDGED")["planVersion"] == 2


def test_a_deleted_join_opens_no_more_runs_and_ends_those_that_are_open(world: World) -> None:
    a, b = hub_machine("deleted-a"), hub_machine("deleted-b")
    world.apply(definition("deleted", {"a": a, "b": b}, to(DAILY_CLOSE), key=BY_DATE))
    world.send_arrivals(body(completion(a, "x", businessDate=DATE)))
    world.wait_for_state("deleted", DATE, "OPEN")
    assert world.ask_operator(action="delete", join="deleted") == {"ok": True}
    time.sleep(1.1)  # the collectors' plan cache
    world.send_arrivals(body(completion(b, "x", businessDate=DATE)), body(completion(a, "x", businessDate="never")))
    world.wait_for_state("deleted", DATE, "ACKNOWLEDGED")
    world.settle()
    assert world.show("deleted", "never") is None


FOREIGN_MACHINE = f"arn:aws:states:us-east-1:{UNLISTED}:stateMachine:x"
FOREIGN_BUS = f"arn:aws:events:us-east-1:{UNLISTED}:event-bus/x"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"predecessors": {"x": {"stateMachine": FOREIGN_MACHINE}}}, ["predecessors", "x", "stateMachine"]),
        ({"successors": [{"target": "x", "bus": FOREIGN_BUS}]}, ["successors", 0, "bus"]),
    ],
)
def test_what_the_stack_may_not_reach_no_definition_may_name(world: World, change: dict[str, object], path: list[object]) -> None:
    good = definition("reach-good", {"it": hub_machine("reach")}, to(DAILY_CLOSE), key=BY_DATE)
    bad = {**definition("reach-bad", {"it": hub_machine("reach")}, to(DAILY_CLOSE), key=BY_DATE), **change}
    request = [{"label": f"{name}.yaml", "document": document} for name, document in (("good", good), ("bad", bad))]
    answer = world.ask_operator(action="apply", definitions=request)
    assert not answer["ok"]
    assert [(problem["label"], problem["path"]) for problem in answer["problems"]] == [("bad.yaml", path)]
    # All or nothing.
    assert world.ask_viewer(action="runs", join="reach-good")["problems"][0]["code"] == "join-not-found"
