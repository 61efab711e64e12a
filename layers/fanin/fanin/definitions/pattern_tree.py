"""A regular expression as a tree of the few constructs a key's pattern may use; everything else is refused here.

The tree comes from the parser of `re` itself, so what is analysed is what will run. Python keeps that parser private; its shape is known to
this module alone, and anything unfamiliar in it is refused rather than guessed at.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from re import _parser  # type: ignore[attr-defined]  # private, and not in the type stubs
from typing import cast

from fanin.definitions.problems import Code, RefusedValueError, quoted, shown

OTHER = 128  # stands for every character beyond ASCII
ALL = frozenset(range(OTHER + 1))


@dataclass(frozen=True, slots=True)
class Characters:
    """Exactly one character out of a set of code points, where 128 stands for every one beyond ASCII."""

    allowed: frozenset[int]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Matches between characters; `kind` is `start`, `end` or `boundary`."""

    kind: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """The body from `least` to `most` times, greedy or lazy."""

    least: int
    most: int
    body: Sequence[Node]


@dataclass(frozen=True, slots=True)
class Branch:
    """One of the alternatives."""

    alternatives: tuple[Sequence[Node], ...]


Node = Characters | Anchor | Repeat | Branch

_ANCHORS = {
    "AT_BEGINNING": "start",
    "AT_BEGINNING_STRING": "start",
    "AT_END": "end",
    "AT_END_STRING": "end",
    "AT_BOUNDARY": "boundary",
    "AT_NON_BOUNDARY": "boundary",
}
_CATEGORIES = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
_Raw = Iterable[tuple[object, object]]


def parse_pattern(text: str) -> Sequence[Node]:
    """The tree of a regular expression, groups dissolved; RefusedValueError for one that is wrong or uses anything unusual."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # `[[` and the like: legal today, announced to change
            re.compile(text)
            parsed = _parser.parse(text)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        message = f"{quoted(text)} is not a regular expression: {shown(str(error))}"
        raise RefusedValueError(Code.BAD_REGEX, message, "see the documentation of Python's re") from error
    if parsed.state.flags & ~re.UNICODE:
        raise _unsupported("flags such as (?i)")
    return _sequence(parsed)


def _sequence(raw: object) -> list[Node]:
    nodes: list[Node] = []
    for opcode, argument in cast(_Raw, raw):
        nodes += _node(str(opcode), argument)
    return nodes


def _node(opcode: str, argument: object) -> Sequence[Node]:
    match opcode:
        case "LITERAL" | "NOT_LITERAL" | "IN" | "ANY":
            return [Characters(_characters(opcode, argument))]
        case "AT" if str(argument) in _ANCHORS:
            return [Anchor(_ANCHORS[str(argument)])]
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, body = cast(tuple[int, int, object], argument)
            return [Repeat(int(least), int(most), _sequence(body))]
        case "BRANCH":
            return [Branch(tuple(_sequence(alternative) for alternative in cast(tuple[None, list[object]], argument)[1]))]
        case "SUBPATTERN":
            _, added_flags, removed_flags, body = cast(tuple[object, int, int, object], argument)
            if added_flags or removed_flags:
                raise _unsupported("flags such as (?i:…)")
            return _sequence(body)
        case _:
            raise _unsupported("a back-reference, look-around, an atomic group or a possessive repetition")


def _characters(opcode: str, argument: object) -> frozenset[int]:
    match opcode:
        case "LITERAL":
            return frozenset({min(cast(int, argument), OTHER)})
        case "NOT_LITERAL":
            return _complement(_characters("LITERAL", argument))
        case "ANY":
            return ALL - {ord("\n")}
        case "RANGE":
            first, last = cast(tuple[int, int], argument)
            return frozenset(range(min(first, OTHER), min(last, OTHER) + 1))
        case "CATEGORY":
            return _category(str(argument).removeprefix("CATEGORY_"))
        case "IN":
            return _class([(str(name), value) for name, value in cast(_Raw, argument)])
        case _:
            raise _unsupported("this kind of character class")


def _class(members: list[tuple[str, object]]) -> frozenset[int]:
    negated = members[0][0] == "NEGATE"
    union = frozenset[int]().union(*(_characters(name, value) for name, value in members[negated:]))
    return _complement(union) if negated else union


def _category(name: str) -> frozenset[int]:
    positive = _CATEGORIES.get(name.removeprefix("NOT_"))
    if positive is None:
        raise _unsupported("this kind of character class")
    members = frozenset(code for code in range(OTHER) if re.fullmatch(positive, chr(code))) | {OTHER}
    return _complement(members) if name.startswith("NOT_") else members


def _complement(members: frozenset[int]) -> frozenset[int]:
    return (ALL - members) | {OTHER}  # a set rarely holds everything beyond ASCII


def _unsupported(what: str) -> RefusedValueError:
    hint = "use characters, classes, groups, '|', repetitions, '^' and '$' only"
    return RefusedValueError(Code.REGEX_UNSUPPORTED, f"the pattern uses {what}, which a key's pattern may not", hint)
