"""Wide runs over the deployed hub: counted predecessors with a dispatcher's number or an announced one, and forty named ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local.landscape import DAILY_CLOSE, HUB, HUB_NAME, PREDECESSOR
from tests.e2e.deployment import make_machine
from tests.e2e.watching import eventually
from tests.e2e.world import BY_DATE, World, definition, to

pytestmark = pytest.mark.e2e

DATE = "2026-03-31"
LOADS, FAILING, NAMED = 300, 4, 40
_QUICK = json.dumps(
    {
        "StartAt": "Choose",
        "States": {
            "Choose": {
                "Type": "Choice",
                "Choices": [{"And": [{"Variable": "$.fail", "IsPresent": True}], "Next": "Failed"}],
                "Default": "Done",
            },
            "Failed": {"Type": "Fail", "Error": "Asked", "Cause": "The input asked for it"},
            "Done": {"Type": "Pass", "End": True},
        },
    }
)


def machine(world: World, account: str, name: str) -> str:
    """A state machine that ends at once with its input as its output, or fails when that says so."""
    return make_machine(world.aws, account, name, _QUICK)


def started(world: World, arn: str, name: str, **given: Any) -> None:
    world.deployed.landscape.start(arn.split(":")[4], arn.rpartition(":")[2], name, {"businessDate": DATE, **given})


def counting(join: str, arn: str, count: object, **said: object) -> dict[str, Any]:
    document = definition(join, {"loads": arn}, to(DAILY_CLOSE), key=BY_DATE)
    document["predecessors"]["loads"].update(count=count, **said)
    return document


def released_with(world: World, join: str) -> dict[str, Any]:
    world.wait_for_state(join, DATE, "ACKNOWLEDGED")
    world.settle()
    (given,) = world.executions_of(join, DAILY_CLOSE)
    predecessors: dict[str, Any] = given["predecessors"]
    return predecessors


def test_hundreds_of_executions_are_waited_for_as_many_as_their_dispatcher_has_started(world: World) -> None:
    join = "wide-dispatched"
    dispatcher, loader = machine(world, HUB, f"{join}-dispatcher"), machine(world, PREDECESSOR, f"{join}-loader")
    document = counting(join, loader, {"from": "dispatcher", "output": "started"}, failures={"tolerate": "5%"})
    document["predecessors"]["dispatcher"] = {"stateMachine": dispatcher}
    world.apply(document)
    failed = {number for number in range(LOADS) if number % (LOADS // FAILING) == 7}
    for number in range(LOADS // 2):
        started(world, loader, f"{join}-{number}", **({"fail": True} if number in failed else {}))
    started(world, dispatcher, f"{join}-dispatch", started=LOADS)
    for number in range(LOADS // 2, LOADS - 1):
        started(world, loader, f"{join}-{number}", **({"fail": True} if number in failed else {}))
    shown = eventually(lambda: _with(world.show(join, DATE), LOADS - 1), f"{LOADS - 1} executions to have arrived")
    assert (shown["state"], shown["missing"]) == ("OPEN", ["loads"])
    started(world, loader, f"{join}-{LOADS - 1}")
    predecessors = released_with(world, join)
    loads = predecessors["loads"]
    assert (loads["expected"], loads["succeeded"], loads["failed"]) == (LOADS, LOADS - len(failed), len(failed))
    assert {one["execution"] for one in loads["failedExecutions"]} == {f"{join}-{number}" for number in failed}
    assert predecessors["dispatcher"]["status"] == "SUCCEEDED"


def test_an_event_announces_how_many_there_will_be(world: World) -> None:
    join = "wide-announced"
    loader = machine(world, HUB, f"{join}-loader")
    world.apply(counting(join, loader, "announced"))
    for number in range(30):
        started(world, loader, f"{join}-{number}")
    eventually(lambda: _with(world.show(join, DATE), 30), "30 executions to have arrived")
    detail = json.dumps({"v": 1, "join": join, "key": DATE, "predecessor": "loads", "count": 31})
    entry = {"Source": "fanin.count", "DetailType": "Fan-in Count", "Detail": detail, "EventBusName": HUB_NAME}
    assert world.aws.client(HUB, "events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    eventually(lambda: (world.show(join, DATE) or {}).get("needed") == 31 or None, "the announcement to be known")
    assert world.executions_of(join, DAILY_CLOSE) == []
    started(world, loader, f"{join}-30")
    assert released_with(world, join)["loads"]["succeeded"] == 31


def test_a_burst_is_gathered_and_every_batch_is_one_segment(world: World) -> None:
    """As `Collecting: burst` sets the mapping, but for a shorter window."""
    join, loads = "wide-burst", 150
    loader = machine(world, HUB, f"{join}-loader")
    world.apply(counting(join, loader, loads))
    with gathering(world, 1000, 2):
        for number in range(loads):
            started(world, loader, f"{join}-{number}")
        assert released_with(world, join)["loads"]["succeeded"] == loads
    table = world.aws.client(HUB, "dynamodb")
    items = (item for page in table.get_paginator("scan").paginate(TableName=world.table.name) for item in page["Items"])
    segments = [item for item in items if item["pk"]["S"].startswith(f"JNL#{join}#")]
    assert 0 < len(segments) < loads / 10


@contextmanager
def gathering(world: World, batch: int, window_s: int) -> Iterator[None]:
    """The collector is given so many messages at the most, gathered for so long."""
    functions = world.aws.client(HUB, "lambda")
    mapping = world.mapping_of(HUB, world.deployed.landscape.hub["CollectorFunctionName"])
    functions.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=batch, MaximumBatchingWindowInSeconds=window_s)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=mapping["BatchSize"], MaximumBatchingWindowInSeconds=0)


def test_forty_named_predecessors_are_released_together(world: World) -> None:
    join = "wide-named"
    machines = {f"part-{number:02}": machine(world, HUB, f"{join}-{number:02}") for number in range(NAMED)}
    world.apply(definition(join, machines, to(DAILY_CLOSE), key=BY_DATE))
    names = list(machines)
    for name in names[:-1]:
        started(world, machines[name], f"{join}-{name}")
    shown = eventually(lambda: _with(world.show(join, DATE), NAMED - 1), f"{NAMED - 1} executions to have arrived")
    assert shown["missing"] == [names[-1]]
    started(world, machines[names[-1]], f"{join}-{names[-1]}")
    predecessors = released_with(world, join)
    assert sorted(predecessors) == names
    assert all(said["executionArn"].endswith(f":{join}-{name}") for name, said in predecessors.items())


def _with(run: dict[str, Any] | None, executions: int) -> dict[str, Any] | None:
    """The run, when so many of its executions have ended."""
    if run is None:
        return None
    counted = [one for one in run["arrivals"].values() if one and "expected" in one]
    failed = sum(one["failed"] for one in counted)
    dispatched = sum(1 for name, one in run["arrivals"].items() if name == "dispatcher" and one)
    return run if run["arrived"] + failed - dispatched >= executions else None
