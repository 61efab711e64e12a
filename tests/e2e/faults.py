"""Things that go wrong for a while: a function that takes no messages, a bus that lost its policy, a role that lost a permission."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.aws import DEFAULT_REGION
from tests.e2e.grants import Grant, policies_of, role_of
from tests.e2e.watching import eventually
from tests.e2e.world import World


@contextmanager
def paused(world: World, account: str, function: str) -> Iterator[None]:
    """The function's queue is not polled; what comes meanwhile waits in it."""
    client, mapping = world.aws.client(account, "lambda"), world.mapping_of(account, function)

    def turn(state: str) -> None:
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=state == "Enabled")
        eventually(lambda: client.get_event_source_mapping(UUID=mapping["UUID"])["State"] == state, f"the mapping to be {state}")

    turn("Disabled")
    try:
        yield
    finally:
        turn("Enabled")


@contextmanager
def silent(world: World, account: str, rule: str, bus: str = "default") -> Iterator[None]:
    """A rule on a bus of an account matches nothing: what it would have delivered is lost."""
    events = world.aws.client(account, "events")
    events.disable_rule(Name=rule, EventBusName=bus)
    try:
        yield
    finally:
        events.enable_rule(Name=rule, EventBusName=bus)


@contextmanager
def closed(world: World, account: str, bus: str, putter: str) -> Iterator[None]:
    """The bus has no policy, so no other account may put anything on it; `putter` is the role that will be refused."""
    events = world.aws.client(account, "events")
    policy = events.describe_event_bus(Name=bus)["Policy"]
    events.remove_permission(EventBusName=bus, RemoveAllPermissions=True)
    world.expected_refusals.add(Grant(putter, "events:PutEvents", f"arn:aws:events:{DEFAULT_REGION}:{account}:event-bus/{bus}"))
    try:
        yield
    finally:
        events.put_permission(EventBusName=bus, Policy=policy)


@contextmanager
def without_permission(world: World, account: str, function: str, action: str) -> Iterator[None]:
    """The function's role lacks an action that its stack granted."""
    iam, role = world.aws.client(account, "iam"), role_of(world.aws, account, function)
    kept = policies_of(world.aws, account, role)
    assert any(action in statement["Action"] for policy in kept.values() for statement in policy["Statement"]), f"{role} never had {action}"
    world.expected_refusals.add(Grant(role, action))
    try:
        for name, policy in kept.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(_lacking(policy, action)))
        yield
    finally:
        for name, policy in kept.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))


@contextmanager
def impatient(world: World, account: str, queue_url: str) -> Iterator[None]:
    """A message that is given back to the queue comes again after a second, and not after minutes."""
    sqs = world.aws.client(account, "sqs")
    kept = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"VisibilityTimeout": "1"})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=queue_url, Attributes=kept)


def _lacking(policy: dict[str, Any], action: str) -> dict[str, Any]:
    statements = []
    for statement in policy["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        left = [one for one in actions if one != action]
        statements += [{**statement, "Action": left}] if left else []
    # A policy needs a statement: this one allows what nobody asks for.
    nothing = {"Effect": "Deny", "Action": "sts:GetFederationToken", "Resource": "*"}
    return {**policy, "Statement": statements or [nothing]}
