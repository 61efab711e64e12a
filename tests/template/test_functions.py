"""Functions: everything explicit, and a role for each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.templates import HUB, SUCCESSOR, Template, referenced, template, text_of

EVERYWHERE = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
# What fanin.settings is asked for, by function.
SETTINGS = {
    "CollectorFunction": {
        "FANIN_TABLE",
        "FANIN_ISSUER",
        "FANIN_HUB_BUS_ARN",
        "FANIN_ARRIVALS_QUEUE_URL",
        "FANIN_DEPARTURES_QUEUE_URL",
        "FANIN_QUARANTINE_QUEUE_URL",
        "FANIN_PLAN_CACHE_S",
        "FANIN_OBSERVED_ACCOUNTS",
    },
    "ForwarderFunction": {"FANIN_TABLE", "FANIN_ISSUER", "FANIN_SIGNING_KEY", "FANIN_HUB_BUS_ARN"},
    "SweeperFunction": {
        "FANIN_TABLE",
        "FANIN_HUB_BUS_ARN",
        "FANIN_ARRIVALS_QUEUE_URL",
        "FANIN_DEPARTURES_QUEUE_URL",
        "FANIN_OBSERVED_ACCOUNTS",
    },
    "OperatorFunction": {
        "FANIN_TABLE",
        "FANIN_HUB_BUS_ARN",
        "FANIN_OBSERVED_ACCOUNTS",
        "FANIN_ALLOWED_ACCOUNTS",
        "FANIN_ALLOWED_BUSES",
        "FANIN_KINDS",
        "FANIN_EVENT_SOURCES",
        "FANIN_PLAN_CACHE_S",
    },
    "ViewerFunction": {
        *("FANIN_TABLE", "FANIN_ISSUER", "FANIN_HUB_ACCOUNT", "FANIN_HUB_BUS_ARN", "FANIN_OBSERVED_ACCOUNTS", "FANIN_SIGNING_KEYS"),
        *("FANIN_SIGNING_KEY", "FANIN_NEXT_SIGNING_KEY", "FANIN_PREVIOUS_SIGNING_KEY"),
    },
    "StarterFunction": {
        "FANIN_TRUST_PARAMETER",
        "FANIN_AUDIENCE",
        "FANIN_TARGET_NAMES",
        "FANIN_TARGET_STATE_MACHINES",
        "FANIN_HUB_BUS_ARN",
        "FANIN_QUARANTINE_QUEUE_URL",
    },
}


@pytest.fixture(params=SETTINGS)
def function(request: pytest.FixtureRequest) -> tuple[Template, dict[str, Any]]:
    stack = template(SUCCESSOR if request.param == "StarterFunction" else HUB)
    return stack, {"name": request.param, **stack.properties(request.param)}


def test_there_are_six() -> None:
    assert (
        template(HUB).of_type("AWS::Lambda::Function").keys() | template(SUCCESSOR).of_type("AWS::Lambda::Function").keys()
        == SETTINGS.keys()
    )


def test_each_has_its_own_role(stack: Template) -> None:
    functions = stack.of_type("AWS::Lambda::Function")
    roles = {name: text_of(function["Properties"]["Role"]) for name, function in functions.items()}
    assert roles == {name: "${" + name.removesuffix("Function") + "Role.Arn}" for name in functions}


def test_roles_use_no_managed_policies_and_live_under_one_path(stack: Template) -> None:
    for role in stack.of_type("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role["Properties"]
        assert role["Properties"]["Path"] == "/fanin/"


def test_name_timeout_memory_and_tracing_are_explicit(function: tuple[Template, dict[str, Any]]) -> None:
    properties = function[1]
    assert properties.keys() >= {"FunctionName", "Description", "Timeout", "MemorySize", "Layers"}
    assert properties["TracingConfig"] == {"Mode": "Active"}
    assert properties["Handler"] == "app.handler"


def test_runtime_and_architecture_are_parameters(function: tuple[Template, dict[str, Any]]) -> None:
    properties = function[1]
    assert (properties["Runtime"], properties["Architectures"]) == ({"Ref": "Runtime"}, [{"Ref": "Architecture"}])


def test_its_log_group_has_its_name_and_a_retention(function: tuple[Template, dict[str, Any]]) -> None:
    stack, properties = function
    (group,) = referenced(properties["LoggingConfig"])
    assert text_of(stack.properties(group)["LogGroupName"]) == "/aws/lambda/" + text_of(properties["FunctionName"])
    assert stack.properties(group)["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert stack.resources[group]["DeletionPolicy"] == "Delete"


def test_its_environment_is_what_its_settings_are_read_from(function: tuple[Template, dict[str, Any]]) -> None:
    variables = function[1]["Environment"]["Variables"]
    assert variables.keys() - EVERYWHERE - {"AWS_ENDPOINT_URL"} == SETTINGS[function[1]["name"]]
    assert variables.keys() >= EVERYWHERE
    assert variables["AWS_ENDPOINT_URL"] == {"Ref": "AWS::NoValue"}


def test_the_sweep_is_shorter_than_its_minute_and_is_not_repeated() -> None:
    hub = template(HUB)
    assert hub.properties("SweeperFunction")["Timeout"] < 60
    (invocation,) = hub.of_type("AWS::Lambda::EventInvokeConfig").values()
    assert invocation["Properties"]["MaximumRetryAttempts"] == 0


def test_only_the_schedule_may_invoke_a_function_by_its_policy(stack: Template) -> None:
    permissions = stack.of_type("AWS::Lambda::Permission").values()
    assert all(permission["Properties"]["SourceArn"] == {"Fn::GetAtt": ["SweepRule", "Arn"]} for permission in permissions)
    assert len(permissions) == (1 if stack.path == HUB else 0)
