"""The plan document: a plan as JSON, the form it is stored in.

Plans outlive releases of fanin: a run is decided by the plan it opened with, weeks later perhaps. So the format is numbered, what a
number means never changes, and a number from the future is refused instead of read half. Format 1 says keys, `require` and successors;
format 2 adds windows, times and policies, format 3 sources that are no state machines, counts and journals, each only where it is not the
default. A plan is written in the lowest format that says all of it, so simple joins keep their digests, and older functions go on reading
them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from fanin.definitions.counted_values import counted_document, counted_of
from fanin.definitions.stored_values import pruned, texts, typed
from fanin.definitions.timing_document import calendar_document, calendar_of, timing_document, timing_of, window_document, window_of
from fanin.domain.completion import Source, SourceKind
from fanin.domain.condition import AtLeast, Condition, Slot
from fanin.domain.errors import ConfigurationError
from fanin.domain.event_rule import EventRule, StatusWords
from fanin.domain.outcome import Outcome
from fanin.domain.plan import AfterRelease, KeyKind, KeyRule, OnFailure, Plan, Predecessor, Successor

OLDEST_FORMAT, TIMED_FORMAT, FORMAT = 1, 2, 3

_UTC = "UTC"
_RELEASED_ONLY = (Outcome.RELEASED,)


def plan_to_document(plan: Plan) -> dict[str, object]:
    """The plan as JSON values; slots are the positions of `predecessors`."""
    document: dict[str, object] = {
        "format": OLDEST_FORMAT,
        "join": plan.join,
        "version": plan.version,
        "digest": plan.digest,
        "description": plan.description,
        "key": _key_document(plan.key),
        "predecessors": [_predecessor_document(predecessor) for predecessor in plan.predecessors],
        "condition": _condition_document(plan.condition),
        "successors": [_successor_document(successor) for successor in plan.successors],
        **pruned(
            {
                "timing": timing_document(plan.timing),
                "afterRelease": plan.after_release.value if plan.after_release is not AfterRelease.IGNORE else None,
                "calendar": None if plan.calendar is None else calendar_document(plan.calendar),
                "zone": plan.zone if plan.zone != _UTC else None,
                "journal": plan.journal or None,
            }
        ),
    }
    return {**document, "format": _lowest_format(plan, document)}


def plan_from_document(document: Mapping[str, object]) -> Plan:
    """The plan that `plan_to_document` wrote.

    ConfigurationError `plan-format-unknown` for another format (a newer release wrote it: update the function), `plan-malformed` for
    anything else that is not a plan.
    """
    if document.get("format") not in (OLDEST_FORMAT, TIMED_FORMAT, FORMAT):
        raise ConfigurationError("plan-format-unknown", f"the stored plan is of no format up to {FORMAT}; update this function to read it")
    try:
        return Plan(
            join=typed(document["join"], str),
            version=typed(document["version"], int),
            digest=typed(document["digest"], str),
            description=typed(document["description"], str),
            key=_key(typed(document["key"], dict)),
            predecessors=tuple(_predecessor(typed(item, dict)) for item in typed(document["predecessors"], list)),
            condition=_condition(typed(document["condition"], dict)),
            successors=tuple(_successor(typed(item, dict)) for item in typed(document["successors"], list)),
            timing=timing_of(typed(document.get("timing", {}), dict)),
            after_release=AfterRelease(typed(document.get("afterRelease", AfterRelease.IGNORE.value), str)),
            calendar=calendar_of(typed(document["calendar"], dict)) if "calendar" in document else None,
            zone=typed(document.get("zone", _UTC), str),
            journal=typed(document.get("journal", 0), int),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError("plan-malformed", "the stored plan cannot be read; apply the definition again") from error


def content_digest(plan: Plan) -> str:
    """SHA-256, in hex, of everything in a plan but its version and its digest; two plans share it when they differ in nothing else.

    The description counts: a changed text is a new version, so that what people read is never older than what they applied.
    """
    content = {name: value for name, value in plan_to_document(plan).items() if name not in ("version", "digest")}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def size_bytes(plan: Plan) -> int:
    """How large a plan is when it is stored."""
    return len(json.dumps(plan_to_document(plan)))


def _lowest_format(plan: Plan, document: Mapping[str, object]) -> int:
    sources = {predecessor.source.kind for predecessor in plan.predecessors}
    keys = {rule.kind for rule in (plan.key, *(predecessor.key for predecessor in plan.predecessors)) if rule is not None}
    if sources - {SourceKind.STEP_FUNCTIONS} or KeyKind.TAG in keys or plan.is_wide:
        return FORMAT
    return OLDEST_FORMAT if _is_oldest(plan, document) else TIMED_FORMAT


def _is_oldest(plan: Plan, document: Mapping[str, object]) -> bool:
    """Whether a function that knows format 1 only would read everything."""
    return (
        not document.keys() & {"timing", "afterRelease", "calendar", "zone"}
        and plan.key.kind in (KeyKind.INPUT, KeyKind.NAME, KeyKind.LATEST)
        and plan.key.offset_days == 0
        and all(one == Predecessor(one.name, one.source) for one in plan.predecessors)
        and all(one == Successor(one.target, one.bus_arn, one.outputs) for one in plan.successors)
    )


def _condition_document(condition: Condition) -> dict[str, object]:
    if isinstance(condition, Slot):
        return {"slot": condition.number}
    return {"atLeast": condition.count, "of": [_condition_document(child) for child in condition.children]}


def _condition(document: Mapping[str, object]) -> Condition:
    if "slot" in document:
        return Slot(typed(document["slot"], int))
    children: Sequence[object] = typed(document["of"], list)
    return AtLeast(typed(document["atLeast"], int), tuple(_condition(typed(child, dict)) for child in children))


def _key_document(rule: KeyRule) -> dict[str, object]:
    extra = {
        "window": None if rule.window is None else window_document(rule.window),
        "offsetDays": rule.offset_days or None,
        "business": rule.business or None,
    }
    return {"kind": rule.kind.value, "expression": rule.expression, **pruned(extra)}


def _key(document: Mapping[str, object]) -> KeyRule:
    expression = document["expression"]
    return KeyRule(
        KeyKind(typed(document["kind"], str)),
        None if expression is None else typed(expression, str),
        window_of(typed(document["window"], dict)) if "window" in document else None,
        typed(document.get("offsetDays", 0), int),
        typed(document.get("business", False), bool),
    )


def _predecessor_document(predecessor: Predecessor) -> dict[str, object]:
    extra = {
        "key": None if predecessor.key is None else _key_document(predecessor.key),
        "onFailure": predecessor.on_failure.value if predecessor.on_failure is not OnFailure.WAIT else None,
        "optional": predecessor.optional or None,
        "event": None if predecessor.event is None else _event_document(predecessor.event),
        "trustsAccount": predecessor.trusts_account or None,
        "counted": None if predecessor.counted is None else counted_document(predecessor.counted),
    }
    source = {"kind": predecessor.source.kind.value, "arn": predecessor.source.arn}
    return {"name": predecessor.name, "source": source, **pruned(extra)}


def _predecessor(document: Mapping[str, object]) -> Predecessor:
    source = typed(document["source"], dict)
    return Predecessor(
        typed(document["name"], str),
        Source(SourceKind(typed(source["kind"], str)), typed(source["arn"], str)),
        _key(typed(document["key"], dict)) if "key" in document else None,
        OnFailure(typed(document.get("onFailure", OnFailure.WAIT.value), str)),
        typed(document.get("optional", False), bool),
        _event(typed(document["event"], dict)) if "event" in document else None,
        typed(document.get("trustsAccount", False), bool),
        counted_of(typed(document["counted"], dict)) if "counted" in document else None,
    )


def _event_document(rule: EventRule) -> dict[str, object]:
    words = rule.status
    status = None if words is None else {"path": words.path, "succeeded": list(words.succeeded), "failed": list(words.failed)}
    others = {"pattern": rule.pattern, "status": status, "startedAt": rule.started_at, "stoppedAt": rule.stopped_at, "input": rule.input}
    return {"id": rule.id, **pruned(others)}


def _event(document: Mapping[str, object]) -> EventRule:
    def path(name: str) -> str | None:
        return typed(document[name], str) if name in document else None

    status = typed(document["status"], dict) if "status" in document else None
    return EventRule(
        id=typed(document["id"], str),
        pattern=path("pattern"),
        status=None
        if status is None
        else StatusWords(typed(status["path"], str), tuple(texts(status["succeeded"])), tuple(texts(status["failed"]))),
        started_at=path("startedAt"),
        stopped_at=path("stoppedAt"),
        input=path("input"),
    )


def _successor_document(successor: Successor) -> dict[str, object]:
    extra = {
        "projection": successor.projection,
        "outcomes": [outcome.value for outcome in successor.outcomes] if successor.outcomes != _RELEASED_ONLY else None,
    }
    return {"target": successor.target, "busArn": successor.bus_arn, "outputs": successor.outputs, **pruned(extra)}


def _successor(document: Mapping[str, object]) -> Successor:
    return Successor(
        typed(document["target"], str),
        typed(document["busArn"], str),
        typed(document["outputs"], bool),
        typed(document["projection"], str) if "projection" in document else None,
        tuple(map(Outcome, texts(document["outcomes"]))) if "outcomes" in document else _RELEASED_ONLY,
    )
