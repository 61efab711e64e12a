"""Rules: what they match, and that nothing they match can be lost."""

from __future__ import annotations

import pytest

from tests.template.templates import HUB, PREDECESSOR, SUCCESSOR, Template, referenced, template

REPORTED = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
A_DAY_S = 86_400


def test_every_target_has_dead_letters_and_a_retry_policy(stack: Template) -> None:
    for name, rule in stack.of_type("AWS::Events::Rule").items():
        for target in rule["Properties"]["Targets"]:
            assert target["DeadLetterConfig"]["Arn"], name
            assert target["RetryPolicy"].keys() == {"MaximumEventAgeInSeconds", "MaximumRetryAttempts"}, name


def test_events_are_retried_for_as_long_as_eventbridge_can(stack: Template) -> None:
    for name, rule in stack.of_type("AWS::Events::Rule").items():
        if "EventPattern" in rule["Properties"]:
            (target,) = rule["Properties"]["Targets"]
            assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": A_DAY_S, "MaximumRetryAttempts": 185}, name


def test_the_dead_letter_queue_of_a_target_admits_its_rule(stack: Template) -> None:
    for name, rule in stack.of_type("AWS::Events::Rule").items():
        for target in rule["Properties"]["Targets"]:
            (queue,) = referenced(target["DeadLetterConfig"])
            admitting = [
                one for one in stack.statements() if queue in referenced(one.body.get("Resource")) and one.body["Effect"] == "Allow"
            ]
            assert any(name in referenced(one.condition) for one in admitting), (name, queue)


@pytest.mark.parametrize(("path", "rule"), [(HUB, "CompletionsRule"), (PREDECESSOR, "ForwardRule")])
def test_completions_are_executions_that_started_or_ended(path: str, rule: str) -> None:
    pattern = template(path).properties(rule)["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == (["aws.states"], ["Step Functions Execution Status Change"])
    assert pattern["detail"]["status"] == REPORTED


@pytest.mark.parametrize(
    ("path", "rule", "account"),
    [
        (HUB, "ReceiptsRule", {"Ref": "SuccessorAccounts"}),
        (SUCCESSOR, "ReleasesRule", [{"Ref": "HubAccountId"}]),
    ],
)
def test_what_other_accounts_send_is_pinned_to_their_accounts(path: str, rule: str, account: object) -> None:
    assert template(path).properties(rule)["EventPattern"]["account"] == account


def test_what_is_forwarded_to_another_bus_goes_with_a_role() -> None:
    for name, rule in template(PREDECESSOR).of_type("AWS::Events::Rule").items():
        (target,) = rule["Properties"]["Targets"]
        assert (target["Arn"], target["RoleArn"]) == ({"Ref": "HubBusArn"}, {"Fn::GetAtt": ["ForwardRole", "Arn"]}), name


def test_no_target_changes_the_event(stack: Template) -> None:
    for rule in stack.of_type("AWS::Events::Rule").values():
        for target in rule["Properties"]["Targets"]:
            assert not {"Input", "InputPath", "InputTransformer"} & target.keys()


def test_the_predecessor_stack_is_plain_cloudformation_for_stack_sets() -> None:
    assert "Transform" not in template(PREDECESSOR).written
    assert not template(PREDECESSOR).of_type("AWS::Lambda::Function")
