"""Canonical JSON (RFC 8785, "JCS") of the values that a release may hold, and their digest.

Narrower than RFC 8785 on purpose: no floats, whose spelling differs between languages, and integers only where every JSON
implementation agrees on them (RFC 7493 §2.2). Equal values have equal bytes, whatever order or spelling they arrived in.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, cast

import rfc8785

from fanin.domain.errors import RejectedError
from fanin.signing.base64url import encode_base64url

if TYPE_CHECKING:
    from fanin.signing.strict_json import JsonValue

MAX_SAFE_INTEGER = 2**53 - 1
MAX_DEPTH = 64

_LAST_OF_ONE_UNIT = "\uffff"
# For values without floats the rest of JCS is what Python's own encoder does, at a tenth of the time.
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class CanonicalJsonError(RejectedError):
    """The value has no canonical form that both sides would agree on."""


def canonical_json(value: object) -> bytes:
    """Return the canonical UTF-8 bytes of `value`.

    Exactly str without lone surrogates, bool, None, list, dict with str names, and int within ±(2^53-1), at most 64 deep.
    Subclasses (enums, say) are refused too: convert at the edge.

    Raises CanonicalJsonError (`canonical-type`, `canonical-integer`, `canonical-surrogate`, `canonical-depth`): never retry.
    """
    _check(value, 0)
    text = _encode(value)
    try:
        # JCS sorts names by UTF-16 units (RFC 8785 §3.2.3), Python by code points: alike, unless a name has one beyond U+FFFF.
        return text.encode() if text.isascii() or max(text) <= _LAST_OF_ONE_UNIT else rfc8785.dumps(cast("JsonValue", value))
    except ValueError:
        # After the check, only an encoder can still object.
        raise CanonicalJsonError("canonical-surrogate", "a string or a name holds half of a surrogate pair.") from None


def digest_b64url(data: bytes) -> str:
    """Return the SHA-256 of `data` as 43 characters of base64url."""
    return encode_base64url(hashlib.sha256(data).digest())


def _check(value: object, depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        _check_integer(cast("int", value))
    elif kind is list or kind is dict:
        _check_container(cast("list[object] | dict[object, object]", value), depth + 1)
    else:
        raise CanonicalJsonError("canonical-type", f"{kind.__name__} has no place in a release.")


def _check_integer(value: int) -> None:
    if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        raise CanonicalJsonError("canonical-integer", "an integer is outside ±(2^53-1); send it as a string.")


def _check_container(value: list[object] | dict[object, object], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise CanonicalJsonError("canonical-depth", f"arrays and objects are nested more than {MAX_DEPTH} deep.")
    if isinstance(value, list):
        for item in value:
            _check(item, depth)
        return
    for name, item in value.items():
        if type(name) is not str:
            raise CanonicalJsonError("canonical-type", f"a name is {type(name).__name__}, not str.")
        _check(item, depth)
