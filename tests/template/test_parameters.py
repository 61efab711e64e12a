"""Parameters, outputs, and the environments of samconfig.toml that fill them in."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tests.template.templates import HUB, ROOT, SUCCESSOR, TEMPLATES, Template, template

LISTS_OF_THE_HUB = ("PredecessorAccounts", "SuccessorBusArns", "SuccessorAccounts", "RedrivePrincipalArns")
NEWEST_RUNTIME = "python3.14"
ENVIRONMENTS = {name: values for name, values in tomllib.loads((ROOT / "samconfig.toml").read_text()).items() if name != "version"}


def parameters(stack: Template) -> dict[str, Any]:
    return dict(stack.written["Parameters"])


def overrides(environment: str) -> dict[str, str]:
    given: dict[str, str] = ENVIRONMENTS[environment].get("global", {}).get("parameters", {}).get("parameter_overrides", {})
    return given


def test_every_parameter_is_described_and_used(stack: Template) -> None:
    text = (ROOT / stack.path).read_text(encoding="utf-8")
    body = text.partition("\nConditions:")[2]
    for name, parameter in parameters(stack).items():
        assert parameter["Description"], name
        assert f"!Ref {name}" in body or "${" + name + "}" in body, name


def test_the_hub_deploys_with_defaults_alone() -> None:
    hub = parameters(template(HUB))
    assert all("Default" in parameter for parameter in hub.values())
    assert [hub[name]["Default"] for name in LISTS_OF_THE_HUB] == [""] * 4


def test_a_successor_cannot_be_deployed_without_saying_whom_it_trusts_with_what() -> None:
    asked = {name for name, parameter in parameters(template(SUCCESSOR)).items() if "Default" not in parameter}
    assert asked == {"HubAccountId", "HubBusArn", "TrustDocument", "TargetNames", "TargetStateMachineArns"}


@pytest.mark.parametrize("path", [HUB, SUCCESSOR])
def test_code_is_built_for_the_newest_runtime_unless_told_otherwise(path: str) -> None:
    runtime = parameters(template(path))["Runtime"]
    assert runtime["Default"] == runtime["AllowedValues"][-1] == NEWEST_RUNTIME
    assert template(path).written["Resources"]["FaninLayer"]["Metadata"]["BuildMethod"] == {"Ref": "Runtime"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_names_parameters_of_its_template(environment: str) -> None:
    path = ENVIRONMENTS[environment].get("build", {}).get("parameters", {}).get("template_file", HUB)
    assert path in TEMPLATES
    assert overrides(environment).keys() <= parameters(template(path)).keys()


@pytest.mark.parametrize("environment", [name for name in ENVIRONMENTS if name.startswith("local-")])
def test_local_environments_keep_their_builds_apart(environment: str) -> None:
    build, deploy = (ENVIRONMENTS[environment][command]["parameters"] for command in ("build", "deploy"))
    assert build["build_dir"] == f".aws-sam/{environment}"
    assert deploy["template_file"] == f".aws-sam/{environment}/template.yaml"


@pytest.mark.parametrize("other", TEMPLATES)
@pytest.mark.parametrize("path", TEMPLATES)
def test_one_stack_cannot_be_deployed_as_another(path: str, other: str) -> None:
    """What was built last may be of another stack: then a parameter must be missing, or one that was given not be there."""
    if path != other:
        given = {"AlarmTopicArn"} | ({name for name, one in parameters(template(path)).items() if "Default" not in one})
        wanted = {name for name, one in parameters(template(other)).items() if "Default" not in one}
        assert wanted - given or given - parameters(template(other)).keys()


@pytest.mark.parametrize("environment", [name for name in ENVIRONMENTS if name != "default"])
def test_changes_are_confirmed_except_on_this_machine(environment: str) -> None:
    assert ENVIRONMENTS[environment]["deploy"]["parameters"]["confirm_changeset"] is not environment.startswith("local-")


def test_no_environment_for_aws_holds_accounts_or_keys() -> None:
    assert not any(overrides(name) for name in ("hub", "predecessor", "successor"))


def test_the_default_environment_cannot_deploy() -> None:
    assert "stack_name" not in str(ENVIRONMENTS["default"])


def test_what_other_stacks_ask_for_is_an_output() -> None:
    hub, successor = template(HUB).written["Outputs"], template(SUCCESSOR).written["Outputs"]
    assert {"HubAccountId", "HubBusArn", "Issuer", "OperatorFunctionArn", "ViewerFunctionName"} <= hub.keys()
    assert {"AccountId", "BusArn"} <= successor.keys()
