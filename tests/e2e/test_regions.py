"""Predecessors in another Region than the hub: of another account, and of the hub's own."""

from __future__ import annotations

import pytest

from local.landscape import DAILY_CLOSE, HUB, KINDS, PREDECESSOR
from local.process import ROOT
from local.stacks import sam_deploy
from tests.e2e.events import completion
from tests.e2e.world import BY_DATE, World, definition, to

pytestmark = pytest.mark.e2e

DATE, ELSEWHERE = "2026-06-01", "eu-central-1"


@pytest.mark.parametrize("account", [PREDECESSOR, HUB])
def test_an_execution_of_another_region_counts(world: World, account: str) -> None:
    """The stack as it is, beside the account's other one, whose role is of the same account and has another name."""
    parameters = {"HubBusArn": world.deployed.landscape.hub["HubBusArn"], "Kinds": KINDS, "Observe": "true"}
    built = ROOT / "build" / "sam" / "predecessor" / "template.yaml"
    outputs = sam_deploy(world.aws, account, "fanin-predecessor", built, parameters, region=ELSEWHERE)
    assert outputs["ObserverRoleArn"] == f"arn:aws:iam::{account}:role/fanin/fanin-observer-fanin-{ELSEWHERE}"
    machine, join = f"arn:aws:states:{ELSEWHERE}:{account}:stateMachine:far", f"far-{account[0]}"
    world.apply(definition(join, {"it": machine}, to(DAILY_CLOSE), key=BY_DATE))
    ended = completion(machine, "x", businessDate=DATE)
    world.aws.put_service_event(account, ended["source"], ended["detail-type"], ended["detail"], ended["resources"], region=ELSEWHERE)
    run = world.wait_for_state(join, DATE, "ACKNOWLEDGED")
    assert run["arrivals"]["it"]["executionArn"].startswith(f"arn:aws:states:{ELSEWHERE}:{account}:execution:far")
