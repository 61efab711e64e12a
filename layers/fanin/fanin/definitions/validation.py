"""Validation: a document in, a definition or problems out.

Pydantic finds what is wrong; what it says is told here in the words of the language, with the way to mend it. A location of pydantic is
turned into a path of the document, which has no union branches or `[key]` in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fanin.definitions.document import MAX_PREDECESSORS, MAX_SUCCESSORS, Definition
from fanin.definitions.fields import Options
from fanin.definitions.json_schema import known_fields
from fanin.definitions.malformed import malformed
from fanin.definitions.problems import Code, Path, Problem, quoted, told
from fanin.definitions.source_document import MAX_STATUS_WORDS
from fanin.definitions.time_document import MAX_DEADLINES, MAX_HOLIDAYS

_WANTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
    "int_type": "a whole number",
}
_HINTS = {
    ("text", "a number"): "put it in quotes",
    ("text", "true or false"): "put it in quotes",
    ("true or false", "text"): "write true or false, without quotes",
    ("a whole number", "text"): "write it without quotes",
    ("a list", "a mapping"): "begin each entry with '- '",
    ("a mapping", "a list"): "write fields with names, without '- '",
}
_AT_LEAST_ONE, _DIVIDE = "name at least one", "divide the join into several"
_COUNTS = {
    ("too_short", "predecessors"): (Code.NO_PREDECESSORS, "there are no predecessors", _AT_LEAST_ONE),
    ("too_long", "predecessors"): (Code.TOO_MANY_PREDECESSORS, f"there are more than {MAX_PREDECESSORS} predecessors", _DIVIDE),
    ("too_short", "successors"): (Code.NO_SUCCESSORS, "there are no successors", _AT_LEAST_ONE),
    ("too_long", "successors"): (Code.TOO_MANY_SUCCESSORS, f"there are more than {MAX_SUCCESSORS} successors", _DIVIDE),
    ("too_long", "deadlines"): (Code.TOO_MANY_DEADLINES, f"there are more than {MAX_DEADLINES} deadlines", "keep those that matter"),
    ("too_long", "holidays"): (Code.TOO_MANY_HOLIDAYS, f"there are more than {MAX_HOLIDAYS} holidays", "leave out what is long past"),
    ("too_short", "succeeded"): (Code.STATUS_EMPTY, "no word means success", "write the words that do"),
    ("too_long", "succeeded"): (Code.STATUS_TOO_LONG, f"there are more than {MAX_STATUS_WORDS} words", "name those that are in use"),
    ("too_long", "failed"): (Code.STATUS_TOO_LONG, f"there are more than {MAX_STATUS_WORDS} words", "name those that are in use"),
    ("too_short", "on"): (Code.OUTCOME_EMPTY, "no outcome is named", "write released, failed or both, or leave the field out"),
    **{
        ("too_short", group): (Code.REQUIRE_EMPTY, "there is nothing in the group", "name predecessors, or remove the group")
        for group in ("all", "any", "of")
    },
}
_SUGGESTED_CHARS = 64


class _Finding(NamedTuple):
    """What pydantic found: its kind of error, where, the value there, and the details that its message is made of."""

    kind: str
    path: Path
    value: object
    context: Mapping[str, object]
    message: str


def read_definition(document: object, options: Options) -> tuple[Definition | None, list[Problem]]:
    """The definition in a document of JSON values, or everything that is wrong with it (but for what `conflicts` finds)."""
    problems = told(malformed(document))
    if problems:
        return None, problems
    try:
        return Definition.model_validate(document, context=options), []
    except ValidationError as error:
        return None, told(_problem(details, document) for details in error.errors(include_url=False, include_input=False))


def _problem(details: ErrorDetails, document: object) -> Problem:
    path = _path_of(details, document)
    finding = _Finding(details["type"], path, _value_at(document, path), details.get("ctx", {}), details["msg"])
    return _TELLERS.get(finding.kind, _other)(finding)


def _refused(finding: _Finding) -> Problem:
    hint = finding.context["hint"]
    return Problem(finding.path, finding.kind, finding.message, None if hint is None else str(hint))


def _wrong_type(finding: _Finding) -> Problem:
    wanted, given = _WANTED[finding.kind], _described(finding.value)
    return Problem(finding.path, Code.WRONG_TYPE, f"this must be {wanted}, but is {given}", _HINTS.get((wanted, given)))


def _miscounted(finding: _Finding) -> Problem:
    return Problem(finding.path, *_COUNTS[finding.kind, str(finding.path[-1])])


def _missing(finding: _Finding) -> Problem:
    return Problem(finding.path, Code.MISSING_FIELD, "the field is missing", f"add {finding.path[-1]}: …")


def _unknown_field(finding: _Finding) -> Problem:
    known, name = sorted(known_fields(finding.path[:-1])), str(finding.path[-1])
    near = get_close_matches(name[:_SUGGESTED_CHARS], known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"
    return Problem(finding.path, Code.UNKNOWN_FIELD, f"there is no field {quoted(name)}", hint)


def _unknown_value(finding: _Finding) -> Problem:
    expected = str(finding.context["expected"]).replace("True", "true").replace("'", "")
    value = finding.value if isinstance(finding.value, str) else json.dumps(finding.value)
    return Problem(finding.path, Code.VALUE_UNKNOWN, f"{quoted(value)} is not known here", f"write {expected}")


def _too_long(finding: _Finding) -> Problem:
    return Problem(finding.path, Code.TEXT_TOO_LONG, f"the text has more than {finding.context['max_length']} characters", "shorten it")


def _other(finding: _Finding) -> Problem:
    return Problem(finding.path, Code.VALUE_INVALID, finding.message)


_TELLERS: Mapping[str, Callable[[_Finding], Problem]] = {
    "missing": _missing,
    "extra_forbidden": _unknown_field,
    "literal_error": _unknown_value,
    "string_too_long": _too_long,
    "too_short": _miscounted,
    "too_long": _miscounted,
    **dict.fromkeys(_WANTED, _wrong_type),
    **dict.fromkeys(Code, _refused),
}


def _path_of(details: ErrorDetails, document: object) -> Path:
    """The steps of a location that the document really has, and the last one if it names what is missing."""
    steps: list[str | int] = []
    value = document
    for step in details["loc"]:
        try:
            value = _child(value, step)
        except LookupError:
            continue
        steps.append(step)
    return (*steps, details["loc"][-1]) if details["type"] == "missing" else tuple(steps)


def _value_at(document: object, path: Path) -> object:
    for step in path:
        try:
            document = _child(document, step)
        except LookupError:
            return None
    return document


def _child(value: object, step: str | int) -> object:
    """What is one step down; LookupError if nothing is."""
    if isinstance(value, dict):
        return value[step]
    if isinstance(value, list) and isinstance(step, int):
        return value[step]
    raise LookupError(step)


def _described(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"
