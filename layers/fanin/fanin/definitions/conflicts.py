"""Conflicts: values that are fine alone and wrong together.

Read from the raw documents, and only where they have the right shape, so that a wrong value elsewhere does not hide a conflict: everything
wrong is told at once. Here are those of successors and of several joins; `kind_conflicts`, `key_conflicts`, `count_conflicts`,
`time_conflicts` and `require_conflicts` have the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fanin.definitions.count_conflicts import count_conflicts
from fanin.definitions.key_conflicts import key_conflicts
from fanin.definitions.kind_conflicts import kind_conflicts
from fanin.definitions.problems import Code, Path, Problem, shown
from fanin.definitions.raw_document import field, items
from fanin.definitions.require_conflicts import require_conflicts
from fanin.definitions.time_conflicts import time_conflicts

_Entry = tuple[Path, object]


def conflicts(document: object) -> Iterator[Problem]:
    """The conflicts within one definition."""
    yield from kind_conflicts(document)
    yield from key_conflicts(document)
    yield from require_conflicts(document)
    yield from time_conflicts(document)
    yield from count_conflicts(document)
    for path, first in _repeated(_targets(document)):
        hint = "remove one of them, or give it a target of its own"
        yield Problem(path, Code.DUPLICATE_TARGET, f"this is the bus and target of successor {int(first[1]) + 1} already", hint)
    yield from _unwanted_release(document)


def join_conflicts(documents: Sequence[tuple[str, object]]) -> Iterator[tuple[str, Problem]]:
    """The joins that are defined more than once among labelled documents, by the label of the later one."""
    labels: dict[str, str] = {}
    for label, document in documents:
        join = field(document, "join")
        if not isinstance(join, str):
            continue
        if join in labels:
            hint = "keep one of them, or rename it"
            yield label, Problem(("join",), Code.JOIN_DUPLICATE, f"the join is defined in {shown(labels[join])} already", hint)
        labels.setdefault(join, label)


def _targets(document: object) -> Iterator[_Entry]:
    for index, successor in enumerate(items(field(document, "successors"))):
        bus, target = field(successor, "bus"), field(successor, "target")
        if isinstance(bus, str) and isinstance(target, str):
            yield ("successors", index, "target"), (bus, target)


def _unwanted_release(document: object) -> Iterator[Problem]:
    outcomes = [field(successor, "on") for successor in items(field(document, "successors"))]
    if outcomes and all(wanted == ["failed"] for wanted in outcomes):
        hint = "add a successor for releases, or write released in one"
        yield Problem(("successors",), Code.RELEASE_UNWANTED, "no successor is told when the join is satisfied", hint)


def _repeated(entries: Iterator[_Entry]) -> Iterator[tuple[Path, Path]]:
    """The path of each value that came before, with the path where it came first."""
    seen: dict[object, Path] = {}
    for path, value in entries:
        if value in seen:
            yield path, seen[value]
        seen.setdefault(value, path)
