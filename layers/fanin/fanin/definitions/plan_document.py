"""The plan document: a plan as JSON, the form it is stored in.

Plans outlive releases of fanin: a run is decided by the plan it opened with, weeks later perhaps. So the format is numbered, what a
number means never changes, and a number from the future is refused instead of read half.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeVar

from fanin.domain.completion import Source, SourceKind
from fanin.domain.condition import AtLeast, Condition, Slot
from fanin.domain.errors import ConfigurationError
from fanin.domain.plan import KeyKind, KeyRule, Plan, Predecessor, Successor

FORMAT = 1

T = TypeVar("T")


def plan_to_document(plan: Plan) -> dict[str, object]:
    """The plan as JSON values; slots are the positions of `predecessors`."""
    return {
        "format": FORMAT,
        "join": plan.join,
        "version": plan.version,
        "digest": plan.digest,
        "description": plan.description,
        "key": {"kind": plan.key.kind.value, "expression": plan.key.expression},
        "predecessors": [
            {"name": predecessor.name, "source": {"kind": predecessor.source.kind.value, "arn": predecessor.source.arn}}
            for predecessor in plan.predecessors
        ],
        "condition": _condition_document(plan.condition),
        "successors": [
            {"target": successor.target, "busArn": successor.bus_arn, "outputs": successor.outputs} for successor in plan.successors
        ],
    }


def plan_from_document(document: Mapping[str, object]) -> Plan:
    """The plan that `plan_to_document` wrote.

    ConfigurationError `plan-format-unknown` for another format (a newer release wrote it: update the function), `plan-malformed` for
    anything else that is not a plan.
    """
    if document.get("format") != FORMAT:
        raise ConfigurationError("plan-format-unknown", f"the stored plan has not format {FORMAT}; update this function to read it")
    try:
        return Plan(
            join=_typed(document["join"], str),
            version=_typed(document["version"], int),
            digest=_typed(document["digest"], str),
            description=_typed(document["description"], str),
            key=_key(_typed(document["key"], dict)),
            predecessors=tuple(_predecessor(_typed(item, dict)) for item in _typed(document["predecessors"], list)),
            condition=_condition(_typed(document["condition"], dict)),
            successors=tuple(_successor(_typed(item, dict)) for item in _typed(document["successors"], list)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError("plan-malformed", "the stored plan cannot be read; apply the definition again") from error


def content_digest(plan: Plan) -> str:
    """SHA-256, in hex, of everything in a plan but its version and its digest; two plans share it when they differ in nothing else.

    The description counts: a changed text is a new version, so that what people read is never older than what they applied.
    """
    content = {name: value for name, value in plan_to_document(plan).items() if name not in ("version", "digest")}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _condition_document(condition: Condition) -> dict[str, object]:
    if isinstance(condition, Slot):
        return {"slot": condition.number}
    return {"atLeast": condition.count, "of": [_condition_document(child) for child in condition.children]}


def _condition(document: Mapping[str, object]) -> Condition:
    if "slot" in document:
        return Slot(_typed(document["slot"], int))
    children: Sequence[object] = _typed(document["of"], list)
    return AtLeast(_typed(document["atLeast"], int), tuple(_condition(_typed(child, dict)) for child in children))


def _key(document: Mapping[str, object]) -> KeyRule:
    expression = document["expression"]
    return KeyRule(KeyKind(_typed(document["kind"], str)), None if expression is None else _typed(expression, str))


def _predecessor(document: Mapping[str, object]) -> Predecessor:
    source = _typed(document["source"], dict)
    return Predecessor(_typed(document["name"], str), Source(SourceKind(_typed(source["kind"], str)), _typed(source["arn"], str)))


def _successor(document: Mapping[str, object]) -> Successor:
    return Successor(_typed(document["target"], str), _typed(document["busArn"], str), _typed(document["outputs"], bool))


def _typed(value: object, kind: type[T]) -> T:
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} expected")
    return value
