"""The three templates as CloudFormation would see them: SAM's own transform, run here without AWS."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform  # type: ignore[import-untyped]  # ships no types
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # ships no types

ROOT = Path(__file__).resolve().parents[2]
HUB, PREDECESSOR, SUCCESSOR = "template.yaml", "stacks/predecessor.yaml", "stacks/successor.yaml"
TEMPLATES = (HUB, PREDECESSOR, SUCCESSOR)
_mutants: dict[str, Template] = {}


@dataclass(frozen=True)
class Statement:
    """One statement of one policy, and the resource of the template that carries the policy."""

    holder: str
    holder_type: str
    body: Mapping[str, Any]

    @property
    def actions(self) -> list[str]:
        return as_list(self.body["Action"])

    @property
    def resources(self) -> list[Any]:
        return as_list(self.body.get("Resource", []))

    @property
    def condition(self) -> Mapping[str, Any]:
        condition: Mapping[str, Any] = self.body.get("Condition", {})
        return condition


@dataclass(frozen=True)
class Template:
    """A transformed template; `written` is the text of it that people edit, parsed."""

    path: str
    written: Mapping[str, Any]
    resources: Mapping[str, Mapping[str, Any]]

    def of_type(self, kind: str) -> dict[str, Mapping[str, Any]]:
        return {name: resource for name, resource in self.resources.items() if resource["Type"] == kind}

    def properties(self, name: str) -> Mapping[str, Any]:
        properties: Mapping[str, Any] = self.resources[name]["Properties"]
        return properties

    def statements(self) -> Iterator[Statement]:
        """Every statement of every policy, of roles, queues, buses and the key; trust policies of roles too."""
        for name, resource in self.resources.items():
            for document in _policies(resource):
                for body in as_list(document["Statement"]):
                    yield Statement(name, resource["Type"], _taken(body))


def template(path: str) -> Template:
    return _mutants.get(path) or _transformed(path)


@contextmanager
def mutated(path: str, change: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Meanwhile the template is another one: `change` gets its sections, Resources as the transform makes them, to change in place."""
    stack = _transformed(path)
    sections = copy.deepcopy({**stack.written, "Resources": dict(stack.resources)})
    change(sections)
    resources = sections.pop("Resources")
    _mutants[path] = Template(path, {**sections, "Resources": stack.written["Resources"]}, resources)
    try:
        yield
    finally:
        del _mutants[path]


@cache
def _transformed(path: str) -> Template:
    written = yaml_parse((ROOT / path).read_text(encoding="utf-8"))
    return Template(path, written, transform(_with_code_in_s3(written), {}, _NoManagedPolicies())["Resources"])


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def text_of(value: Any) -> str:
    """A string as written, the template of a Fn::Sub, or the referenced name in `${}`."""
    match value:
        case str():
            return value
        case {"Fn::Sub": [str(text), _]} | {"Fn::Sub": str(text)}:
            return text
        case {"Ref": str(name)}:
            return "${" + name + "}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return "${" + f"{name}.{attribute}" + "}"
        case _:
            return str(value)


def referenced(value: Any) -> set[str]:
    """The logical names that a value reads by Ref or Fn::GetAtt, at any depth."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return {name}
        case dict():
            return set().union(*map(referenced, value.values()))
        case list():
            return set().union(*map(referenced, value))
        case _:
            return set()


def _policies(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    properties = resource.get("Properties", {})
    match resource["Type"]:
        case "AWS::IAM::Role":
            yield properties["AssumeRolePolicyDocument"]
            yield from (policy["PolicyDocument"] for policy in properties.get("Policies", []))
        case "AWS::IAM::Policy" | "AWS::SQS::QueuePolicy":
            yield properties["PolicyDocument"]
        case "AWS::Events::EventBusPolicy":
            yield {"Statement": [properties["Statement"]]}
        case "AWS::KMS::Key":
            yield properties["KeyPolicy"]


def _taken(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A statement that is there on a condition, as if the condition held."""
    taken: Mapping[str, Any] = body["Fn::If"][1] if "Fn::If" in body else body
    return taken


def _with_code_in_s3(written: Mapping[str, Any]) -> dict[str, Any]:
    """As sam package leaves it: the transform refuses code on this machine's disk."""
    packaged = copy.deepcopy(dict(written))
    for resource in packaged["Resources"].values():
        for member in ("CodeUri", "ContentUri"):
            if member in resource.get("Properties", {}):
                resource["Properties"][member] = "s3://bucket/key"
    return packaged


class _NoManagedPolicies:
    """The templates name none, so none is ever looked up at IAM."""

    def load(self) -> dict[str, str]:
        return {}
