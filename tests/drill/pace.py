"""How fast the deployed queues go during a drill: few invocations at once, and what failed comes again soon.

Every cold start imports a function, a second or more of a busy processor. Two at once of each function keep two processors busy; more of
them only wait for each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from local.landscape import HUB, HUB_NAME, SUCCESSOR, SUCCESSOR_NAME
from tests.e2e.deployment import OTHER, OTHER_NAME
from tests.e2e.world import World

_AT_ONCE = 2  # the least that a mapping takes
_FED = (
    (HUB, f"{HUB_NAME}-collector"),
    (HUB, f"{HUB_NAME}-forwarder"),
    (SUCCESSOR, f"{SUCCESSOR_NAME}-starter"),
    (OTHER, f"{OTHER_NAME}-starter"),
)
# Longer than an invocation takes, a cold one mostly too; the stacks say minutes.
_COMES_AGAIN_AFTER_S = 5
# Dead after two tries and not after ten, so that troubles of seconds leave dead letters.
_TRIES = 2


def few_at_once(world: World) -> None:
    """Let each queue's function run twice at the same time, and not oftener."""
    for account, function in _FED:
        scaling = {"MaximumConcurrency": _AT_ONCE}
        world.aws.client(account, "lambda").update_event_source_mapping(
            UUID=world.mapping_of(account, function)["UUID"], ScalingConfig=scaling
        )


@contextmanager
def impatient(world: World) -> Iterator[None]:
    """What a killed or refused function held comes again after seconds, and is a dead letter after a few tries."""
    with ExitStack() as stack:
        for account, url in _queues(world):
            stack.enter_context(_impatient(world, account, url))
        yield


def waiting(world: World) -> int:
    """How many messages are in the queues, those that a function holds among them."""
    return world.waiting_in(_queues(world))


def _queues(world: World) -> list[tuple[str, str]]:
    hub, successor = world.deployed.landscape.hub, world.deployed.landscape.successor
    return [(HUB, hub["ArrivalsQueueUrl"]), (HUB, hub["DeparturesQueueUrl"]), (SUCCESSOR, successor["ReleasesQueueUrl"])]


@contextmanager
def _impatient(world: World, account: str, url: str) -> Iterator[None]:
    sqs = world.aws.client(account, "sqs")
    kept = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout", "RedrivePolicy"])["Attributes"]
    redrive = json.dumps({**json.loads(kept["RedrivePolicy"]), "maxReceiveCount": _TRIES})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(_COMES_AGAIN_AFTER_S), "RedrivePolicy": redrive})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=kept)
