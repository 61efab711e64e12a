"""The compact JWS taken apart, before any cryptography: steps `segments`, `header` and the spelling of `kid`.

A JOSE library is lenient where the standard is; here every token has one spelling and one header, so nothing in it is left for the
token itself to choose (RFC 8725 §3.1, §3.11).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fanin.signing.base64url import Base64UrlError, decode_base64url
from fanin.signing.release_event import ALGORITHM, TOKEN_TYPE
from fanin.signing.strict_json import JsonError, JsonValue, parse_strict
from fanin.signing.verification_failure import failure

MAX_TOKEN_CHARS = 8192
_MAX_HEADER_BYTES = 512
_MAX_HEADER_DEPTH = 4
_HEADER_MEMBERS = {"alg", "kid", "typ"}
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class CompactToken:
    """A token of the right form: the name of its key, its payload, its raw signature, and the text that all this came from."""

    kid: str
    payload: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    text: str = field(repr=False)


def parse_token(text: str) -> CompactToken:
    """Return the parts of the compact JWS `text`, at most 8,192 characters.

    Raises VerificationError with a code of step `segments` or `header`, or `release-kid-format` of step `key`.
    """
    header, payload, signature = _segments(text)
    return CompactToken(kid=_kid(_header(header)), payload=payload, signature=signature, text=text)


def _segments(text: str) -> tuple[bytes, bytes, bytes]:
    if len(text) > MAX_TOKEN_CHARS or text.count(".") != 2:
        raise failure("release-segments", f"a signature is three segments with a dot between, at most {MAX_TOKEN_CHARS} characters.")
    try:
        header, payload, signature = (decode_base64url(segment) for segment in text.split("."))
    except Base64UrlError as error:
        raise failure("release-base64url", f"{error.code}: {error.message}") from error
    return header, payload, signature


def _header(text: bytes) -> dict[str, JsonValue]:
    try:
        header = parse_strict(text, max_bytes=_MAX_HEADER_BYTES, max_depth=_MAX_HEADER_DEPTH)
    except JsonError as error:
        code = "release-header-duplicate" if error.code == "json-duplicate-key" else "release-header-malformed"
        raise failure(code, f"header: {error.message}") from error
    if not isinstance(header, dict) or set(header) != _HEADER_MEMBERS:
        raise failure("release-header-members", "the header holds exactly alg, kid and typ.")
    if header["alg"] != ALGORITHM:
        raise failure("release-algorithm", f"alg is {ALGORITHM}, nothing else.")
    if header["typ"] != TOKEN_TYPE:
        raise failure("release-token-type", f"typ is {TOKEN_TYPE}, nothing else.")
    return header


def _kid(header: dict[str, JsonValue]) -> str:
    kid = header["kid"]
    if not isinstance(kid, str) or _THUMBPRINT.fullmatch(kid) is None:
        raise failure("release-kid-format", "kid is an RFC 7638 thumbprint, 43 characters of base64url.")
    return kid
