"""DynamoDB's condition and update expressions, compiled once per text: what the adapters and the naive designs write, and no more.

Grammar: "Condition and filter expressions, operators, and functions" and "Using update expressions" (developer guide).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Value = Mapping[str, Any]
Fields = Mapping[str, Value]
Names = Mapping[str, str]
Operand = Callable[[Fields, Names, Fields], "Value | None"]
Condition = Callable[[Fields, Names, Fields], bool]
Path = tuple[str, ...]

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[:#]?[A-Za-z_][A-Za-z0-9_]*(?:\.[#]?[A-Za-z_][A-Za-z0-9_]*)*)")
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: bool(one == other),
    "<>": lambda one, other: bool(one != other),
    "<": lambda one, other: bool(one < other),
    "<=": lambda one, other: bool(one <= other),
    ">": lambda one, other: bool(one > other),
    ">=": lambda one, other: bool(one >= other),
}
_CLAUSES = frozenset({"SET", "REMOVE", "ADD"})


@dataclass(frozen=True, slots=True)
class Change:
    """One action of an update expression; `operand` is None for REMOVE, and gives the sum for ADD."""

    path: Path
    operand: Operand | None


@lru_cache(maxsize=4096)
def condition(text: str) -> Condition:
    """A condition, ready to be asked."""
    parser = _Parser(text)
    found = parser.disjunction()
    parser.end()
    return found


@lru_cache(maxsize=4096)
def changes(text: str) -> tuple[Change, ...]:
    """The actions of an update expression, in their order."""
    parser = _Parser(text)
    found: list[Change] = []
    while parser.following:
        clause = parser.take().upper()
        if clause not in _CLAUSES:
            raise ValueError(f"no clause begins with {clause}")
        found.append(parser.action(clause))
        while parser.following == ",":
            parser.take()
            found.append(parser.action(clause))
    return tuple(found)


def resolved(path: Path, names: Names) -> Path:
    """A path with its placeholders replaced."""
    return tuple(names[part] if part.startswith("#") else part for part in path) if names else path


def lookup(item: Any, path: Path) -> Value | None:
    """The value at a path of an item."""
    for part in path[:-1]:
        inner = item.get(part)
        if inner is None or "M" not in inner:
            return None
        item = inner["M"]
    found: Value | None = item.get(path[-1])
    return found


def _found_at(path: Path) -> Operand:
    """The value at a path; its placeholders are replaced at each request, where it has any."""
    if any(part.startswith("#") for part in path):
        return lambda item, names, _: lookup(item, resolved(path, names))
    if len(path) > 1:
        return lambda item, _, __: lookup(item, path)
    (name,) = path
    return lambda item, _, __: item.get(name)


def _added(one: Value | None, other: Value | None, sign: int = 1) -> Value:
    """The sum of two numbers; an absent one is zero."""
    return {"N": str(_number(one) + sign * _number(other))}


def _number(value: Value | None) -> int:
    return int(value["N"]) if value is not None else 0


def _comparable(value: Value | None) -> Any:
    if value is None:
        return None
    return int(value["N"]) if "N" in value else next(iter(value.values()))


class _Parser:
    """Recursive descent; every method takes the tokens that it understands."""

    def __init__(self, text: str) -> None:
        self._tokens, self._place, end = list[str](), 0, 0
        while end < len(text.rstrip()):
            found = _TOKEN.match(text, end)
            if found is None:
                raise ValueError(f"not an expression: {text!r} at {end}")
            self._tokens.append(found.group(1))
            end = found.end()

    @property
    def following(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.following
        if not token or (expected is not None and token.upper() != expected):
            raise ValueError(f"expected {expected or 'more'}, found {token or 'the end'}")
        self._place += 1
        return token

    def end(self) -> None:
        if self.following:
            raise ValueError(f"expected the end, found {self.following}")

    def _is(self, word: str) -> bool:
        return self.following.upper() == word

    def disjunction(self) -> Condition:
        parts = [self._conjunction()]
        while self._is("OR"):
            self.take()
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else lambda item, names, values: any(part(item, names, values) for part in parts)

    def _conjunction(self) -> Condition:
        parts = [self._negation()]
        while self._is("AND"):
            self.take()
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else lambda item, names, values: all(part(item, names, values) for part in parts)

    def _negation(self) -> Condition:
        if self._is("NOT"):
            self.take()
            inner = self._negation()
            return lambda item, names, values: not inner(item, names, values)
        if self.following == "(":
            self.take()
            inner = self.disjunction()
            self.take(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        word = self.following.lower()
        if word in ("attribute_exists", "attribute_not_exists"):
            self.take()
            self.take("(")
            found, wanted = _found_at(self._path()), word == "attribute_exists"
            self.take(")")
            return lambda item, names, values: (found(item, names, values) is not None) is wanted
        if word == "begins_with":
            self.take()
            self.take("(")
            whole = self._operand()
            self.take(",")
            start = self._operand()
            self.take(")")
            return lambda item, names, values: str(_comparable(whole(item, names, values))).startswith(
                _comparable(start(item, names, values))
            )
        one = self._operand()
        if self._is("BETWEEN"):
            return self._between(one)
        compare = _COMPARISONS[self.take()]
        other = self._operand()

        def compared(item: Fields, names: Names, values: Fields) -> bool:
            left, right = one(item, names, values), other(item, names, values)
            return left is not None and right is not None and compare(_comparable(left), _comparable(right))

        return compared

    def _between(self, one: Operand) -> Condition:
        self.take("BETWEEN")
        low = self._operand()
        self.take("AND")
        high = self._operand()

        def between(item: Fields, names: Names, values: Fields) -> bool:
            found = _comparable(one(item, names, values))
            return found is not None and _comparable(low(item, names, values)) <= found <= _comparable(high(item, names, values))

        return between

    def _operand(self) -> Operand:
        if self.following.startswith(":"):
            name = self.take()
            return lambda _, __, values: values[name]
        if self.following.lower() == "size":
            self.take()
            self.take("(")
            sized = _found_at(self._path())
            self.take(")")
            return lambda item, names, values: _size(sized(item, names, values))
        return _found_at(self._path())

    def _path(self) -> Path:
        return tuple(self.take().split("."))

    def action(self, clause: str) -> Change:
        path = self._path()
        if clause == "REMOVE":
            return Change(path, None)
        if clause == "ADD":
            before, more = _found_at(path), self._operand()
            return Change(path, lambda item, names, values: _added(before(item, names, values), more(item, names, values)))
        self.take("=")
        return Change(path, self._assigned())

    def _assigned(self) -> Operand:
        one = self._term()
        if self.following not in ("+", "-"):
            return one
        sign = 1 if self.take() == "+" else -1
        other = self._term()
        return lambda item, names, values: _added(one(item, names, values), other(item, names, values), sign)

    def _term(self) -> Operand:
        if self.following.lower() != "if_not_exists":
            return self._operand()
        self.take()
        self.take("(")
        there = _found_at(self._path())
        self.take(",")
        otherwise = self._term()
        self.take(")")

        def term(item: Fields, names: Names, values: Fields) -> Value | None:
            found = there(item, names, values)
            return otherwise(item, names, values) if found is None else found

        return term


def _size(value: Value | None) -> Value | None:
    return None if value is None else {"N": str(len(next(iter(value.values()))))}
