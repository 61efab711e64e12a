"""Conflicts of counts: predecessors that cannot say N, what a slot that counts cannot be, and streams that would be too wide."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from fanin.definitions.problems import Code, Path, Problem, quoted
from fanin.definitions.raw_document import field, fields, is_latest, is_true

MAX_STREAM_PREDECESSORS = 64  # a stream is one item, and each completion costs the whole of it


def count_conflicts(document: object) -> Iterator[Problem]:
    """The conflicts of the counted predecessors of one definition, and of their number."""
    predecessors = fields(field(document, "predecessors"))
    if is_latest(document) and len(predecessors) > MAX_STREAM_PREDECESSORS:
        what = f"a join without a key has at most {MAX_STREAM_PREDECESSORS} predecessors"
        yield Problem(("predecessors",), Code.TOO_MANY_PREDECESSORS, what, "give it a key, or divide it into several")
    for name, predecessor in predecessors.items():
        path: Path = ("predecessors", name)
        if field(predecessor, "count") is None:
            if field(predecessor, "failures") is not None:
                hint = "add count: …, or say what a single failure means with onFailure"
                yield Problem((*path, "failures"), Code.TOLERANCE_WITHOUT_COUNT, f"{quoted(name)} is not counted", hint)
            continue
        yield from _misfits(document, predecessor, path)
        source = field(predecessor, "count", "from")
        if isinstance(source, str):
            yield from _source_problems(predecessors, name, source)


def _misfits(document: object, predecessor: object, path: Path) -> Iterator[Problem]:
    if is_latest(document):
        hint = "give the join a key: executions are counted within one run"
        yield Problem((*path, "count"), Code.NOT_WITH_LATEST, "a join without a key has no run to count in", hint)
    if is_true(field(predecessor, "optional")):
        hint = "remove one of them; a count from another predecessor's output may be 0"
        yield Problem((*path, "optional"), Code.COUNT_MISFIT, "a counted predecessor cannot be optional", hint)
    if field(document, "afterRelease") == "again":
        hint = "write ignore or report"
        yield Problem(("afterRelease",), Code.COUNT_MISFIT, f"{quoted(str(path[1]))} is counted, and nothing can raise a count", hint)


def _source_problems(predecessors: object, name: str, source: str) -> Iterator[Problem]:
    path: Path = ("predecessors", name, "count", "from")
    others = fields(predecessors)
    if source not in others:
        near = get_close_matches(source[:64], list(others), n=1)
        hint = f"did you mean {near[0]}?" if near else "name the predecessor whose output says the number"
        yield Problem(path, Code.COUNT_SOURCE, f"there is no predecessor {quoted(source)}", hint)
    elif source == name or field(others[source], "count") is not None:
        what = f"{quoted(source)} is counted itself, so it has not one output"
        yield Problem(path, Code.COUNT_SOURCE, what, "name a predecessor that completes once for a key")
