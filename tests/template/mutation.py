"""Breaking a template on purpose, in one place, to see which test notices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.template.templates import template

Change = Callable[[dict[str, Any]], None]
Path = str


@dataclass(frozen=True)
class Mutant:
    """A template that is broken by `change`, and the test that fails on it."""

    test: Callable[..., None]
    path: str
    change: Change
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def run(self) -> None:
        """The test, as pytest would call it on this template."""
        wanted = self.test.__code__.co_varnames[: self.test.__code__.co_argcount]
        function = self.arguments.get("function")
        given: dict[str, Any] = {**self.arguments}
        if "stack" in wanted:
            given["stack"] = template(self.path)
        if function is not None:
            given["function"] = (template(self.path), {"name": function, **template(self.path).properties(function)})
        self.test(**given)


def to(path: Path, value: Any) -> Change:
    """Set what stands at a dotted path under Resources, where `#` is the place in a list."""

    def change(sections: dict[str, Any]) -> None:
        holder, last = _at(sections, path)
        holder[last] = value

    return change


def without(path: Path) -> Change:
    """Take away what stands there."""

    def change(sections: dict[str, Any]) -> None:
        holder, last = _at(sections, path)
        del holder[last]

    return change


def also(path: Path, value: Any) -> Change:
    """Add to the list that stands there."""

    def change(sections: dict[str, Any]) -> None:
        holder, last = _at(sections, path)
        holder[last] = [*(holder[last] if isinstance(holder[last], list) else [holder[last]]), value]

    return change


def _at(sections: dict[str, Any], path: Path) -> tuple[Any, Any]:
    *steps, last = [int(step[1:]) if step.startswith("#") else step for step in path.split(".")]
    holder: Any = sections["Resources"]
    if steps and steps[0] == "^":
        holder, steps = sections, steps[1:]
    for step in steps:
        holder = holder[step]
    return holder, last


def _statement(sections: dict[str, Any], holder: str, sid: str) -> dict[str, Any]:
    properties = sections["Resources"][holder]["Properties"]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])] or [
        properties.get("PolicyDocument") or properties.get("KeyPolicy") or {"Statement": [properties.get("Statement")]}
    ]
    if sid == "Trust":
        documents = [properties["AssumeRolePolicyDocument"]]
    bodies = [body["Fn::If"][1] if "Fn::If" in body else body for document in documents for body in document["Statement"]]
    found: dict[str, Any] = next(body for body in bodies if sid in (body.get("Sid"), "Trust", "Statement"))
    return found


def statement(holder: str, sid: str, **members: Any) -> Change:
    """Set members of a statement; None takes one away."""

    def change(sections: dict[str, Any]) -> None:
        body = _statement(sections, holder, sid)
        for name, value in members.items():
            if value is None:
                body.pop(name)
            else:
                body[name] = value

    return change


def condition(holder: str, sid: str, operator: str, value: Any) -> Change:
    """Set what an operator of a statement's condition compares; None takes it away."""

    def change(sections: dict[str, Any]) -> None:
        found = _statement(sections, holder, sid)["Condition"]
        if value is None:
            found.pop(operator)
        else:
            found[operator] = value

    return change


def every(kind: str, path: Path, value: Any) -> Change:
    """Set a property of all resources of a type."""

    def change(sections: dict[str, Any]) -> None:
        for name, resource in sections["Resources"].items():
            if resource["Type"] == kind:
                to(f"{name}.{path}", value)(sections)

    return change
