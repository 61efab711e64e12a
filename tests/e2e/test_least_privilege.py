"""Least privilege, proved: at the end of the suite, what each role was granted is exactly what it was used for.

Runs last (conftest). What AWS does with a function's role is in the record too: polling its queue, writing its log and its traces.
"""

from __future__ import annotations

import pytest

from local.aws import DEFAULT_REGION
from local.landscape import HUB, HUB_NAME, PREDECESSOR, SUCCESSOR, SUCCESSOR_NAME
from tests.e2e.deployment import OTHER, OTHER_NAME
from tests.e2e.grants import Grant, calls, granted, role_of
from tests.e2e.world import World

pytestmark = pytest.mark.e2e

HUB_FUNCTIONS = ("collector", "forwarder", "sweeper", "operator", "viewer")
FUNCTIONS = [
    *((HUB, f"fanin-{name}") for name in HUB_FUNCTIONS),
    (SUCCESSOR, f"{SUCCESSOR_NAME}-starter"),
    (OTHER, f"{OTHER_NAME}-starter"),
]
# Written by the Lambda service, whose batching the local AWS does not imitate.
SERVICE_WRITES = ("logs:", "xray:")


def role_for(world: World, account: str, function: str) -> str:
    return role_of(world.aws, account, function)


def forward_role(world: World) -> str:
    arn = world.deployed.landscape.predecessor["ForwardRoleArn"]
    return arn.rsplit("/", 1)[-1]


def unused(grants: set[Grant], used: set[Grant]) -> set[tuple[str, str]]:
    return {
        (grant.action, grant.resource)
        for grant in grants
        if not grant.action.startswith(SERVICE_WRITES) and not any(grant.covers(call) for call in used)
    }


@pytest.mark.parametrize(("account", "function"), FUNCTIONS, ids=[name for _, name in FUNCTIONS])
def test_a_function_was_granted_what_it_used_and_used_what_it_was_granted(world: World, account: str, function: str) -> None:
    role = role_for(world, account, function)
    grants, used = granted(world.aws, account, role), {call for call in calls(world.aws, allowed=True) if call.role == role}
    assert unused(grants, used) == set()
    asked = {call for call in used if call.resource not in world.retired_keys}
    assert {(call.action, call.resource) for call in asked if not any(grant.covers(call) for grant in grants)} == set()
    assert len(used) >= 3


def test_the_predecessors_rule_was_granted_what_it_used(world: World) -> None:
    role = forward_role(world)
    used = {call for call in calls(world.aws, allowed=True) if call.role == role}
    assert unused(granted(world.aws, PREDECESSOR, role), used) == set()


def test_the_observer_was_granted_what_the_hub_used(world: World) -> None:
    role = f"fanin-observer-{HUB_NAME}-{DEFAULT_REGION}"
    used = {call for call in calls(world.aws, allowed=True) if call.role == role}
    assert unused(granted(world.aws, PREDECESSOR, role), used) == set()


def test_nothing_was_denied_but_what_a_test_had_taken_away(world: World) -> None:
    ours = {role_for(world, account, function) for account, function in FUNCTIONS} | {forward_role(world)}
    denied = {call for call in calls(world.aws, allowed=False) if call.role in ours}
    assert {call for call in denied if not any(expected.covers(call) for expected in world.expected_refusals)} == set()
    # And what was taken away was asked for: each of those tests met the refusal that it is about.
    assert {expected for expected in world.expected_refusals if not any(expected.covers(call) for call in denied)} == set()
