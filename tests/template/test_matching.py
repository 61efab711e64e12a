"""Recorded events and the rules before the arrivals queue: each is let in by the one rule that is for it, on the bus that it comes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fanin.definitions.event_pattern import event_matcher
from tests.template.given import EVERY_KIND, HUB_BUS
from tests.template.resolved import resolved
from tests.template.templates import HUB, PREDECESSOR, template
from tests.template.test_events import EVENTS, body

ACCOUNT, PREDECESSORS, SUCCESSORS = "111111111111", "333333333333", "222222222222"
AT_HOME = {
    **dict.fromkeys(("succeeded", "failed", "timed-out", "aborted", "running", "input-not-included", "not-wanted"), "CompletionsRule"),
    **dict.fromkeys(("ecs-stopped", "ecs-exit-code", "ecs-failed-to-start", "ecs-running", "ecs-stopped-by-user"), "EcsTasksRule"),
    **dict.fromkeys(("glue-succeeded", "glue-timeout"), "GlueJobsRule"),
    **dict.fromkeys(("batch-succeeded", "batch-failed", "batch-array-child"), "BatchJobsRule"),
    **dict.fromkeys(("codebuild-succeeded", "codebuild-stopped"), "CodeBuildsRule"),
    **dict.fromkeys(("lambda-success", "lambda-failure"), "LambdaResultsRule"),
    "s3-object-created": "EventsRule",
}

# Of another bus, of the same rule, or what our own functions send.
OTHERS = {"another-accounts-arn", "batch", "join-released", "malformed", "receipt", "recheck", "succeeded-other-account"}
NAMES = sorted({path.stem for path in (EVENTS / "collector").glob("*.json") if not path.stem.startswith(("count", "found"))} - OTHERS)
# A recorded event without a row above stops here.
RECORDED = [(name, AT_HOME[name]) for name in NAMES]


def recorded(name: str, **changed: Any) -> dict[str, Any]:
    return {**json.loads(body(f"collector/{name}.json")), **changed}


def matching(resources: dict[str, Any], event: dict[str, Any], *, on_default_bus: bool) -> set[str]:
    """The rules of a bus that match an event, by the rules of EventBridge."""
    rules = {name: one for name, one in resources.items() if "EventPattern" in one and ("EventBusName" not in one) is on_default_bus}
    patterns = {name: json.dumps(one["EventPattern"]).replace("${AWS::AccountId}", ACCOUNT) for name, one in rules.items()}
    return {name for name, pattern in patterns.items() if event_matcher(pattern)(event)}


def hub(**given: str) -> dict[str, Any]:
    accounts = {"PredecessorAccounts": PREDECESSORS, "SuccessorAccounts": SUCCESSORS}
    return resolved(template(HUB), **{"Kinds": EVERY_KIND, "EventSources": "aws.s3", **accounts, **given})


def predecessor() -> dict[str, Any]:
    return resolved(template(PREDECESSOR), HubBusArn=HUB_BUS, Kinds=EVERY_KIND.removesuffix(",join"), EventSources="aws.s3")


@pytest.mark.parametrize(("name", "rule"), RECORDED)
def test_an_event_of_the_hubs_account_is_let_in_by_the_rule_of_its_kind(name: str, rule: str) -> None:
    assert matching(hub(), recorded(name), on_default_bus=True) == {rule}


@pytest.mark.parametrize(("name", "rule"), RECORDED)
@pytest.mark.parametrize("account", [PREDECESSORS, ACCOUNT])
def test_an_event_of_another_account_or_region_is_forwarded_once_and_let_in_once(name: str, rule: str, account: str) -> None:
    event = recorded(name, account=account, region="eu-central-1")
    assert len(matching(predecessor(), event, on_default_bus=True)) == 1
    forwarded = "ForwardedEventsRule" if rule == "EventsRule" else "ForwardedCompletionsRule"
    assert matching(hub(), event, on_default_bus=False) == {forwarded}


@pytest.mark.parametrize("name", NAMES)
def test_an_event_of_an_account_that_is_not_listed_is_matched_by_nothing(name: str) -> None:
    assert matching(hub(), recorded(name, account="444444444444"), on_default_bus=False) == set()


def test_an_organization_is_matched_whatever_the_account() -> None:
    """Who may put on the bus is its policy's to say."""
    open_ = hub(PredecessorAccounts="", PredecessorOrganizationId="o-exampleorgid")
    assert matching(open_, recorded("succeeded", account="444444444444"), on_default_bus=False) == {"ForwardedCompletionsRule"}


def test_receipts_and_releases_of_joins_come_on_the_hub_bus_from_their_accounts() -> None:
    assert matching(hub(), recorded("receipt"), on_default_bus=False) == {"ReceiptsRule"}
    assert matching(hub(), recorded("receipt", account=PREDECESSORS), on_default_bus=False) == set()
    released = recorded("join-released")
    assert matching(hub(), released, on_default_bus=False) == {"JoinsRule"}
    assert matching(hub(), {**released, "account": PREDECESSORS}, on_default_bus=False) == set()
    acknowledged = {**released, "detail": {**released["detail"], "transition": "ACKNOWLEDGED"}}
    assert matching(hub(), acknowledged, on_default_bus=False) == set()


@pytest.mark.parametrize(("account", "rules"), [(ACCOUNT, {"CountsRule"}), (PREDECESSORS, {"CountsRule"}), (SUCCESSORS, set())])
def test_a_count_comes_from_the_hub_or_a_predecessor(account: str, rules: set[str]) -> None:
    count = recorded("receipt", **{"account": account, "source": "fanin.count", "detail-type": "Fan-in Count", "detail": {}})
    assert matching(hub(), count, on_default_bus=False) == rules
    assert matching(predecessor(), count, on_default_bus=True) == {"ForwardCountsRule"}


@pytest.mark.parametrize(
    "detail", [{"group": "service:web"}, {"lastStatus": "PENDING"}, {"lastStatus": "DEPROVISIONING"}], ids=["service", "pending", "ending"]
)
def test_tasks_of_services_and_steps_on_the_way_are_left_out(detail: dict[str, str]) -> None:
    event = recorded("ecs-stopped")
    event["detail"] |= detail
    for stack in (hub(), predecessor()):
        assert matching(stack, event, on_default_bus=True) == set()


def test_a_task_without_a_group_is_let_in() -> None:
    event = recorded("ecs-stopped")
    del event["detail"]["group"]
    assert matching(hub(), event, on_default_bus=True) == {"EcsTasksRule"}
