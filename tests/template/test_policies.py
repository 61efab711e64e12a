"""Policies: nothing broader than the list of exceptions in each template's metadata says, with its reason."""

from __future__ import annotations

from typing import Any

from tests.template.resolved import strings_of
from tests.template.templates import HUB, PREDECESSOR, SUCCESSOR, Statement, Template, template, text_of


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


def test_nobody_is_allowed_by_principal_star_but_by_membership_of_an_organization(stack: Template) -> None:
    for statement in stack.statements():
        if statement.body["Effect"] == "Allow":
            principal = statement.body.get("Principal", {})
            if "Fn::If" in principal:
                condition, everybody, principal = principal["Fn::If"]
                assert (condition, everybody) == ("HasOrganization", "*")
                assert statement.condition["StringEquals"]["Fn::If"][:2] == [
                    *("HasOrganization", {"aws:PrincipalOrgID": {"Ref": "PredecessorOrganizationId"}}),
                ]
            assert principal != "*"
            assert principal.get("AWS") != "*"


def test_putting_events_is_held_to_a_source_and_a_detail_type(stack: Template) -> None:
    excepted = {one["In"]: one["Reason"] for one in stack.written["Metadata"]["fanin"].get("AnyEvent", [])}
    puts = [one for one in stack.statements() if "events:PutEvents" in one.actions and one.body["Effect"] == "Allow"]
    assert excepted.keys() == {one.holder for one in puts if not one.condition}
    assert all(len(reason) > 40 for reason in excepted.values())
    for statement in (one for one in puts if one.condition):
        # The detail-types of events of one's own are whatever one likes.
        said = {"events:source"} if statement.holder == "PredecessorsTellEvents" else {"events:source", "events:detail-type"}
        assert statement.condition["ForAllValues:StringEquals"].keys() == said
        # ForAllValues holds for an absent key, too.
        assert statement.condition["Null"] == dict.fromkeys(said, "false")


def test_only_the_forwarder_says_what_the_hub_says() -> None:
    """A release that a join waits for is a notice on the hub bus, so an identity policy of the hub's account must not be enough."""
    assert denied_unless("fanin.hub") == {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["ForwarderRole", "Arn"]}}}


def test_only_starters_say_what_has_started() -> None:
    """Where a successor is in the hub's account, an identity policy would be enough to acknowledge a release that never started."""
    (unless,) = denied_unless("fanin.successor")["ArnNotLike"].values()
    assert text_of(unless) == "arn:${AWS::Partition}:iam::*:role/fanin/*"


def denied_unless(source: str) -> dict[str, Any]:
    """On which conditions the hub's bus denies a source."""
    denied = [one for one in template(HUB).statements() if "events:PutEvents" in one.actions and one.body["Effect"] == "Deny"]
    assert all(one.body["Principal"] == "*" for one in denied)
    (found,) = [one.condition for one in denied if one.condition["ForAnyValue:StringEquals"] == {"events:source": source}]
    return {name: value for name, value in found.items() if name != "ForAnyValue:StringEquals"}


def test_a_predecessors_role_puts_on_the_hub_bus_only() -> None:
    (statement,) = [one for one in template(PREDECESSOR).statements() if "events:PutEvents" in one.actions]
    assert statement.resources == [{"Ref": "HubBusArn"}]


def test_a_predecessors_role_is_assumed_for_its_own_rules_only() -> None:
    stack = template(PREDECESSOR)
    (statement,) = [one for one in stack.statements() if "sts:AssumeRole" in one.actions and one.holder == "ForwardRole"]
    assert statement.condition["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    rules = {text_of(rule["Properties"]["Name"]) for rule in stack.of_type("AWS::Events::Rule").values()}
    arns = [text_of(arn) for arn in statement.condition["ArnEquals"]["aws:SourceArn"]]
    assert {arn.partition(":rule/")[2] for arn in arns} == rules
    assert len(arns) == len(rules) == 8


def test_buses_admit_other_accounts_only_with_a_condition_on_who_puts() -> None:
    admitted = {
        name: policy["Properties"]["Statement"]
        for path in (HUB, SUCCESSOR)
        for name, policy in template(path).of_type("AWS::Events::EventBusPolicy").items()
    }
    denied = [name for name, statement in admitted.items() if statement["Effect"] == "Deny"]
    assert denied == ["OnlyTheForwarderTells", "OnlyStartersReport"]
    by_account_alone = {"PredecessorsTellResults", "PredecessorsTellEvents", "PredecessorsCount"}
    assert admitted.keys() - {*denied, *by_account_alone} == {"PredecessorsForward", "SuccessorsReport", "HubReleases"}
    for name in ("SuccessorsReport", "HubReleases"):
        assert text_of(admitted[name]["Condition"]["ArnLike"]["aws:PrincipalArn"]).endswith(":role/fanin/*")
    # Only AWS can say aws.states and the like, so there the source is the condition on who puts.
    sources = admitted["PredecessorsForward"]["Condition"]["ForAllValues:StringEquals"]["events:source"]
    assert all(one["Fn::If"][1].startswith("aws.") for one in sources)


def test_only_the_forwarder_signs() -> None:
    statements = [one for one in template(HUB).statements() if "kms:Sign" in one.actions]
    assert sorted((one.holder, one.body["Effect"]) for one in statements) == [
        ("ForwarderSigningPolicy", "Allow"),
        ("SecondSigningKey", "Allow"),
        ("SecondSigningKey", "Deny"),
        ("SigningKey", "Allow"),
        ("SigningKey", "Deny"),
    ]
    for denied in (one for one in statements if one.body["Effect"] == "Deny"):
        assert denied.condition == {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["ForwarderRole", "Arn"]}}}
    for allowed in (one for one in statements if one.body["Effect"] == "Allow"):
        assert allowed.condition["StringEquals"] == {"kms:SigningAlgorithm": "ECDSA_SHA_256"}
    for by_key in (one for one in statements if one.holder.endswith("SigningKey") and one.body["Effect"] == "Allow"):
        assert by_key.condition["ArnEquals"] == {"aws:PrincipalArn": {"Fn::GetAtt": ["ForwarderRole", "Arn"]}}


def test_the_account_administers_the_key_but_can_neither_use_nor_grant_it() -> None:
    statements = [one for one in template(HUB).statements() if one.body.get("Sid") == "AccountAdministers"]
    assert {one.holder for one in statements} == {"SigningKey", "SecondSigningKey"}
    for administers in statements:
        assert not {"kms:Sign", "kms:CreateGrant", "kms:ReplicateKey"} & set(administers.actions)
        assert "kms:PutKeyPolicy" in administers.actions  # or nobody could ever change it


def test_starters_start_what_is_configured_and_describe_what_they_named() -> None:
    granted = {action: statement.resources for statement in template(SUCCESSOR).statements() for action in statement.actions}
    assert granted["states:StartExecution"] == [{"Ref": "TargetStateMachineArns"}]
    assert text_of(granted["states:DescribeExecution"][0]).endswith(":execution:*:fanin-*")


def test_events_are_put_on_named_buses_only(stack: Template) -> None:
    buses = {
        *("${HubBus.Arn}", "${SuccessorBusArns}", "${HubBusArn}"),
        # The bus of a successor stack, which may be one that was there before.
        *(
            f"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:event-bus/${{{name}}}"
            for name in ("SuccessorName", "BusName")
        ),
    }
    for statement in stack.statements():
        if "events:PutEvents" in statement.actions:
            named = [one for resource in statement.resources for one in _either(resource)]
            assert {text_of(one) for one in named} <= buses, statement.holder


def test_functions_roles_are_assumed_by_lambda_only(stack: Template) -> None:
    roles = {text_of(one["Properties"]["Role"]).strip("${}").partition(".")[0] for one in stack.of_type("AWS::Lambda::Function").values()}
    for statement in stack.statements():
        if statement.holder in roles and "sts:AssumeRole" in statement.actions and "Principal" in statement.body:
            assert statement.body["Principal"] == {"Service": "lambda.amazonaws.com"}, statement.holder


def test_no_arn_is_of_one_partition(stack: Template) -> None:
    """China and GovCloud have their own."""
    arns = [text for text in strings_of(dict(stack.resources)) if text.startswith("arn:")]
    assert [arn for arn in arns if not arn.startswith("arn:${AWS::Partition}:")] == []


def test_an_observer_may_look_and_nothing_else() -> None:
    looking = [one for one in template(PREDECESSOR).statements() if one.holder == "ObserverRole" and "sts:AssumeRole" not in one.actions]
    verbs = {action.partition(":")[2] for one in looking for action in one.actions}
    assert len(verbs) == 10
    assert all(verb.startswith(("List", "Describe", "Get", "BatchGet")) for verb in verbs)


def _either(resource: Any) -> list[Any]:
    return list(resource["Fn::If"][1:]) if isinstance(resource, dict) and "Fn::If" in resource else [resource]
