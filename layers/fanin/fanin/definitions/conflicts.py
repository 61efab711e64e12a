"""Conflicts: values that are fine alone and wrong together.

Read from the raw documents, and only where they have the right shape, so that a wrong value elsewhere does not hide a conflict: everything
wrong is told at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from fanin.definitions.problems import Code, Path, Problem, quoted, shown

_Entry = tuple[Path, object]


def conflicts(document: object) -> Iterator[Problem]:
    """The conflicts within one definition."""
    for path, first in _repeated(_sources(document)):
        hint = "one completion would make both ready: remove one of them"
        yield Problem(path, Code.DUPLICATE_SOURCE, f"this is the state machine of the predecessor {quoted(str(first[1]))} already", hint)
    for path, first in _repeated(_targets(document)):
        hint = "remove one of them, or give it a target of its own"
        yield Problem(path, Code.DUPLICATE_TARGET, f"this is the bus and target of successor {int(first[1]) + 1} already", hint)


def join_conflicts(documents: Sequence[tuple[str, object]]) -> Iterator[tuple[str, Problem]]:
    """The joins that are defined more than once among labelled documents, by the label of the later one."""
    labels: dict[str, str] = {}
    for label, document in documents:
        join = document.get("join") if isinstance(document, dict) else None
        if not isinstance(join, str):
            continue
        if join in labels:
            hint = "keep one of them, or rename it"
            yield label, Problem(("join",), Code.JOIN_DUPLICATE, f"the join is defined in {shown(labels[join])} already", hint)
        labels.setdefault(join, label)


def _sources(document: object) -> Iterator[_Entry]:
    predecessors = _field(document, "predecessors")
    for name, predecessor in predecessors.items() if isinstance(predecessors, dict) else ():
        arn = _field(predecessor, "stateMachine")
        if isinstance(arn, str):
            yield ("predecessors", name, "stateMachine"), arn


def _targets(document: object) -> Iterator[_Entry]:
    successors = _field(document, "successors")
    for index, successor in enumerate(successors if isinstance(successors, list) else ()):
        bus, target = _field(successor, "bus"), _field(successor, "target")
        if isinstance(bus, str) and isinstance(target, str):
            yield ("successors", index, "target"), (bus, target)


def _repeated(entries: Iterator[_Entry]) -> Iterator[tuple[Path, Path]]:
    """The path of each value that came before, with the path where it came first."""
    seen: dict[object, Path] = {}
    for path, value in entries:
        if value in seen:
            yield path, seen[value]
        seen.setdefault(value, path)


def _field(value: object, name: str) -> object:
    return value.get(name) if _is_mapping(value) else None


def _is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)
