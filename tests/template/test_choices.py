"""What the parameters choose: resources that are there or not, and lists that are never half empty."""

from __future__ import annotations

from typing import Any

from tests.template.given import HUB_BUS, MACHINE, variables
from tests.template.resolved import resolved, strings_of
from tests.template.templates import HUB, SUCCESSOR, template

FOR_OTHER_ACCOUNTS = {"PredecessorsForward", "PredecessorsCount", "SuccessorsReport", "ReceiptsRule"}
SUCCESSOR_BUS = "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"
ROLE = "arn:aws:iam::111111111111:role/operators"


def successor(**given: str) -> dict[str, Any]:
    return resolved(template(SUCCESSOR), HubAccountId="111111111111", HubBusArn=HUB_BUS, TargetStateMachineArns=MACHINE, **given)


def test_a_hub_alone_admits_nobody_and_sends_nowhere() -> None:
    hub = resolved(template(HUB))
    assert not (FOR_OTHER_ACCOUNTS | {"PredecessorsTellResults", "PredecessorsTellEvents"}) & hub.keys()
    policies = [text for one in hub.values() for member in ("PolicyDocument", "Policies") for text in strings_of(one.get(member))]
    assert policies
    assert "" not in policies
    assert "PutReleases" not in strings_of(hub["ForwarderRole"])
    assert variables(hub, "OperatorFunction")["FANIN_ALLOWED_ACCOUNTS"] == "${AWS::AccountId}"
    assert variables(hub, "OperatorFunction")["FANIN_ALLOWED_BUSES"] == ""


def test_the_arrivals_queue_of_a_hub_alone_takes_its_rules_its_sweeper_and_its_collector() -> None:
    _, denied = resolved(template(HUB))["ArrivalsQueuePolicy"]["PolicyDocument"]["Statement"]
    rules = ("Completions", "ForwardedCompletions", "Counts", "Joins")
    assert denied["Condition"]["ArnNotEquals"] == {
        "aws:SourceArn": [f"${{{rule}Rule.Arn}}" for rule in rules],
        "aws:PrincipalArn": ["${SweeperRole.Arn}", "${CollectorRole.Arn}"],
    }


def test_a_hub_with_others_admits_just_these() -> None:
    hub = resolved(
        template(HUB),
        PredecessorAccounts="333333333333, 444444444444",
        SuccessorAccounts="222222222222",
        SuccessorBusArns=SUCCESSOR_BUS,
        RedrivePrincipalArns=ROLE,
    )
    assert hub.keys() >= FOR_OTHER_ACCOUNTS
    assert hub["PredecessorsForward"]["Statement"]["Principal"] == {"AWS": ["333333333333", "444444444444"]}
    assert hub["ForwardedCompletionsRule"]["EventPattern"]["account"] == ["${AWS::AccountId}", "333333333333", "444444444444"]
    assert variables(hub, "OperatorFunction")["FANIN_ALLOWED_ACCOUNTS"] == "${AWS::AccountId},333333333333,444444444444"
    _, denied = hub["ArrivalsQueuePolicy"]["PolicyDocument"]["Statement"]
    assert denied["Condition"]["ArnNotEquals"]["aws:PrincipalArn"] == ["${SweeperRole.Arn}", "${CollectorRole.Arn}", ROLE]
    (releases,) = [one for one in hub["ForwarderRole"]["Policies"][0]["PolicyDocument"]["Statement"] if one["Sid"] == "PutReleases"]
    assert releases["Resource"] == [SUCCESSOR_BUS]


def test_alarms_of_a_stack_without_a_topic_have_no_action() -> None:
    quiet, loud = (resolved(template(HUB), AlarmTopicArn=arn)["ArrivalsAgeAlarm"] for arn in ("", "arn:aws:sns:us-east-1:111111111111:t"))
    assert "AlarmActions" not in quiet
    assert loud["AlarmActions"] == ["arn:aws:sns:us-east-1:111111111111:t"]


def test_a_successor_makes_a_bus_of_its_name() -> None:
    made = successor(SuccessorName="close")
    assert made["Bus"]["Name"] == "close"
    assert variables(made, "StarterFunction")["FANIN_AUDIENCE"].endswith(":event-bus/close")
    assert made["HubReleases"]["Statement"]["Resource"] == variables(made, "StarterFunction")["FANIN_AUDIENCE"]


def test_a_successor_listens_on_a_bus_that_there_is() -> None:
    made = successor(BusName="default")
    assert "Bus" not in made
    assert {made[name]["EventBusName"] for name in ("HubReleases", "ReleasesRule")} == {"default"}
    assert variables(made, "StarterFunction")["FANIN_AUDIENCE"].endswith(":event-bus/default")


def test_nobody_may_put_releases_into_the_queue_unless_somebody_is_named() -> None:
    for roles, excepted in (("", None), (ROLE, [ROLE])):
        _, denied = successor(RedrivePrincipalArns=roles)["ReleasesQueuePolicy"]["PolicyDocument"]["Statement"]
        assert denied["Condition"]["ArnNotEquals"].get("aws:PrincipalArn") == excepted
