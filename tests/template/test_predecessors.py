"""What the parameters choose of predecessors: their kinds, their accounts and organization, and where the hub may look."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.template.given import EVERY_KIND, HUB_BUS, MACHINE, variables
from tests.template.resolved import resolved, strings_of
from tests.template.templates import HUB, PREDECESSOR, as_list, template

AWS_SOURCES = ["aws.states", "aws.ecs", "aws.glue", "aws.batch", "aws.codebuild"]
AWS_DETAIL_TYPES = [
    "Step Functions Execution Status Change",
    "ECS Task State Change",
    "Glue Job State Change",
    "Batch Job State Change",
    "CodeBuild Build State Change",
]
RESULTS = ["Lambda Function Invocation Result - Success", "Lambda Function Invocation Result - Failure"]
RULE_OF_KIND = {
    "stepfunctions": "CompletionsRule",
    "ecs": "EcsTasksRule",
    "glue": "GlueJobsRule",
    "batch": "BatchJobsRule",
    "codebuild": "CodeBuildsRule",
    "lambda": "LambdaResultsRule",
    "join": "JoinsRule",
}
FORWARDED = {
    "CompletionsRule": "ForwardRule",
    **{f"{kind}Rule": f"Forward{kind}Rule" for kind in ("EcsTasks", "GlueJobs", "BatchJobs", "CodeBuilds", "LambdaResults", "Events")},
}


def pattern_of(resources: dict[str, Any], rule: str) -> str:
    (source,) = resources[rule]["EventPattern"]["source"]
    return str(source)


def statements_of(resources: dict[str, Any], role: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = resources[role]["Policies"][0]["PolicyDocument"]["Statement"]
    return found


def forwards(resources: dict[str, Any]) -> set[str]:
    return {name for name, one in resources.items() if "EventPattern" in one}


@pytest.mark.parametrize("given", [{"PredecessorAccounts": "333333333333"}, {"PredecessorOrganizationId": "o-exampleorgid"}])
def test_predecessors_may_say_what_the_hub_listens_to_and_nothing_else(given: dict[str, str]) -> None:
    hub = resolved(template(HUB), Kinds=EVERY_KIND, EventSources="ours.jobs,aws.s3", **given)
    said = {
        name: one["Statement"]["Condition"]["ForAllValues:StringEquals"] for name, one in hub.items() if name.startswith("Predecessors")
    }
    assert said == {
        "PredecessorsForward": {"events:source": AWS_SOURCES, "events:detail-type": AWS_DETAIL_TYPES},
        "PredecessorsTellResults": {"events:source": "lambda", "events:detail-type": RESULTS},
        "PredecessorsTellEvents": {"events:source": ["ours.jobs", "aws.s3"]},
        "PredecessorsCount": {"events:source": "fanin.count", "events:detail-type": "Fan-in Count"},
    }
    forwarded = hub["ForwardedCompletionsRule"]["EventPattern"]
    assert (forwarded["source"], forwarded["detail-type"]) == ([*AWS_SOURCES, "lambda"], AWS_DETAIL_TYPES + RESULTS)
    assert hub["ForwardedEventsRule"]["EventPattern"]["source"] == hub["EventsRule"]["EventPattern"]["source"] == ["ours.jobs", "aws.s3"]


def test_an_organization_is_admitted_by_its_id_and_its_accounts_need_no_list() -> None:
    hub = resolved(template(HUB), PredecessorOrganizationId="o-exampleorgid", Kinds=EVERY_KIND, EventSources="ours.jobs")
    admitted = [one["Statement"] for name, one in hub.items() if name.startswith("Predecessors")]
    assert len(admitted) == 4
    for statement in admitted:
        assert statement["Principal"] == "*"
        assert statement["Condition"]["StringEquals"] == {"aws:PrincipalOrgID": "o-exampleorgid"}
    for rule in ("ForwardedCompletionsRule", "ForwardedEventsRule", "CountsRule"):
        assert "account" not in hub[rule]["EventPattern"]
    assert hub["JoinsRule"]["EventPattern"]["account"] == ["${AWS::AccountId}"]
    assert variables(hub, "OperatorFunction")["FANIN_ALLOWED_ACCOUNTS"] == "*"


@pytest.mark.parametrize(("number", "more"), [(40, {"Kinds": EVERY_KIND, "EventSources": "ours.jobs,aws.s3"}), (80, {})])
def test_the_bus_has_room_for_as_many_accounts_as_the_guide_says(number: int, more: dict[str, str]) -> None:
    """A bus's policy is at most 10 KB, and AWS keeps each account in it as the ARN of its root."""
    accounts = [str(100_000_000_000 + place) for place in range(number)]
    hub = resolved(template(HUB), PredecessorAccounts=",".join(accounts), SuccessorAccounts=",".join(accounts[:10]), **more)
    statements = [{**one["Statement"], "Sid": one["StatementId"]} for one in hub.values() if "StatementId" in one]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    for account in accounts:
        text = text.replace(f'"{account}"', f'"arn:aws-us-gov:iam::{account}:root"')
    text = text.replace("${HubBus.Arn}", "arn:aws-us-gov:events:us-gov-west-1:111111111111:event-bus/" + "x" * 32)
    assert len(text.encode()) < 10_240


def test_beside_an_organization_a_list_is_not_looked_at() -> None:
    """CloudFormation's Rules could refuse the two together; what they make of a list without items is not documented."""
    alone, both = (
        resolved(template(HUB), PredecessorOrganizationId="o-exampleorgid", **more)
        for more in ({}, {"PredecessorAccounts": "333333333333"})
    )
    assert alone == both


def test_a_list_of_accounts_asks_for_no_organization() -> None:
    hub = resolved(template(HUB), PredecessorAccounts="333333333333")
    assert "StringEquals" not in hub["PredecessorsForward"]["Statement"]["Condition"]


@pytest.mark.parametrize("kind", EVERY_KIND.split(","))
def test_a_kind_that_is_not_named_has_no_rule_and_is_not_admitted(kind: str) -> None:
    others = [other for other in EVERY_KIND.split(",") if other != kind]
    without = resolved(template(HUB), PredecessorAccounts="333333333333", Kinds=",".join(others))
    missing = {RULE_OF_KIND[kind]} | ({"PredecessorsTellResults"} if kind == "lambda" else set())
    everything = resolved(template(HUB), PredecessorAccounts="333333333333", Kinds=EVERY_KIND)
    assert everything.keys() - without.keys() == missing
    sources = without["PredecessorsForward"]["Statement"]["Condition"]["ForAllValues:StringEquals"]["events:source"]
    assert pattern_of(everything, RULE_OF_KIND[kind]) not in sources
    alone = resolved(template(HUB), PredecessorAccounts="333333333333", Kinds=kind)
    assert RULE_OF_KIND.values() & alone.keys() == {RULE_OF_KIND[kind]}


def test_a_hub_that_only_chains_joins_takes_no_event_of_aws() -> None:
    hub = resolved(template(HUB), PredecessorAccounts="333333333333", Kinds="join")
    assert not {"PredecessorsForward", "ForwardedCompletionsRule", "CompletionsRule"} & hub.keys()


@pytest.mark.parametrize("path", [HUB, PREDECESSOR])
def test_no_kinds_name_is_part_of_anothers(path: str) -> None:
    """How the templates look a kind up in the list."""
    kinds = template(path).written["Parameters"]["Kinds"]["AllowedPattern"].strip("^$()").split("|")
    assert len(kinds) >= 6
    assert not [(one, other) for one in kinds for other in kinds if one != other and one in other]


@pytest.mark.parametrize("path", [HUB, PREDECESSOR])
def test_nobody_can_be_told_to_listen_to_what_fanin_says_of_itself(path: str) -> None:
    pattern = template(path).written["Parameters"]["EventSources"]["AllowedPattern"]
    assert [re.fullmatch(pattern, source) is not None for source in ("", "ours.jobs", "aws.s3", "fanin.hub", "fanin.successor")] == [
        *(True, True, True),
        *(False, False),
    ]


def test_a_hub_looks_into_the_accounts_that_it_was_told_of() -> None:
    for function in ("Collector", "Sweeper"):
        blind, looking = (resolved(template(HUB), ObservedAccounts=accounts) for accounts in ("", "333333333333,444444444444"))
        assert "LookIntoOtherAccounts" not in strings_of(blind[f"{function}Role"])
        (look,) = [one for one in statements_of(looking, f"{function}Role") if one["Sid"] == "LookIntoOtherAccounts"]
        assert look["Resource"] == "arn:${AWS::Partition}:iam::*:role/fanin/fanin-observer-fanin-*"
        assert look["Condition"] == {"StringEquals": {"aws:ResourceAccount": ["333333333333", "444444444444"]}}
        assert variables(looking, f"{function}Function")["FANIN_OBSERVED_ACCOUNTS"] == "333333333333,444444444444"
        everywhere = resolved(template(HUB), ObservedAccounts="*", PredecessorOrganizationId="o-exampleorgid")
        (look,) = [one for one in statements_of(everywhere, f"{function}Role") if one["Sid"] == "LookIntoOtherAccounts"]
        assert look["Condition"] == {"StringEquals": {"aws:ResourceOrgID": "o-exampleorgid"}}


def test_a_predecessor_forwards_everything_or_what_it_is_told() -> None:
    everything = resolved(template(PREDECESSOR), HubBusArn=HUB_BUS)["ForwardRule"]
    narrowed = resolved(template(PREDECESSOR), HubBusArn=HUB_BUS, StateMachineArns=MACHINE)["ForwardRule"]
    assert everything["Name"] == "fanin-predecessor-fanin"
    assert "stateMachineArn" not in everything["EventPattern"]["detail"]
    assert narrowed["EventPattern"]["detail"]["stateMachineArn"] == [MACHINE]


def test_a_predecessor_forwards_the_kinds_that_run_there() -> None:
    usual = resolved(template(PREDECESSOR), HubBusArn=HUB_BUS)
    everything = resolved(template(PREDECESSOR), HubBusArn=HUB_BUS, Kinds=EVERY_KIND.removesuffix(",join"), EventSources="ours.jobs")
    assert forwards(usual) == {"ForwardRule", "ForwardCountsRule"}
    assert len(forwards(everything)) == 8
    hub = resolved(template(HUB), PredecessorAccounts="333333333333", Kinds=EVERY_KIND, EventSources="ours.jobs")
    for rule, forwarding in FORWARDED.items():
        assert hub[rule]["EventPattern"] == everything[forwarding]["EventPattern"]


def test_nobody_looks_into_a_predecessor_that_does_not_say_so() -> None:
    assert "ObserverRole" not in resolved(template(PREDECESSOR), HubBusArn=HUB_BUS)


def test_an_observer_is_the_hub_that_gives_its_bus_and_looks_at_the_kinds_that_run_there() -> None:
    role = resolved(template(PREDECESSOR), HubBusArn=HUB_BUS, Observe="true", Kinds="ecs,glue")["ObserverRole"]
    assert role["RoleName"] == "fanin-observer-fanin-${AWS::Region}"
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": "arn:${AWS::Partition}:iam::111111111111:root"}
    assert trust["Condition"] == {
        "StringEquals": {"sts:ExternalId": HUB_BUS},
        "ArnLike": {"aws:PrincipalArn": "arn:${AWS::Partition}:iam::111111111111:role/fanin/*"},
    }
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert sorted(action for one in statements for action in as_list(one["Action"])) == [
        *("ecs:DescribeTasks", "ecs:ListTasks", "glue:GetJobRun", "glue:GetJobRuns"),
    ]


def test_names_of_a_predecessor_stack_do_not_collide_in_other_regions() -> None:
    """Roles are of the whole account, everything else is of a Region."""
    roles = resolved(template(PREDECESSOR), HubBusArn=HUB_BUS, Observe="true", Kinds=EVERY_KIND.removesuffix(",join"))
    named = {name: one["RoleName"] for name, one in roles.items() if "RoleName" in one}
    assert named == {"ObserverRole": "fanin-observer-fanin-${AWS::Region}"}
    # The longest that IAM takes is 64, of a hub's name 32, of a Region's 14 (ap-northeast-1).
    assert len("fanin-observer-") + 32 + 1 + len("ap-northeast-1") <= 64
