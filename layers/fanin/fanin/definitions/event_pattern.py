"""Event patterns: which events a predecessor of kind `event` takes, in the form that EventBridge's rules have.

"Amazon EventBridge event patterns" and "Comparison operators for use in event patterns" in the EventBridge user guide. Understood are
exact values, prefix, suffix, equals-ignore-case, anything-but, numeric and exists; wildcard, cidr and $or are refused. A rule in front of
the hub may be wider than the pattern, never narrower. One thing differs: numbers are equal by their value, not by how they are spelled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

from fanin.definitions.problems import Code, RefusedValueError, quoted

MAX_PATTERN_CHARS = 2048  # as of a rule
MAX_PATTERN_DEPTH = 12
MAX_ALTERNATIVES = 64
MAX_NUMBER = 5_000_000_000

ROOT_FIELDS = ("detail", "resources")
_SAID_BY = {"account": "account", "region": "region", "source": "source", "detail-type": "detailType"}
_KNOWN = "known are prefix, suffix, equals-ignore-case, anything-but, numeric and exists"

Scalar = str | int | float | bool | None
Matcher = Callable[[object], bool]
_Test = Callable[[Sequence[Scalar]], bool]
_One = Callable[[Scalar], bool]
_ABSENT = object()
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")


def checked_pattern(pattern: Mapping[str, object]) -> str:
    """The pattern as the text it is kept as; RefusedValueError says what is wrong with it, and where."""
    text = json.dumps(pattern, sort_keys=True, separators=(",", ":"))
    if len(text) > MAX_PATTERN_CHARS:
        raise _refused((), f"the pattern has {len(text)} characters", f"use at most {MAX_PATTERN_CHARS}, as a rule of EventBridge does")
    if not pattern:
        raise _refused((), "there is nothing to match", "name a field, or leave the pattern out")
    for name in pattern:
        if name in _SAID_BY:
            raise _refused((), f"{quoted(name)} is said by the field {_SAID_BY[name]}", "remove it from the pattern")
        if name not in ROOT_FIELDS:
            raise _refused((), f"{quoted(name)} cannot be matched", f"match {' or '.join(ROOT_FIELDS)}")
    _node(pattern, ())
    return text


def pattern_from_texts(value: object) -> object:
    """A pattern whose booleans and numbers CloudFormation made texts of, where only those can stand: behind exists and numeric."""
    if isinstance(value, list):
        return [pattern_from_texts(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _READ.get(name, pattern_from_texts)(child) for name, child in value.items()}


def _flag_from_text(value: object) -> object:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else pattern_from_texts(value)


def _bounds_from_texts(value: object) -> object:
    return [_number_from_text(one) for one in value] if isinstance(value, list) else pattern_from_texts(value)


def _number_from_text(value: object) -> object:
    return json.loads(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else pattern_from_texts(value)


_READ: Mapping[str, Callable[[object], object]] = {"exists": _flag_from_text, "numeric": _bounds_from_texts}


@lru_cache(maxsize=1024)
def event_matcher(text: str) -> Matcher:
    """Whether a pattern, in the text that `checked_pattern` gave, matches an event as JSON values."""
    return _node(json.loads(text), ())


def _node(pattern: object, path: tuple[str, ...]) -> Matcher:
    if len(path) > MAX_PATTERN_DEPTH:
        raise _refused(path[:3], f"the pattern is more than {MAX_PATTERN_DEPTH} levels deep", "match fewer levels")
    if isinstance(pattern, list):
        return partial(_leaf_matches, _alternatives(pattern, path))
    if not isinstance(pattern, dict):
        raise _refused(path, "a value stands outside of a list", f"write [{json.dumps(pattern)}]")
    if not pattern:
        raise _refused(path, "there is nothing to match", "name a field, or remove it")
    if "$or" in pattern:
        raise _refused(path, "$or is not understood here", "give each alternative a predecessor of its own, and require: any")
    return partial(_fields_match, {name: _node(child, (*path, name)) for name, child in pattern.items()})


def _fields_match(fields: Mapping[str, Matcher], value: object) -> bool:
    """Of a list, one element must match in all fields."""
    for one in value if isinstance(value, list) and value else [value]:
        members = one if isinstance(one, dict) else {}
        if all(matches(members.get(name, _ABSENT)) for name, matches in fields.items()):
            return True
    return False


def _leaf_matches(tests: Sequence[_Test], value: object) -> bool:
    values = list(_scalars(value))
    return any(test(values) for test in tests)


def _scalars(value: object) -> list[Scalar]:
    """What can be compared at a leaf: a value, or those of a list; nothing of an object or of what is not there."""
    if isinstance(value, list):
        return [scalar for one in value for scalar in _scalars(one)]
    return [value] if value is None or isinstance(value, str | int | float) else []


def _alternatives(pattern: Sequence[object], path: tuple[str, ...]) -> list[_Test]:
    if not 1 <= len(pattern) <= MAX_ALTERNATIVES:
        raise _refused(path, f"there are {len(pattern)} alternatives", f"give 1 to {MAX_ALTERNATIVES}")
    return [_alternative(one, path) for one in pattern]


def _alternative(one: object, path: tuple[str, ...]) -> _Test:
    if isinstance(one, list):
        raise _refused(path, "a list stands in a list", "write the values in one list")
    if not isinstance(one, dict):
        return partial(_any_passes, partial(_same, one))
    if len(one) != 1:
        raise _refused(path, "an operator stands alone", 'write [{"prefix": "a"}, {"suffix": "z"}]')
    ((operator, operand),) = one.items()
    if operator == "exists":
        if not isinstance(operand, bool):
            raise _refused(path, "exists takes true or false", None)
        return partial(_there, operand)
    return partial(_any_passes, _operation(operator, operand, path))


def _operation(operator: str, operand: object, path: tuple[str, ...]) -> _One:
    match operator:
        case "prefix" | "suffix" if isinstance(operand, dict):
            return _affix(operator, operand.get("equals-ignore-case") if len(operand) == 1 else None, path, ignore_case=True)
        case "prefix" | "suffix":
            return _affix(operator, operand, path, ignore_case=False)
        case "equals-ignore-case":
            return partial(_same_ignoring_case, _text(operator, operand, path).casefold())
        case "anything-but":
            return _anything_but(operand, path)
        case "numeric":
            return _numeric(operand, path)
        case _:
            raise _refused(path, f"the operator {quoted(operator)} is not understood here", _KNOWN)


def _affix(operator: str, operand: object, path: tuple[str, ...], *, ignore_case: bool) -> _One:
    text = _text(operator, operand, path)
    return partial(_begins if operator == "prefix" else _ends, text.casefold() if ignore_case else text, ignore_case)


def _anything_but(operand: object, path: tuple[str, ...]) -> _One:
    if isinstance(operand, dict):
        if len(operand) != 1:
            raise _refused(path, "anything-but takes values or one operator", None)
        ((operator, inner),) = operand.items()
        if operator not in ("prefix", "suffix", "equals-ignore-case"):
            raise _refused(path, f"anything-but of {quoted(operator)} is not understood here", "prefix, suffix or equals-ignore-case")
        excluded = [_operation(operator, one, path) for one in (inner if isinstance(inner, list) else [inner])]
    else:
        excluded = [partial(_same, one) for one in (operand if isinstance(operand, list) else [operand])]
        if any(not isinstance(one, str | int | float) for one in (operand if isinstance(operand, list) else [operand])):
            raise _refused(path, "anything-but takes texts and numbers", None)
    if not 1 <= len(excluded) <= MAX_ALTERNATIVES:
        raise _refused(path, f"anything-but has {len(excluded)} values", f"give 1 to {MAX_ALTERNATIVES}")
    return lambda value: not any(same(value) for same in excluded)


_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
}


def _numeric(operand: object, path: tuple[str, ...]) -> _One:
    hint = 'write {"numeric": [">", 0, "<=", 5]}'
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise _refused(path, "numeric takes one or two comparisons", hint)
    comparisons = []
    for sign, bound in zip(operand[::2], operand[1::2], strict=True):
        if not isinstance(sign, str) or sign not in _COMPARED or not _is_number(bound) or not -MAX_NUMBER <= bound <= MAX_NUMBER:
            raise _refused(path, f"{quoted(str(sign))} {quoted(str(bound))} is not a comparison with a number up to 5.0e9", hint)
        comparisons.append((_COMPARED[sign], bound))
    return lambda value: _is_number(value) and all(compare(float(value or 0), bound) for compare, bound in comparisons)


def _any_passes(test: _One, values: Sequence[Scalar]) -> bool:
    return any(test(value) for value in values)


def _there(wanted: bool, values: Sequence[Scalar]) -> bool:
    return bool(values) is wanted


def _same(wanted: object, value: Scalar) -> bool:
    return isinstance(wanted, bool) is isinstance(value, bool) and wanted == value


def _same_ignoring_case(folded: str, value: Scalar) -> bool:
    return isinstance(value, str) and value.casefold() == folded


def _begins(prefix: str, ignore_case: bool, value: Scalar) -> bool:
    return isinstance(value, str) and (value.casefold() if ignore_case else value).startswith(prefix)


def _ends(suffix: str, ignore_case: bool, value: Scalar) -> bool:
    return isinstance(value, str) and (value.casefold() if ignore_case else value).endswith(suffix)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(operator: str, operand: object, path: tuple[str, ...]) -> str:
    if not isinstance(operand, str) or not operand:
        raise _refused(path, f"{operator} takes a text", None)
    return operand


def _refused(path: Sequence[str], message: str, hint: str | None) -> RefusedValueError:
    place = f"at {quoted('.'.join(path))}: " if path else ""
    return RefusedValueError(Code.BAD_PATTERN, place + message, hint)
