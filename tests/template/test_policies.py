"""Policies: nothing broader than the list of exceptions in each template's metadata says, with its reason."""

from __future__ import annotations

from typing import Any

from tests.template.templates import HUB, PREDECESSOR, SUCCESSOR, Statement, Template, as_list, template, text_of


def wildcards(stack: Template) -> list[dict[str, Any]]:
    exceptions: list[dict[str, Any]] = stack.written["Metadata"]["fanin"]["Wildcards"]
    return exceptions


def is_excepted(statement: Statement, resource: str, exception: dict[str, Any]) -> bool:
    if not (resource == exception["Resource"] == "*" or (exception["Resource"] != "*" and resource.endswith(exception["Resource"]))):
        return False
    return statement.holder == exception.get("In") if "In" in exception else set(statement.actions) <= set(exception["Actions"])


def wild_resources(stack: Template) -> list[tuple[Statement, str]]:
    allowing = (statement for statement in stack.statements() if statement.body["Effect"] == "Allow")
    return [
        (statement, text_of(resource))
        for statement in allowing
        for resource in statement.resources
        if "*" in text_of(resource)
    ]  # fmt: skip


def test_every_wildcard_resource_is_a_listed_exception(stack: Template) -> None:
    for statement, resource in wild_resources(stack):
        assert any(is_excepted(statement, resource, exception) for exception in wildcards(stack)), (statement.holder, resource)


def test_every_listed_exception_is_needed_and_says_why(stack: Template) -> None:
    for exception in wildcards(stack):
        assert any(is_excepted(statement, resource, exception) for statement, resource in wild_resources(stack)), exception
        assert len(exception["Reason"]) > 40


def test_no_policy_allows_a_wildcard_action(stack: Template) -> None:
    for statement in stack.statements():
        assert not [action for action in statement.actions if "*" in action], statement.holder


def test_nobody_is_allowed_by_principal_star(stack: Template) -> None:
    for statement in stack.statements():
        if statement.body["Effect"] == "Allow":
            assert "*" not in as_list(statement.body.get("Principal", {"none": ""}))
            assert statement.body.get("Principal", {}).get("AWS") != "*"


def test_putting_events_is_held_to_a_source_and_a_detail_type() -> None:
    puts = [statement for path in (HUB, SUCCESSOR) for statement in template(path).statements() if "events:PutEvents" in statement.actions]
    assert len(puts) == 6
    for statement in puts:
        assert statement.condition["ForAllValues:StringEquals"].keys() == {"events:source", "events:detail-type"}
        # ForAllValues holds for an absent key, too.
        assert statement.condition["Null"] == {"events:source": "false", "events:detail-type": "false"}


def test_a_predecessors_role_puts_on_the_hub_bus_only() -> None:
    (statement,) = [one for one in template(PREDECESSOR).statements() if "events:PutEvents" in one.actions]
    assert statement.resources == [{"Ref": "HubBusArn"}]


def test_a_predecessors_role_is_assumed_for_its_own_rule_only() -> None:
    (statement,) = [one for one in template(PREDECESSOR).statements() if "sts:AssumeRole" in one.actions]
    assert statement.condition["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    rule = template(PREDECESSOR).properties("ForwardRule")["Name"]
    assert text_of(statement.condition["ArnEquals"]["aws:SourceArn"]).endswith(":rule/" + text_of(rule))


def test_buses_admit_other_accounts_only_with_a_condition_on_who_puts() -> None:
    admitted = {
        name: policy["Properties"]["Statement"]
        for path in (HUB, SUCCESSOR)
        for name, policy in template(path).of_type("AWS::Events::EventBusPolicy").items()
    }
    assert admitted.keys() == {"PredecessorsForward", "SuccessorsReport", "HubReleases"}
    for name in ("SuccessorsReport", "HubReleases"):
        assert text_of(admitted[name]["Condition"]["ArnLike"]["aws:PrincipalArn"]).endswith(":role/fanin/*")
    # Only AWS can say aws.states, so there the source is the condition on who puts.
    assert admitted["PredecessorsForward"]["Condition"]["ForAllValues:StringEquals"]["events:source"] == "aws.states"


def test_only_the_forwarder_signs() -> None:
    statements = [one for one in template(HUB).statements() if "kms:Sign" in one.actions]
    assert sorted((one.holder, one.body["Effect"]) for one in statements) == [
        ("ForwarderSigningPolicy", "Allow"),
        ("SigningKey", "Allow"),
        ("SigningKey", "Deny"),
    ]
    (denied,) = [one for one in statements if one.body["Effect"] == "Deny"]
    assert denied.condition == {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["ForwarderRole", "Arn"]}}}
    for allowed in (one for one in statements if one.body["Effect"] == "Allow"):
        assert allowed.condition["StringEquals"] == {"kms:SigningAlgorithm": "ECDSA_SHA_256"}
    (by_key,) = [one for one in statements if one.holder == "SigningKey" and one.body["Effect"] == "Allow"]
    assert by_key.condition["ArnEquals"] == {"aws:PrincipalArn": {"Fn::GetAtt": ["ForwarderRole", "Arn"]}}


def test_the_account_administers_the_key_but_can_neither_use_nor_grant_it() -> None:
    (administers,) = [one for one in template(HUB).statements() if one.body.get("Sid") == "AccountAdministers"]
    assert not {"kms:Sign", "kms:CreateGrant", "kms:ReplicateKey"} & set(administers.actions)
    assert "kms:PutKeyPolicy" in administers.actions  # or nobody could ever change it


def test_starters_start_what_is_configured_and_describe_what_they_named() -> None:
    granted = {action: statement.resources for statement in template(SUCCESSOR).statements() for action in statement.actions}
    assert granted["states:StartExecution"] == [{"Ref": "TargetStateMachineArns"}]
    assert text_of(granted["states:DescribeExecution"][0]).endswith(":execution:*:fanin-*")
