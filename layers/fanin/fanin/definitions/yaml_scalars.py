"""Plain scalars by the YAML 1.2 core schema (YAML 1.2.2 §10.3), not by the 1.1 rules that PyYAML follows on its own.

So `on`, `2026-03-31` and `05:00` are the texts that they look like. A number that readers would read differently is refused: a leading
zero is octal to some and lost by others, which is how account numbers go wrong.
"""

from __future__ import annotations

import re

from fanin.definitions.problems import Code, RefusedValueError, quoted

_MAX_INTEGER = 2**53 - 1  # beyond it, JSON readers disagree (RFC 8259 §6)
_MAX_CHARS = 24  # no number that means anything here is longer

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")


def plain_scalar(text: str) -> str | int | float | bool | None:
    """The JSON value of a plain (unquoted) scalar; RefusedValueError `yaml-number` for a number that is not safe to read."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    integer = _INTEGER.fullmatch(text) is not None
    if not integer and not _FLOAT.fullmatch(text):
        return text
    if _LEADING_ZERO.match(text):
        raise _unsafe(f"{quoted(text)} is a number with a leading zero, which readers read differently")
    if len(text) > _MAX_CHARS or text.lower().endswith(("inf", "nan")):
        raise _unsafe(f"{quoted(text)} is not a number that JSON can carry")
    value = int(text, 0) if integer else float(text)
    if not -_MAX_INTEGER <= value <= _MAX_INTEGER:
        raise _unsafe(f"{quoted(text)} is larger than 2^53 - 1")
    return value


def _unsafe(message: str) -> RefusedValueError:
    return RefusedValueError(Code.YAML_NUMBER, message, "put it in quotes if it is an account, a code or a date")
