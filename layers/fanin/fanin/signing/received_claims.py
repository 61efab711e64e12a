"""Claims as somebody sent them: step `claims`.

Read only after the signature held. Even so exact: a trusted hub with a fault must not slip a second `exp`, a list for `aud` or a
true for a number past the checks that come after.
"""

from __future__ import annotations

import re
from dataclasses import fields

from fanin.signing.canonical_json import MAX_SAFE_INTEGER
from fanin.signing.claims import Claims, delivery_jti
from fanin.signing.strict_json import JsonError, JsonValue, parse_strict
from fanin.signing.verification_failure import failure

_MAX_CLAIMS_BYTES = 8192
_MAX_CLAIMS_DEPTH = 4
_NAMES = frozenset(field.name for field in fields(Claims))
_DIGESTS = frozenset({"jti", "dig"})
_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}")

_CODES = {
    "json-duplicate-key": "release-claims-duplicate",
    "json-float": "release-claims-type",
    "json-number-too-long": "release-claims-type",
}


def parse_claims(payload: bytes) -> Claims:
    """Return the claims in a JWS payload whose signature has been checked.

    Raises VerificationError with a code of step `claims`.
    """
    try:
        members = parse_strict(payload, max_bytes=_MAX_CLAIMS_BYTES, max_depth=_MAX_CLAIMS_DEPTH)
    except JsonError as error:
        raise failure(_CODES.get(error.code, "release-claims-malformed"), f"claims: {error.message}") from error
    if not isinstance(members, dict) or set(members) != _NAMES:
        raise failure("release-claims-members", f"the claims are exactly {', '.join(sorted(_NAMES))}.")
    claims = Claims(
        iss=_text(members, "iss"),
        aud=_text(members, "aud"),
        sub=_text(members, "sub"),
        jti=_text(members, "jti"),
        iat=_epoch_s(members, "iat"),
        exp=_epoch_s(members, "exp"),
        src=_text(members, "src"),
        dt=_text(members, "dt"),
        tgt=_text(members, "tgt"),
        dig=_text(members, "dig"),
    )
    if claims.jti != delivery_jti(claims.iss, claims.aud, claims.sub, claims.tgt):
        raise failure("release-jti", "jti is not the digest of iss, aud, sub and tgt.")
    return claims


def _text(members: dict[str, JsonValue], name: str) -> str:
    value = members[name]
    if not isinstance(value, str) or not value:
        raise failure("release-claims-type", f"{name} is a non-empty string.")
    if name in _DIGESTS and _DIGEST.fullmatch(value) is None:
        raise failure("release-claims-type", f"{name} is a SHA-256, 43 characters of base64url.")
    return value


def _epoch_s(members: dict[str, JsonValue], name: str) -> int:
    value = members[name]
    # Not isinstance: true is an int to Python.
    if type(value) is not int or not 0 <= value <= MAX_SAFE_INTEGER:
        raise failure("release-claims-type", f"{name} is whole seconds since 1970.")
    return value
