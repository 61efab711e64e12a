"""A transformed template with its parameters filled in: the functions that our templates use, as CloudFormation defines them.

What only a deployed stack knows stays a placeholder, `${Table}` or `${Table.Arn}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.template.templates import Template, as_list

_ABSENT = object()
_VARIABLE = re.compile(r"\$\{([^!}]+)\}")


def resolved(stack: Template, **given: str) -> dict[str, Any]:
    """The properties of the resources that these parameters make, by logical name; the others have their defaults."""
    parameters = {
        name: _typed(parameter, given.get(name, parameter.get("Default", ""))) for name, parameter in stack.written["Parameters"].items()
    }
    resolver = _Resolver(parameters, stack.written["Conditions"])
    made = {name: one for name, one in stack.resources.items() if "Condition" not in one or resolver.holds(one["Condition"])}
    return {name: resolver.value(one.get("Properties", {})) for name, one in made.items()}


def strings_of(value: Any) -> list[str]:
    """Every string in a value, at any depth."""
    match value:
        case str():
            return [value]
        case dict():
            return [text for item in value.values() for text in strings_of(item)]
        case list():
            return [text for item in value for text in strings_of(item)]
        case _:
            return []


def _typed(parameter: Mapping[str, Any], value: Any) -> Any:
    # A list that is given as "" has one item, "".
    return [item.strip() for item in str(value).split(",")] if parameter["Type"] == "CommaDelimitedList" else value


@dataclass(frozen=True)
class _Resolver:
    parameters: Mapping[str, Any]
    conditions: Mapping[str, Any]

    def holds(self, name: str) -> bool:
        return bool(self.value(self.conditions[name]))

    def value(self, node: Any) -> Any:
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not _ABSENT]
        if not isinstance(node, dict):
            return node
        (name, *others) = node or {"": ""}
        # A policy statement has a member of the same name as the reference to a condition.
        if not others and name in _FUNCTIONS and not (name == "Condition" and isinstance(node[name], dict)):
            return _FUNCTIONS[name](self, node[name])
        members = {key: self.value(item) for key, item in node.items()}
        return {key: item for key, item in members.items() if item is not _ABSENT}

    def ref(self, name: str) -> Any:
        return _ABSENT if name == "AWS::NoValue" else self.parameters.get(name, "${" + name + "}")

    def substituted(self, text: str, variables: Any = None) -> str:
        known = {**self.parameters, **self.value(variables or {})}
        return _VARIABLE.sub(lambda found: str(known.get(found[1], found[0])), text)


_FUNCTIONS: Mapping[str, Callable[[_Resolver, Any], Any]] = {
    "Ref": _Resolver.ref,
    "Fn::GetAtt": lambda _, names: "${" + ".".join(names) + "}",
    "Fn::Sub": lambda resolver, given: resolver.substituted(*as_list(given)),
    "Fn::If": lambda resolver, given: resolver.value(given[1] if resolver.holds(given[0]) else given[2]),
    "Fn::Join": lambda resolver, given: given[0].join(resolver.value(given[1])),
    "Fn::Split": lambda resolver, given: resolver.value(given[1]).split(given[0]),
    "Fn::Select": lambda resolver, given: resolver.value(given[1])[given[0]],
    "Fn::Equals": lambda resolver, given: resolver.value(given[0]) == resolver.value(given[1]),
    "Fn::Not": lambda resolver, given: not resolver.value(given[0]),
    "Fn::Or": lambda resolver, given: any(resolver.value(one) for one in given),
    "Fn::And": lambda resolver, given: all(resolver.value(one) for one in given),
    "Condition": lambda resolver, given: resolver.holds(given),
}
