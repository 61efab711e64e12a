"""What others say of a token: two JOSE libraries that are not ours, and the profile written down a second time, plainly.

The second writing shares nothing with fanin.signing: no parser, no canonical form, no library. It is slower, and it is only asked of what
was accepted. Times are checked by the libraries themselves, so a campaign takes place now.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jwt as jwcrypto_jwt

from fanin.signing.trust import TrustDocument, TrustedKey
from fanin.signing.verification import VerifiedRelease

SKEW_S = 300
Oracle = Callable[[str, TrustedKey, str], dict[str, Any]]


class OracleError(Exception):
    """An oracle does not accept the token."""


def pyjwt(token: str, key: TrustedKey, audience: str) -> dict[str, Any]:
    """The claims of a token that PyJWT verifies."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK({**key.jwk.members()}, algorithm="ES256").key,
            algorithms=["ES256"],
            audience=audience,
            issuer=key.iss,
            leeway=SKEW_S,
            options={"require": ["iss", "aud", "sub", "jti", "iat", "exp"]},
        )
    except Exception as error:
        raise OracleError(f"PyJWT: {error}") from error
    return claims


def jwcrypto(token: str, key: TrustedKey, audience: str) -> dict[str, Any]:
    """The claims of a token that jwcrypto verifies; a library that breaks (here on an `exp` that is Infinity) does not accept either."""
    verifier = jwcrypto_jwt.JWT(algs=["ES256"], check_claims={"aud": audience, "iss": key.iss, "exp": None, "iat": None, "jti": None})
    verifier.leeway = SKEW_S
    try:
        verifier.deserialize(token, jwcrypto_jwk.JWK(**key.jwk.members()))
        claims: dict[str, Any] = json.loads(verifier.claims)
    except Exception as error:
        raise OracleError(f"jwcrypto: {error}") from error
    return claims


LIBRARIES: Mapping[str, Oracle] = {"PyJWT": pyjwt, "jwcrypto": jwcrypto}


def token_in(body: bytes) -> str | None:
    """The token that a body carries, read as leniently as Python can; None when there is none."""
    try:
        token = json.loads(body)["detail"]["sig"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return token if isinstance(token, str) else None


def says(oracle: Oracle, token: str, trust: TrustDocument, audience: str) -> dict[str, Any] | None:
    """The claims if some pinned key's token it is, else None."""
    for key in trust.keys:
        try:
            return oracle(token, key, audience)
        except OracleError:
            continue
    return None


def profile(body: bytes, accepted: VerifiedRelease, trust: TrustDocument, audience: str, now_epoch_s: int) -> list[str]:
    """What of the profile an accepted release does not keep."""
    event = json.loads(body)
    data, token = event["detail"]["data"], event["detail"]["sig"]
    header, claims = (json.loads(_decoded(part)) for part in token.split(".")[:2])
    key = next(one for one in trust.keys if one.kid == header["kid"])
    sub = "/".join(str(data.get(name)) for name in ("join", "attempt", "outcome", "key"))
    kept = {
        "header": header == {"alg": "ES256", "kid": key.kid, "typ": "fanin+jwt"},
        "claims": set(claims) == {"iss", "aud", "sub", "jti", "iat", "exp", "src", "dt", "tgt", "dig"},
        "issuer": claims["iss"] == key.iss,
        "audience": claims["aud"] == audience,
        "target": claims["tgt"] in key.targets or key.targets == ("*",),
        "subject": claims["sub"] == sub,
        "identity": claims["jti"] == _digest([claims["iss"], claims["aud"], claims["sub"], claims["tgt"]]),
        "digest": claims["dig"] == _digest(data),
        "input": json.loads(accepted.data_canonical) == data and accepted.data == data,
        "issued": claims["iat"] <= now_epoch_s + SKEW_S,
        "expiry": claims["exp"] > now_epoch_s - SKEW_S,
        "lifetime": 0 < claims["exp"] - claims["iat"] <= 25 * 3600 + 60,
        "account": event["account"] in key.accounts,
        "source": event["source"] == claims["src"] == "fanin.hub",
        "detail-type": event["detail-type"] == claims["dt"] == "Fan-in Release",
        "detail": set(event["detail"]) == {"v", "data", "sig"} and event["detail"]["v"] == 1,
    }
    return [name for name, holds in kept.items() if not holds]


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _digest(value: object) -> str:
    text = json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def _sorted(value: object) -> object:
    """Names in the order of their UTF-16 code units (RFC 8785 section 3.2.3), which is all that Python's writer does not do itself."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value, key=lambda name: name.encode("utf-16-be"))}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
