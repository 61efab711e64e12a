"""Whether a state passes on what a predecessor reads its key from, as far as both are plain to see.

Only keys that are one name are judged: `environment.BUSINESS_DATE`, `startedBy`, a tag. Where an expression makes the whole object that
the name would be in, nothing can be said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping

from fanin_cli.lint.parameters import Parameters

Names = set[str] | None  # None: not known

_NAMED = re.compile(r'(?:(?P<within>environment|parameters|arguments)\.)?(?P<name>[A-Za-z_][A-Za-z0-9_]*|"(?:[^"\\]|\\.)*")')


def is_not_passed(kind: str, parameters: Parameters, key: Mapping[str, object]) -> bool:
    """Whether work of a kind, started with these parameters, surely lacks what a key is read from."""
    read = _read(key)
    names = _NAMES.get((kind, read[0])) if read is not None else None
    passed = names(parameters) if names is not None and parameters.members else None
    return read is not None and passed is not None and read[1] not in passed


def _read(key: Mapping[str, object]) -> tuple[str, str] | None:
    """Where in the work a key is read from: the object, and the name in it."""
    if isinstance(key.get("tag"), str):
        return "tag", str(key["tag"])
    found = _NAMED.fullmatch(key["input"]) if isinstance(key.get("input"), str) else None  # type: ignore[call-overload]  # a text, as was asked
    if found is None:
        return None
    name = found["name"]
    return found["within"] or "", str(json.loads(name)) if name.startswith('"') else name


def _members(*path: str) -> Callable[[Parameters], Names]:
    """The names of the members of an object among the parameters."""

    def names(parameters: Parameters) -> Names:
        within: Parameters | None = parameters
        for step in path:
            within = _known(within, step) if within is not None else None
        return None if within is None else {name.removesuffix(".$") for name in within.members}

    return names


def _known(parameters: Parameters, name: str) -> Parameters | None:
    """An object among the members, empty when there is none; None when an expression makes it."""
    return None if parameters.expression(name) is not None else parameters.nested(name)


def _listed(parameters: Parameters | None, member: str, name: str) -> Names:
    """The names in a list of objects with a name each."""
    if parameters is None or parameters.expression(member) is not None:
        return None
    found = [one.literal(name) for one in parameters.listed(member)]
    return None if None in found else {one for one in found if one is not None}


def _all(names: Iterable[Names]) -> Names:
    together: set[str] = set()
    for one in names:
        if one is None:
            return None
        together |= one
    return together


def _task_environment(parameters: Parameters) -> Names:
    overrides = _known(parameters, "Overrides")
    if overrides is None or overrides.expression("ContainerOverrides") is not None:
        return None
    return _all(_listed(one, "Environment", "Name") for one in overrides.listed("ContainerOverrides"))


def _task_itself(parameters: Parameters) -> Names:
    names = _members()(parameters) or set()
    return {"command"} | {said for said, given in (("startedBy", "StartedBy"), ("group", "Group")) if given in names}


_NAMES: Mapping[tuple[str, str], Callable[[Parameters], Names]] = {
    ("ecsTask", "environment"): _task_environment,
    ("ecsTask", ""): _task_itself,
    ("ecsTask", "tag"): lambda parameters: None if parameters.literal("PropagateTags") else _listed(parameters, "Tags", "Key"),
    ("glueJob", "arguments"): _members("Arguments"),
    ("batchJob", "environment"): lambda parameters: _listed(_known(parameters, "ContainerOverrides"), "Environment", "Name"),
    ("batchJob", "tag"): _members("Tags"),
    ("lambdaFunction", ""): _members("Payload"),
    ("stateMachine", ""): _members("Input"),
}
