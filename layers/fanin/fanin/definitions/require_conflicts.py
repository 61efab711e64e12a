"""Conflicts of the condition with the predecessors: names there are not, names left out, counts that cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from fanin.definitions.problems import Code, Path, Problem, quoted
from fanin.definitions.raw_document import field, fields, items
from fanin.definitions.require_document import MAX_CONDITION_DEPTH

MAX_CONDITION_PARTS = 1_200  # each is evaluated with every decision; all predecessors that there may be, and groups of them
_ROOT: Path = ("require",)
_LISTS = ("all", "any", "of")
_Part = tuple[Path, object]


def require_conflicts(document: object) -> Iterator[Problem]:
    """The conflicts of `require` with the predecessors, when it is a group."""
    names = list(fields(field(document, "predecessors")))
    root = field(document, "require")
    if not isinstance(root, dict) or not names:
        return
    parts = list(_parts(_ROOT, root))
    if len(parts) > MAX_CONDITION_PARTS or any(_depth(path) > MAX_CONDITION_DEPTH for path, part in parts if isinstance(part, dict)):
        what = f"the condition has more than {MAX_CONDITION_PARTS} parts, or is nested more than {MAX_CONDITION_DEPTH} deep"
        yield Problem(_ROOT, Code.REQUIRE_TOO_LARGE, what, "divide the join into several")
        return
    for path, part in parts:
        yield from _group_problems(path, part, len(names)) if isinstance(part, dict) else _name_problems(path, part, names)
    yield from _unused(parts, names)


def _parts(path: Path, part: object) -> Iterator[_Part]:
    """A part of the condition and all parts of it."""
    yield path, part
    for group in _LISTS:
        for index, item in enumerate(items(field(part, group))):
            yield from _parts((*path, group, index), item)


def _depth(path: Path) -> int:
    return (len(path) + 1) // 2


def _name_problems(path: Path, part: object, names: list[str]) -> Iterator[Problem]:
    if isinstance(part, str) and part not in names:
        near = get_close_matches(part[:64], names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the predecessors are {', '.join(sorted(names)[:8])}"
        yield Problem(path, Code.REQUIRE_UNKNOWN, f"there is no predecessor {quoted(part)}", hint)


def _group_problems(path: Path, group: dict[str, object], predecessors: int) -> Iterator[Problem]:
    for name in _LISTS:
        members = [member for member in items(group.get(name)) if isinstance(member, str)]
        for member in sorted({member for member in members if members.count(member) > 1}):
            yield Problem((*path, name), Code.REQUIRE_DUPLICATE, f"{quoted(member)} stands here twice, but counts once", "name each once")
    if "atLeast" not in group:
        return
    if "of" not in group and path != _ROOT:
        yield Problem(path, Code.REQUIRE_CHOICE, "a group within a group says of which it needs so many", "add of: [ … ]")
        return
    count, most = _count(group["atLeast"]), len(items(group["of"])) if "of" in group else predecessors
    if count is not None and most and not 1 <= count <= most:
        yield Problem((*path, "atLeast"), Code.REQUIRE_COUNT, f"{count} of {most} cannot be", f"write a number from 1 to {most}")


def _count(value: object) -> int | None:
    """A count, as a number or as CloudFormation's text."""
    if isinstance(value, str) and value.isascii() and value.lstrip("-").isdigit():
        return int(value[:9])
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _unused(parts: list[_Part], names: list[str]) -> Iterator[Problem]:
    """The predecessors that are not mentioned, unless something else that is wrong looks like the reason."""
    used = {part for _, part in parts if isinstance(part, str)}
    if not used <= set(names) or not all(isinstance(part, str) or _has_members(part) for _, part in parts):
        return
    for name in names:
        if name not in used:
            hint = "name it in require, or remove it"
            yield Problem(("predecessors", name), Code.REQUIRE_UNUSED, f"nothing requires {quoted(name)}", hint)


def _has_members(group: object) -> bool:
    return any(items(field(group, name)) for name in _LISTS)
