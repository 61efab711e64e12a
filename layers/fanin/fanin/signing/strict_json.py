"""Strict JSON (RFC 8259) for texts that somebody else wrote: bounded before they are parsed, unambiguous after.

Size and depth are bounded before the parser runs, in time linear in the text. The depth scan may be fooled only behind the place
where the parser stops with a syntax error, so the depth of what the parser reaches has been measured rightly.
"""

from __future__ import annotations

import json
import math
import re
from functools import cache
from itertools import accumulate
from typing import NoReturn, TypeAlias

from fanin.domain.errors import RejectedError

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

MAX_INTEGER_CHARS = 308
"""An integer of more digits overflows a double; reading one takes quadratic time, and CPython itself stops at 4,300."""
MAX_FLOAT_CHARS = 400

# What the depth scan keeps: quotes, backslashes, brackets, and the characters that may stand behind a backslash.
_DROPPED = bytes(set(range(256)) - set(b'"\\[]{}/bfnrtu'))
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_AS_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonError(RejectedError):
    """The text is not JSON within the limits asked for; its code is one of those listed at `parse_strict`."""


def parse_strict(
    text: str | bytes, *, max_bytes: int, max_depth: int, allow_floats: bool = False, check_duplicate_keys: bool = True
) -> JsonValue:
    """Return the JSON value in `text`, which is UTF-8 without a byte order mark if it is bytes.

    `max_bytes` counts UTF-8 bytes, `max_depth` nested arrays and objects (keep it under 500: the parser recurses). Floats are
    refused unless `allow_floats`, and then they are finite. `check_duplicate_keys=False` is the cheap mode for reports that nobody
    signed: the last member of a name wins, everything else stays refused.

    Raises JsonError, never to be retried: `json-too-large`, `json-too-deep`, `json-not-utf8`, `json-malformed`,
    `json-duplicate-key`, `json-float`, `json-number-too-long`, `json-number-not-finite`, `json-lone-surrogate`.
    """
    if len(text) > max_bytes:
        raise _too_large(max_bytes)
    raw, decoded = _both(text)
    if len(raw) > max_bytes:
        raise _too_large(max_bytes)
    _check_depth(raw, max_depth)
    value = _parsed(decoded, _decoder(allow_floats, check_duplicate_keys))
    if _SURROGATE_ESCAPE.search(decoded):
        _check_surrogates(value)
    return value


def _too_large(max_bytes: int) -> JsonError:
    return JsonError("json-too-large", f"the text has more than {max_bytes} bytes.")


def _both(text: str | bytes) -> tuple[bytes, str]:
    try:
        return (text, text.decode("utf-8")) if isinstance(text, bytes) else (text.encode("utf-8"), text)
    except UnicodeDecodeError:
        raise JsonError("json-not-utf8", "the bytes are not UTF-8.") from None
    except UnicodeEncodeError:
        raise _lone_surrogate() from None


def _check_depth(raw: bytes, max_depth: int) -> None:
    # Most texts have so few brackets, in strings or not, that they cannot be too deep.
    if raw.count(b"[") + raw.count(b"{") <= max_depth:
        return
    kept = raw.translate(None, _DROPPED)
    if b"\\" in kept:
        # Pairs of backslashes go first: what is left of a run then says whether the quote behind it is escaped.
        kept = kept.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside_strings = b"".join(kept.split(b'"')[::2])
    # As signed bytes the brackets are +1 and -1: their running sum is the depth.
    steps = memoryview(outside_strings.translate(_AS_STEPS, _NOT_BRACKETS)).cast("b")
    if max(accumulate(steps), default=0) > max_depth:
        raise JsonError("json-too-deep", f"arrays and objects are nested more than {max_depth} deep.")


def _parsed(text: str, decoder: json.JSONDecoder) -> JsonValue:
    try:
        value: JsonValue = decoder.decode(text)
    except json.JSONDecodeError as error:
        # Not chained: the cause would carry the whole text along.
        raise JsonError("json-malformed", f"{error.msg} at line {error.lineno}, column {error.colno}.") from None
    return value


@cache
def _decoder(allow_floats: bool, check_duplicate_keys: bool) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_object if check_duplicate_keys else None,
        parse_int=_integer,
        parse_float=_finite_float if allow_floats else _refuse_float,
        parse_constant=_refuse_constant,
    )


def _object(members: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(members)
    if len(value) != len(members):
        raise JsonError("json-duplicate-key", "an object has two members of one name.")
    return value


def _integer(literal: str) -> int:
    if len(literal) > MAX_INTEGER_CHARS:
        raise JsonError("json-number-too-long", f"an integer has more than {MAX_INTEGER_CHARS} digits.")
    return int(literal)


def _finite_float(literal: str) -> float:
    if len(literal) > MAX_FLOAT_CHARS:
        raise JsonError("json-number-too-long", f"a number has more than {MAX_FLOAT_CHARS} characters.")
    value = float(literal)
    if not math.isfinite(value):
        raise JsonError("json-number-not-finite", "a number is too large for a double.")
    return value


def _refuse_float(_literal: str) -> NoReturn:
    raise JsonError("json-float", "a number has a fraction or an exponent; only integers are allowed here.")


def _refuse_constant(literal: str) -> NoReturn:
    raise JsonError("json-number-not-finite", f"{literal} is not JSON.")


def _check_surrogates(value: JsonValue) -> None:
    # Written out again, every string and name passes one encoder, at C speed.
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise _lone_surrogate() from None


def _lone_surrogate() -> JsonError:
    return JsonError("json-lone-surrogate", "a string holds half of a surrogate pair.")
