"""A role that lacks one of its permissions really cannot do its work, and nothing is lost while it lacks it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from local.landscape import DAILY_CLOSE, HUB, SUCCESSOR, SUCCESSOR_NAME
from tests.e2e.events import body, completion
from tests.e2e.faults import impatient, without_permission
from tests.e2e.watching import eventually
from tests.e2e.world import BY_DATE, World, definition, hub_machine, to
from tests.local.world import allow, policy

pytestmark = pytest.mark.e2e

DATE = "2026-03-31"


def applied(world: World, join: str) -> str:
    """A completion that satisfies a join of its own."""
    world.apply(definition(join, {"it": hub_machine(join)}, to(DAILY_CLOSE), key=BY_DATE))
    return body(completion(hub_machine(join), "x", businessDate=DATE))


def test_a_forwarder_that_may_not_sign_sends_nothing_and_tries_again(world: World) -> None:
    satisfying = applied(world, "unsigned")
    with without_permission(world, HUB, "fanin-forwarder", "kms:Sign"):
        world.send_arrivals(satisfying)
        run = eventually(lambda: refused(world, "unsigned"), "the refusal to be written down")
        assert (run["deliveries"][0]["lastError"], run["deliveries"][0]["state"]) == ("key-unusable", "DUE")
        assert world.releases.events(lambda event: event["detail"]["data"]["join"] == "unsigned") == []
    world.table.make_due("unsigned", DATE)
    world.sweep()
    world.wait_for_state("unsigned", DATE, "ACKNOWLEDGED")


def test_a_collector_that_may_not_write_gives_its_messages_back(world: World) -> None:
    satisfying = applied(world, "unwritten")
    before = world.counted("fanin-collector", "MessagesGivenBack")
    with impatient(world, HUB, world.deployed.landscape.hub["ArrivalsQueueUrl"]):
        with without_permission(world, HUB, "fanin-collector", "dynamodb:UpdateItem"):
            world.send_arrivals(satisfying)
            world.wait_for_count("fanin-collector", "MessagesGivenBack", before + 1)
            assert world.show("unwritten", DATE) is None
        world.wait_for_state("unwritten", DATE, "ACKNOWLEDGED")


def test_a_starter_that_may_not_start_gives_its_messages_back(world: World) -> None:
    satisfying, starter = applied(world, "unstarted"), f"{SUCCESSOR_NAME}-starter"
    before = world.counted(starter, "MessagesGivenBack")
    with impatient(world, SUCCESSOR, world.deployed.landscape.successor["ReleasesQueueUrl"]):
        with without_permission(world, SUCCESSOR, starter, "states:StartExecution"):
            world.send_arrivals(satisfying)
            world.wait_for_count(starter, "MessagesGivenBack", before + 1)
            world.wait_for_state("unstarted", DATE, "RELEASED")
            assert world.executions_of("unstarted", DAILY_CLOSE) == []
        world.wait_for_state("unstarted", DATE, "ACKNOWLEDGED")
    assert len(world.executions_of("unstarted", DAILY_CLOSE)) == 1


def test_nobody_else_signs_whatever_a_policy_of_theirs_says(world: World) -> None:
    key = world.deployed.landscape.hub["SigningKeyArn"]
    trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HUB}:root"}, "Action": "sts:AssumeRole"}
    iam = world.aws.client(HUB, "iam")
    iam.create_role(RoleName="signs", Path="/fanin/", AssumeRolePolicyDocument=policy(trusted))
    iam.put_role_policy(RoleName="signs", PolicyName="it", PolicyDocument=policy(allow("kms:*", key)))
    # A role, since the local AWS asks no key's policy about the root user.
    kms = world.aws.assumed(HUB, "fanin/signs").client("kms")
    assert kms.get_public_key(KeyId=key)["KeySpec"] == "ECC_NIST_P256"
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.sign(KeyId=key, Message=b"x" * 32, MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256")


def refused(world: World, join: str) -> dict[str, list[dict[str, object]]]:
    run = world.show(join, DATE)
    return run if run and run["deliveries"] and run["deliveries"][0]["refusals"] else {}
