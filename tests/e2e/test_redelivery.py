"""Everything may be delivered twice, and nothing happens twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.landscape import DAILY_CLOSE, HUB
from tests.e2e.watching import eventually
from tests.e2e.world import BY_DATE, World, definition, to

pytestmark = pytest.mark.e2e

DATE = "2026-04-01"


@pytest.fixture(scope="module")
def machine(world: World) -> str:
    """The one predecessor of a join that has been released and acknowledged."""
    machine = world.job(HUB, "again")
    world.apply(definition("again", {"it": machine}, to(DAILY_CLOSE, outputs=True), key=BY_DATE))
    world.run(machine, "again", businessDate=DATE)
    world.wait_for_state("again", DATE, "ACKNOWLEDGED")
    world.settle()
    return machine


def test_a_completion_that_is_delivered_again_starts_nothing(world: World, machine: str) -> None:
    before = world.show("again", DATE)
    (body,) = world.completions.bodies(lambda event: event["detail"]["stateMachineArn"] == machine)
    world.send_arrivals(*[body] * 12)
    world.settle()
    assert world.show("again", DATE) == before
    assert len(world.executions_of("again", DAILY_CLOSE)) == 1


def test_an_event_that_eventbridge_delivers_again_starts_nothing(world: World, machine: str) -> None:
    before = world.show("again", DATE)
    (told,) = world.completions.events(lambda event: event["detail"]["stateMachineArn"] == machine)
    world.aws.put_service_event(HUB, told["source"], told["detail-type"], told["detail"], told["resources"])

    def both() -> list[dict[str, Any]]:
        passed = world.completions.events(lambda event: event["detail"]["stateMachineArn"] == machine)
        return passed if len(passed) == 2 else []

    first, second = eventually(both, "the event to pass again")
    assert first["id"] != second["id"]
    world.settle()
    assert world.show("again", DATE) == before
    assert len(world.executions_of("again", DAILY_CLOSE)) == 1


def test_a_release_that_is_delivered_again_is_answered_already_started(world: World, machine: str) -> None:
    before = world.show("again", DATE)
    assert before is not None
    (delivery,) = before["deliveries"]
    (body,) = world.releases.bodies(lambda event: event["detail"]["data"]["join"] == "again")
    already = len(world.receipts_of(delivery["jti"]))
    world.send_releases(body, body)
    eventually(lambda: len(world.receipts_of(delivery["jti"])) == already + 2, "two more receipts")
    world.settle()
    assert world.receipts_of(delivery["jti"])[already:] == ["already-started"] * 2
    assert len(world.executions_of("again", DAILY_CLOSE)) == 1
    after = world.show("again", DATE)
    assert after is not None
    assert (after["state"], after["deliveries"][0]["executionArn"]) == ("ACKNOWLEDGED", delivery["executionArn"])


def test_a_release_whose_members_come_in_another_order_is_the_same_release(world: World, machine: str) -> None:
    (event,) = world.releases.events(lambda event: event["detail"]["data"]["join"] == "again")
    reordered = {name: event["detail"][name] for name in ("sig", "data", "v")}
    reordered["data"] = dict(reversed(event["detail"]["data"].items()))
    (sent,) = world.send_releases(json.dumps({**event, "detail": reordered}, indent=1))
    world.settle()
    assert world.releases_quarantine.of(sent) is None
    assert len(world.executions_of("again", DAILY_CLOSE)) == 1
