"""A hub that admits an organization instead of a list of accounts. In the local AWS an organization has one account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.landscape import BUILD, DAILY_CLOSE, HUB, PREDECESSOR
from local.process import ROOT
from local.stacks import sam_deploy
from tests.e2e.deployment import UNLISTED
from tests.e2e.test_bus_policies import COUNT, ENDED, NOTICE, RECEIPT, put
from tests.e2e.world import BY_DATE, World, definition, to

pytestmark = pytest.mark.e2e

MEMBER, STRANGER = UNLISTED, PREDECESSOR
NAME = "night"


@pytest.fixture(scope="module")
def hub(world: World) -> Iterator[dict[str, str]]:
    """A second hub beside the first, whose predecessors are all of an organization's accounts."""
    organization = world.aws.client(MEMBER, "organizations").create_organization(FeatureSet="ALL")["Organization"]["Id"]
    parameters = {
        **BUILD,
        "HubName": NAME,
        "PredecessorOrganizationId": organization,
        "ObservedAccounts": "*",
        "SuccessorBusArns": to(DAILY_CLOSE)["bus"],
        "TableDeletionProtection": "false",
        "LogRetentionDays": "1",
    }
    yield sam_deploy(world.aws, HUB, NAME, ROOT / "build" / "sam" / "hub" / "template.yaml", parameters)
    cloudformation = world.aws.client(HUB, "cloudformation")
    cloudformation.delete_stack(StackName=NAME)


def test_the_bus_takes_from_members_what_predecessors_say_and_nothing_from_others(world: World, hub: dict[str, str]) -> None:
    bus = hub["HubBusArn"]
    member, stranger = (world.aws.client(account, "events") for account in (MEMBER, STRANGER))
    assert [put(member, bus, kind, {}) for kind in (COUNT, RECEIPT, NOTICE)] == [None, *["AccessDeniedException"] * 2]
    assert [put(stranger, bus, kind, {}) for kind in (COUNT, RECEIPT, NOTICE)] == ["AccessDeniedException"] * 3
    assert put(member, bus, ENDED, {}) == "NotAuthorizedForSourceException"


def test_a_definition_may_name_any_account(world: World, hub: dict[str, str]) -> None:
    """Which accounts are members only AWS knows, and it says so when they put."""
    for account in (MEMBER, STRANGER):
        machine = f"arn:aws:states:us-east-1:{account}:stateMachine:theirs"
        document = definition("theirs", {"it": machine}, to(DAILY_CLOSE), key=BY_DATE)
        answer = applied(world, hub, document)
        assert answer["ok"], answer


def test_a_kind_that_the_hub_does_not_listen_to_is_refused(world: World, hub: dict[str, str]) -> None:
    job = {"glueJob": f"arn:aws:glue:us-east-1:{HUB}:job/load"}
    document = {"join": "unheard", "key": {"input": "arguments.date"}, "predecessors": {"it": job}, "successors": [to(DAILY_CLOSE)]}
    answer = applied(world, hub, document)
    assert [(one["code"], one["path"]) for one in answer["problems"]] == [("kind-not-heard", ["predecessors", "it"])]


def applied(world: World, hub: dict[str, str], document: dict[str, Any]) -> dict[str, Any]:
    request = {"action": "apply", "definitions": [{"label": document["join"], "document": document}]}
    answer: dict[str, Any] = world.deployed.landscape.invoke(hub["OperatorFunctionName"], request)
    return answer
