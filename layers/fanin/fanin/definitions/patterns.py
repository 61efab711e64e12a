"""Which regular expressions a key may use on execution names: one group, and no way to hang.

A backtracking matcher tries every way in which the pattern can divide the text between its repetitions and alternatives. `_ways` bounds
that number from above: where the character after a repetition tells that it must end, there is one way; where it does not, each
possible length is one. Repetitions of something that itself varies, as in `(a+)*`, have exponentially many and are refused outright.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from fanin.definitions.keying import MAX_NAME_CHARS
from fanin.definitions.pattern_tree import Anchor, Branch, Characters, Node, Repeat, parse_pattern
from fanin.definitions.problems import Code, RefusedValueError, quoted

MAX_PATTERN_CHARS = 256
_MAX_WAYS = (MAX_NAME_CHARS + 1) ** 2  # two repetitions that can stop anywhere, or one and an open start; some 10 million steps

_EMPTY = frozenset[int]()


def name_pattern(text: str) -> str:
    """A regular expression that may give a key out of a name of up to 256 characters; RefusedValueError says what is wrong with it."""
    if len(text) > MAX_PATTERN_CHARS:
        raise RefusedValueError(Code.TEXT_TOO_LONG, f"the pattern has {len(text)} characters", f"use at most {MAX_PATTERN_CHARS}")
    tree = parse_pattern(text)
    groups = re.compile(text).groups
    if groups != 1:
        hint = "put parentheses around the key; write the others as (?:…)"
        raise RefusedValueError(Code.REGEX_GROUPS, f"{quoted(text)} has {groups} groups instead of one", hint)
    anchored = bool(tree) and isinstance(tree[0], Anchor) and tree[0].kind == "start"
    ways = _ways(tree, _EMPTY) * (1 if anchored else MAX_NAME_CHARS)
    if ways > _MAX_WAYS:
        hint = "begin with '^', and after each repetition put a character that it cannot take, as in ^[a-z]+-([0-9]+)"
        raise RefusedValueError(Code.REGEX_MAY_HANG, f"{quoted(text)} can match in too many ways", hint)
    return text


def _ways(sequence: Sequence[Node], follow: frozenset[int]) -> int:
    """In how many ways the sequence can match from one position, at most, if one of `follow` must come after it (none: the end)."""
    ways = 1
    for node in reversed(sequence):
        ways *= _ways_of(node, follow)
        follow = _first_of(node, follow)
    return ways


def _ways_of(node: Node, follow: frozenset[int]) -> int:
    match node:
        case Characters() | Anchor():
            return 1
        case Branch(alternatives):
            ways = [_ways(alternative, follow) for alternative in alternatives]
            firsts = [_first(alternative, follow) for alternative in alternatives]
            return sum(ways) if any(one & other for one, other in combinations(firsts, 2)) else max(ways)
        case Repeat(least, most, body) if most <= 1:
            return _ways(body, follow) + (least == 0 and bool(_first(body, follow) & follow))
        case Repeat(least, most, body):
            width = _width(body)
            if least == most or not _first(body, follow) & follow:
                return 1
            return max(1, min(most, MAX_NAME_CHARS // width) - least + 1)


def _first(sequence: Sequence[Node], follow: frozenset[int]) -> frozenset[int]:
    """The characters that can come next before the sequence; those of `follow` too if it can match nothing."""
    for node in reversed(sequence):
        follow = _first_of(node, follow)
    return follow


def _first_of(node: Node, follow: frozenset[int]) -> frozenset[int]:
    match node:
        case Characters(allowed):
            return allowed
        case Anchor(kind):
            return _EMPTY if kind == "end" else follow
        case Repeat(least, _, body):
            return _first(body, follow) | (follow if least == 0 else _EMPTY)
        case Branch(alternatives):
            return _EMPTY.union(*(_first(alternative, follow) for alternative in alternatives))


def _width(body: Sequence[Node]) -> int:
    """The number of characters that the body of a repetition takes; refuses one that can take several numbers, or none."""
    width = 0
    for node in body:
        match node:
            case Characters():
                width += 1
            case Repeat(least, most, inner) if least == most:
                width += least * _width(inner)
            case _:
                raise _repeated()
    if width == 0:
        raise _repeated()
    return width


def _repeated() -> RefusedValueError:
    return RefusedValueError(
        Code.REGEX_MAY_HANG,
        "a repetition repeats something that varies itself, such as (a+)*, (a|b)+ or (a?)+",
        "repeat single characters or classes only, as in [ab]+, or groups of fixed length, as in (?:[0-9]{2}-)+",
    )
