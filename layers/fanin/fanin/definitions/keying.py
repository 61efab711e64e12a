"""Keying: the key of a completion by a rule, a pure function of the completion.

The input is text that another account wrote, so everything about it is refused with a code of its own rather than trusted: its size, its
depth, what the expression finds in it, and the characters of the key, which goes into signed subjects and onto terminals.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import NoReturn, assert_never

import jmespath
from jmespath.parser import ParsedResult

from fanin.domain.completion import Completion
from fanin.domain.errors import RejectedError
from fanin.domain.plan import KeyKind, KeyRule
from fanin.domain.run import STREAM_KEY

MAX_KEY_BYTES = 256
MAX_INPUT_BYTES = 262_144  # StartExecution takes no more
MAX_NAME_CHARS = 256

# Control characters, line and paragraph separators, marks that reorder text, lone surrogates.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def derive_key(rule: KeyRule, completion: Completion) -> str:
    """The key of a completion: 1 to 256 bytes of UTF-8 without control characters; `latest` gives the key of the stream.

    RejectedError (quarantine, never retry): `input-unavailable`, `input-too-large`, `input-not-json`, `name-too-long`, `key-absent`,
    `key-empty`, `key-not-a-string`, `key-too-long`, `key-invalid-characters`. Under `input-unavailable` AWS left the input out of the
    event: fetch it and call again.
    """
    match rule.kind:
        case KeyKind.INPUT:
            return _checked(_found_in_input(rule.expression or "", completion))
        case KeyKind.NAME:
            return _checked(_found_in_name(rule.expression or "", completion.execution_id))
        case KeyKind.LATEST:
            return STREAM_KEY
        case _:
            assert_never(rule.kind)


def _found_in_input(expression: str, completion: Completion) -> object:
    if completion.input is None:
        if not completion.input_included:
            raise RejectedError("input-unavailable", "the event came without the execution's input, in which the key is")
        raise RejectedError("key-absent", "the execution has no input, in which the key should be")
    try:
        found: object = _expression(expression).search(_parsed(completion.input))
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        # A JMESPathError is a ValueError; comparing text with numbers or rounding an infinity raises Python's own.
        raise RejectedError("key-not-a-string", "the key's expression cannot be evaluated on the execution's input") from None
    return found


def _found_in_name(pattern: str, name: str) -> object:
    if len(name) > MAX_NAME_CHARS:
        raise RejectedError("name-too-long", f"the execution's name has over {MAX_NAME_CHARS} characters")
    found = _pattern(pattern).search(name)
    return found.group(1) if found else None


def _checked(found: object) -> str:
    if found is None:
        raise RejectedError("key-absent", "the execution has no key: the key's expression or pattern finds nothing in it")
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str):
        raise RejectedError("key-not-a-string", "the key found in the execution is neither a text nor an integer")
    if not found:
        raise RejectedError("key-empty", "the key found in the execution is an empty text")
    if _UNPRINTABLE.search(found):
        raise RejectedError("key-invalid-characters", "the key found in the execution has control characters or lone surrogates")
    if len(found) * 4 > MAX_KEY_BYTES and len(found.encode()) > MAX_KEY_BYTES:
        raise RejectedError("key-too-long", f"the key found in the execution has over {MAX_KEY_BYTES} bytes")
    return found


@lru_cache(maxsize=1024)
def _expression(text: str) -> ParsedResult:
    return jmespath.compile(text)


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


@lru_cache(maxsize=1)  # one completion is asked for its key once for each join and version that names its source
def _parsed(text: str) -> object:
    if len(text) > MAX_INPUT_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_INPUT_BYTES:
        raise RejectedError("input-too-large", f"the execution's input has over {MAX_INPUT_BYTES} bytes")
    try:
        parsed: object = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise RejectedError("input-not-json", "the execution's input is not JSON, or nested too deeply to read") from None
    return parsed


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and the infinities are not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
