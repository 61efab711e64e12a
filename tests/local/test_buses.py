"""The bridge between accounts: who may put what on another account's bus, and what becomes of what may not."""

import json
from typing import Any

import pytest

from local import LocalAws
from tests.local.world import (
    RECEIVER,
    SENDER,
    THIRD,
    allow,
    bus_arn,
    event,
    let,
    make_bus,
    make_queue,
    make_role,
    make_rule,
)

pytestmark = pytest.mark.e2e


def put(aws: LocalAws, account: str, *entries: dict[str, Any]) -> list[Any]:
    answer = aws.client(account, "events").put_events(Entries=list(entries))
    assert answer["FailedEntryCount"] == sum("ErrorCode" in entry for entry in answer["Entries"])
    return list(answer["Entries"])


def from_sender(bus: str, condition: dict[str, Any] | None = None, principal: Any = f"arn:aws:iam::{SENDER}:root") -> dict[str, Any]:
    rest = {"Condition": condition} if condition else {}
    return allow("events:PutEvents", bus_arn(RECEIVER, bus), Principal={"AWS": principal} if principal != "*" else "*", **rest)


def test_an_event_arrives_with_the_senders_account(local_aws: LocalAws) -> None:
    seen = make_bus(local_aws, RECEIVER, "arrives")
    let(local_aws, RECEIVER, "arrives", from_sender("arrives"))
    sent = put(local_aws, SENDER, event(bus_arn(RECEIVER, "arrives"), day="2026-03-31"))
    (body,) = seen.bodies()
    arrived = json.loads(body)
    assert (arrived["account"], arrived["source"], arrived["detail"]) == (SENDER, "demo", {"day": "2026-03-31"})
    assert arrived["id"] == sent[0]["EventId"]


def test_a_bus_takes_from_its_own_account_what_its_policy_does_not_deny(local_aws: LocalAws) -> None:
    seen = make_bus(local_aws, RECEIVER, "denies")
    denied = {"Condition": {"ForAnyValue:StringEquals": {"events:source": "ours"}}, "Principal": "*"}
    let(local_aws, RECEIVER, "denies", {**allow("events:PutEvents", bus_arn(RECEIVER, "denies"), **denied), "Effect": "Deny"})
    taken, refused = put(local_aws, RECEIVER, event("denies", "theirs"), event(bus_arn(RECEIVER, "denies"), "ours"))
    assert ("ErrorCode" in taken, refused.get("ErrorCode")) == (False, "AccessDeniedException")
    assert [json.loads(body)["source"] for body in seen.bodies()] == ["theirs"]


@pytest.mark.parametrize("account", [SENDER, RECEIVER])
def test_a_rule_forwards_to_a_bus_in_another_region(local_aws: LocalAws, account: str) -> None:
    """An event keeps its Region. In the bus's own account the role is enough."""
    name = f"from-afar-{account[0]}"
    seen = make_bus(local_aws, RECEIVER, name)
    let(local_aws, RECEIVER, name, from_sender(name))
    role = make_role(local_aws, account, name, allow("events:PutEvents", bus_arn(RECEIVER, name)))
    events = local_aws.client(account, "events", "eu-central-1")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "it", "Arn": bus_arn(RECEIVER, name), "RoleArn": role}])
    events.put_events(Entries=[event("default", name)])
    (body,) = seen.bodies()
    assert (json.loads(body)["account"], json.loads(body)["region"]) == (account, "eu-central-1")


def test_a_bus_without_a_policy_takes_nothing_from_outside(local_aws: LocalAws) -> None:
    seen = make_bus(local_aws, RECEIVER, "closed")
    (refused,) = put(local_aws, SENDER, event(bus_arn(RECEIVER, "closed")))
    assert refused["ErrorCode"] == "AccessDeniedException"
    assert seen.bodies(expected=0) == []


def test_another_account_than_the_policy_names_is_refused(local_aws: LocalAws) -> None:
    make_bus(local_aws, RECEIVER, "not-you")
    let(local_aws, RECEIVER, "not-you", from_sender("not-you"))
    (refused,) = put(local_aws, THIRD, event(bus_arn(RECEIVER, "not-you")))
    assert refused["ErrorCode"] == "AccessDeniedException"


def test_a_deny_beats_an_allow(local_aws: LocalAws) -> None:
    make_bus(local_aws, RECEIVER, "denied")
    let(local_aws, RECEIVER, "denied", from_sender("denied"), {**from_sender("denied"), "Effect": "Deny"})
    assert put(local_aws, SENDER, event(bus_arn(RECEIVER, "denied")))[0]["ErrorCode"] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("name", "condition", "lets"),
    [
        ("source", {"StringEquals": {"events:source": "demo"}}, True),
        ("other-source", {"StringEquals": {"events:source": "fanin.hub"}}, False),
        ("type", {"StringEquals": {"events:detail-type": ["Thing Done", "Other"]}}, True),
        ("other-type", {"StringEquals": {"events:detail-type": "Other"}}, False),
        ("both", {"StringEquals": {"events:source": "demo", "events:detail-type": "Other"}}, False),
        ("like", {"StringLike": {"events:source": "de*"}}, True),
        ("set", {"ForAllValues:StringEquals": {"events:source": ["demo"]}, "Null": {"events:source": "false"}}, True),
        ("other-set", {"ForAllValues:StringEquals": {"events:source": ["x"]}, "Null": {"events:source": "false"}}, False),
        ("account", {"StringEquals": {"aws:PrincipalAccount": SENDER}}, True),
        ("org", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ("rule", {"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/*"}}, False),
    ],
)
def test_conditions_of_the_bus_policy_hold(local_aws: LocalAws, name: str, condition: dict[str, Any], lets: bool) -> None:
    bus = f"condition-{name}"
    make_bus(local_aws, RECEIVER, bus)
    let(local_aws, RECEIVER, bus, from_sender(bus, condition, principal="*"))
    (entry,) = put(local_aws, SENDER, event(bus_arn(RECEIVER, bus)))
    assert entry.get("ErrorCode") == (None if lets else "AccessDeniedException")


def test_a_role_may_be_named_as_the_principal(local_aws: LocalAws) -> None:
    make_bus(local_aws, RECEIVER, "for-role")
    named = make_role(local_aws, SENDER, "named", allow("events:PutEvents", bus_arn(RECEIVER, "for-role")))
    make_role(local_aws, SENDER, "unnamed", allow("events:PutEvents", bus_arn(RECEIVER, "for-role")))
    condition = {"ArnEquals": {"aws:PrincipalArn": named}}
    let(local_aws, RECEIVER, "for-role", from_sender("for-role", condition, principal=named))
    answers = {
        role: local_aws.assumed(SENDER, role).client("events").put_events(Entries=[event(bus_arn(RECEIVER, "for-role"))])
        for role in ("named", "unnamed")
    }
    assert answers["named"]["FailedEntryCount"] == 0
    assert answers["unnamed"]["Entries"][0]["ErrorCode"] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (event(bus_arn(RECEIVER, "strict"), source="aws.states"), "NotAuthorizedForSourceException"),
        (event("default", source="aws.states"), "NotAuthorizedForSourceException"),
        ({**event(bus_arn(RECEIVER, "strict")), "Detail": '{"a":'}, "MalformedDetail"),
        ({**event(bus_arn(RECEIVER, "strict")), "Detail": "[1]"}, "MalformedDetail"),
        ({**event("default"), "DetailType": ""}, "InvalidArgument"),
    ],
)
def test_an_entry_is_refused_alone(local_aws: LocalAws, entry: dict[str, Any], code: str) -> None:
    assert [result.get("ErrorCode") for result in put(local_aws, SENDER, entry, event("default"))] == [code, None]


def test_a_rule_carries_an_event_over_with_its_role(local_aws: LocalAws) -> None:
    seen = make_bus(local_aws, RECEIVER, "by-rule")
    let(local_aws, RECEIVER, "by-rule", from_sender("by-rule"))
    role = make_role(local_aws, SENDER, "carrier", allow("events:PutEvents", bus_arn(RECEIVER, "by-rule")))
    make_rule(local_aws, SENDER, "over", {"source": ["by.rule"]}, {"Arn": bus_arn(RECEIVER, "by-rule"), "RoleArn": role})
    put(local_aws, SENDER, event(source="by.rule", n=1))
    (body,) = seen.bodies()
    assert (json.loads(body)["account"], json.loads(body)["source"]) == (SENDER, "by.rule")


@pytest.mark.parametrize("missing", ["identity", "resource", "trust"])
def test_what_a_rule_may_not_deliver_goes_to_its_dead_letter_queue(local_aws: LocalAws, missing: str) -> None:
    name = f"without-{missing}"
    seen = make_bus(local_aws, RECEIVER, name)
    if missing != "resource":
        let(local_aws, RECEIVER, name, from_sender(name))
    statements = [] if missing == "identity" else [allow("events:PutEvents", bus_arn(RECEIVER, name))]
    role = make_role(local_aws, SENDER, name, *statements, trusted=("lambda",) if missing == "trust" else ("events",))
    dead = make_queue(local_aws, SENDER, f"{name}-dead")
    target = {"Arn": bus_arn(RECEIVER, name), "RoleArn": role, "DeadLetterConfig": {"Arn": dead.arn}}
    make_rule(local_aws, SENDER, name, {"source": [name]}, target)
    put(local_aws, SENDER, event(source=name))
    (letter,) = dead.messages()
    assert json.loads(letter["Body"])["source"] == name
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert seen.bodies(expected=0) == []


def test_a_policy_that_is_removed_and_restored_closes_and_opens_the_bus(local_aws: LocalAws) -> None:
    make_bus(local_aws, RECEIVER, "reopened")
    let(local_aws, RECEIVER, "reopened", {**from_sender("reopened"), "Sid": "hub"})
    entry = event(bus_arn(RECEIVER, "reopened"))
    events = local_aws.client(RECEIVER, "events")
    events.remove_permission(EventBusName="reopened", StatementId="hub")
    closed = put(local_aws, SENDER, entry)
    events.put_permission(EventBusName="reopened", StatementId="hub", Principal=SENDER, Action="events:PutEvents")
    assert (closed[0]["ErrorCode"], put(local_aws, SENDER, entry)[0].get("ErrorCode")) == ("AccessDeniedException", None)


def test_an_event_from_another_account_is_not_forwarded_to_a_third(local_aws: LocalAws) -> None:
    make_bus(local_aws, RECEIVER, "relay")
    let(local_aws, RECEIVER, "relay", from_sender("relay"))
    end = make_bus(local_aws, THIRD, "end")
    let(local_aws, THIRD, "end", allow("events:PutEvents", bus_arn(THIRD, "end"), Principal={"AWS": f"arn:aws:iam::{RECEIVER}:root"}))
    role = make_role(local_aws, RECEIVER, "relay", allow("events:PutEvents", bus_arn(THIRD, "end")))
    make_rule(local_aws, RECEIVER, "relay", {"source": ["demo"]}, {"Arn": bus_arn(THIRD, "end"), "RoleArn": role}, bus="relay")
    put(local_aws, SENDER, event(bus_arn(RECEIVER, "relay")))
    put(local_aws, RECEIVER, event("relay", own=True))
    assert [json.loads(body)["detail"] for body in end.bodies()] == [{"own": True}]
