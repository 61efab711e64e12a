"""Conflicts of kinds: one source twice, keys that executions of a kind never say, starts that they never report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from fanin.definitions.problems import Code, Path, Problem, quoted
from fanin.definitions.raw_document import field, fields, is_true
from fanin.definitions.source_document import KINDS

_CALLED = {
    "stateMachine": "a state machine",
    "ecsTask": "an ECS task",
    "glueJob": "a Glue job",
    "batchJob": "a Batch job",
    "codeBuildProject": "a build of CodeBuild",
    "lambdaFunction": "a Lambda function",
    "join": "a join",
    "event": "an event",
}
_WITHOUT_OUTPUT = frozenset(KINDS) - {"stateMachine", "lambdaFunction"}
_NAMED_BY_AWS = frozenset({"ecsTask", "glueJob", "batchJob", "codeBuildProject", "lambdaFunction"})
_WITHOUT_TAGS = frozenset(KINDS) - {"ecsTask", "batchJob"}
_START_UNREPORTED = frozenset({"glueJob", "lambdaFunction", "join", "event"})


def kind_conflicts(document: object) -> Iterator[Problem]:
    """The conflicts of one definition's predecessors with their kinds."""
    seen: dict[str, str] = {}
    for name, predecessor in fields(field(document, "predecessors")).items():
        given = [kind for kind in KINDS if kind in fields(predecessor)]
        if len(given) != 1:
            continue
        path: Path = ("predecessors", name)
        yield from _repeated(name, given[0], field(predecessor, given[0]), seen)
        yield from _unsaid_key(path, given[0], predecessor, document)
        if is_true(field(predecessor, "optional")) and given[0] in _START_UNREPORTED:
            what = f"nothing reports that {_CALLED[given[0]]} has started, so one that runs could not be told from one that never will"
            yield Problem((*path, "optional"), Code.START_UNREPORTED, what, "remove it, or let a deadline release what has arrived")


def _repeated(name: str, kind: str, source: object, seen: dict[str, str]) -> Iterator[Problem]:
    said = json.dumps([kind, source], sort_keys=True)
    if said in seen:
        hint = "one completion would make both ready: remove one of them"
        what = f"this is the {kind} of the predecessor {quoted(seen[said])} already"
        yield Problem(("predecessors", name, kind), Code.DUPLICATE_SOURCE, what, hint)
    seen.setdefault(said, name)


def _unsaid_key(path: Path, kind: str, predecessor: object, document: object) -> Iterator[Problem]:
    own = field(predecessor, "key")
    key = fields(field(document, "key") if own is None else own)
    for name, (reason, hint) in _unsaid(kind, key, predecessor).items():
        place: Path = (*path, kind) if own is None else (*path, "key", name)
        more = "give it a key of its own: " if own is None else ""
        yield Problem(place, Code.KEY_NOT_OF_KIND, f"the key cannot be the {name} here: {reason}", more + hint)


def _unsaid(kind: str, key: Mapping[str, object], predecessor: object) -> dict[str, tuple[str, str]]:
    """Why executions of a kind never say such a key, and what to write, by the key's kind."""
    called, unsaid = _CALLED[kind], {}
    if kind in _WITHOUT_OUTPUT:
        unsaid["output"] = f"{called} has no output", "take it from input or detail"
    if kind in _NAMED_BY_AWS:
        unsaid["name"] = f"the name of an execution is made by AWS for {called}", "take it from input"
    if kind in _WITHOUT_TAGS:
        unsaid["tag"] = f"{called} has no tags of its own", "take it from input"
    starts_unknown = kind in ("lambdaFunction", "join") or (kind == "event" and field(predecessor, "event", "startedAt") is None)
    if starts_unknown and field(key, "window", "by") != "stop":
        unsaid["window"] = f"when {called} started is not known", "write by: stop, or say where it is with startedAt"
    return {name: why for name, why in unsaid.items() if name in key}
