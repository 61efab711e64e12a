"""Joins as part of a stack: the operator behind CloudFormation's Custom::FanInJoin."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.landscape import DAILY_CLOSE, HUB
from tests.e2e.watching import eventually
from tests.e2e.world import World, definition, hub_machine, to

pytestmark = pytest.mark.e2e


class Stack:
    """A stack with one join in it."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.token = world.deployed.landscape.hub["OperatorFunctionArn"]
        self.cloudformation = world.aws.client(HUB, "cloudformation")

    def create(self, document: dict[str, Any]) -> str:
        self.cloudformation.create_stack(StackName=self.name, TemplateBody=self._template(document))
        return self._ended()

    def update(self, document: dict[str, Any]) -> str:
        self.cloudformation.update_stack(StackName=self.name, TemplateBody=self._template(document))
        return self._ended()

    def delete(self) -> str:
        stack_id = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]["StackId"]
        self.cloudformation.delete_stack(StackName=self.name)
        return self._ended(stack_id)

    def reasons(self) -> str:
        events = self.cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        return " ".join(event.get("ResourceStatusReason") or "" for event in events)

    def _template(self, document: dict[str, Any]) -> str:
        properties = {"ServiceToken": self.token, "Definition": document}
        return json.dumps({"Resources": {"Join": {"Type": "Custom::FanInJoin", "Properties": properties}}})

    def _ended(self, stack: str | None = None) -> str:
        def ended() -> str | None:
            status: str = self.cloudformation.describe_stacks(StackName=stack or self.name)["Stacks"][0]["StackStatus"]
            return None if status.endswith("IN_PROGRESS") else status

        return eventually(ended, f"the stack {self.name} to be done")


def join(name: str, *successors: dict[str, Any], **predecessors: str) -> dict[str, Any]:
    arns = predecessors or {"it": hub_machine(name)}
    return definition(name, arns, *(successors or (to(DAILY_CLOSE, outputs=True),)), key={"input": "businessDate"})


def joins(world: World) -> dict[str, Any]:
    return {one["join"]: one for one in world.ask_viewer(action="joins")["joins"]}


def test_a_join_is_created_changed_renamed_and_deleted_with_its_stack(world: World) -> None:
    stack = Stack(world, "stack-join")
    assert stack.create(join("of-a-stack")) == "CREATE_COMPLETE"
    created = joins(world)["of-a-stack"]
    # CloudFormation hands scalars over as strings; outputs are wanted all the same.
    assert (created["version"], created["successors"][0]["outputs"]) == (1, True)
    assert stack.update(join("of-a-stack", a=hub_machine("a"), b=hub_machine("b"))) == "UPDATE_COMPLETE"
    changed = joins(world)["of-a-stack"]
    assert (changed["version"], [one["name"] for one in changed["predecessors"]]) == (2, ["a", "b"])
    assert stack.update(join("of-a-stack-renamed")) == "UPDATE_COMPLETE"
    eventually(lambda: "of-a-stack" not in joins(world), "the join to go by its old name")
    assert "of-a-stack-renamed" in joins(world)
    assert stack.delete() == "DELETE_COMPLETE"
    assert not {"of-a-stack", "of-a-stack-renamed"} & joins(world).keys()


def test_a_bad_definition_fails_the_stack_with_where_and_why(world: World) -> None:
    stack = Stack(world, "stack-bad")
    bad = join("of-a-bad-stack", ledger=f"arn:aws:states:us-east-1:{'9' * 12}:stateMachine:ledger")
    assert stack.create(bad) in {"CREATE_FAILED", "ROLLBACK_COMPLETE"}
    reasons = stack.reasons()
    assert "predecessors.ledger.stateMachine" in reasons
    assert "999999999999" in reasons
    assert "of-a-bad-stack" not in joins(world)


def test_a_bad_change_leaves_the_join_as_it_was(world: World) -> None:
    stack = Stack(world, "stack-worse")
    assert stack.create(join("of-a-worse-stack")) == "CREATE_COMPLETE"
    worse = {**join("of-a-worse-stack"), "predecessors": {}}
    assert stack.update(worse) in {"UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED"}
    assert joins(world)["of-a-worse-stack"]["predecessors"][0]["name"] == "it"
    assert stack.delete() == "DELETE_COMPLETE"
