"""Releases for tests: one honest release, and the pieces to make a dishonest one of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict

from fanin.signing.base64url import encode_base64url
from fanin.signing.canonical_json import canonical_json, digest_b64url
from fanin.signing.claims import Claims, delivery_jti, issue_claims, subject
from fanin.signing.ecdsa_signature import raw_from_der
from fanin.signing.release_event import jws_header, release_detail, signing_input
from fanin.signing.trust import TrustDocument, TrustedKey
from tests.unit.signing.keys import HUB_KEY, OTHER_HUB_KEY, SoftwareKey

NOW_EPOCH_S = 1_774_983_600
HUB_ACCOUNT = "111111111111"
ISSUER = "urn:fanin:aws:us-east-1:111111111111:fanin"
OTHER_ISSUER = "urn:fanin:aws:us-east-1:444444444444:fanin"
AUDIENCE = "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"
TARGET = "daily-close"
SECRET_OUTPUT = '{"balance":"do not log me"}'

DATA: dict[str, object] = {
    "v": 1,
    "join": "daily-close",
    "key": "2026-03-31",
    "attempt": 1,
    "outcome": "released",
    "reason": "satisfied",
    "releasedAt": 1_774_983_599_123,
    "planVersion": 3,
    "predecessors": {
        "ledger": {
            "executionArn": "arn:aws:states:us-east-1:111111111111:execution:ledger:close-2026-03-31",
            "status": "SUCCEEDED",
            "startedAt": None,
            "stoppedAt": 1_774_983_598_000,
            "output": SECRET_OUTPUT,
            "outputDetails": {"included": True, "bytes": 27},
        },
        "положение": {"status": "SUCCEEDED", "output": '"é😀\\u0007"'},
    },
}
SUBJECT = "daily-close/1/released/2026-03-31"

TRUST = TrustDocument(
    (
        TrustedKey(HUB_KEY.kid(), HUB_KEY.jwk(), ISSUER, (HUB_ACCOUNT,), (TARGET, "other-target")),
        TrustedKey(OTHER_HUB_KEY.kid(), OTHER_HUB_KEY.jwk(), OTHER_ISSUER, ("444444444444",), ("*",)),
    )
)


def honest_claims(data: Mapping[str, object] = DATA, now_epoch_s: int = NOW_EPOCH_S) -> Claims:
    sub = subject(str(data["join"]), int(str(data["attempt"])), str(data["outcome"]), str(data["key"]))
    return issue_claims(iss=ISSUER, aud=AUDIENCE, sub=sub, tgt=TARGET, data_canonical=canonical_json(dict(data)), now_epoch_s=now_epoch_s)


def claims_with(changes: Mapping[str, object], data: Mapping[str, object] = DATA) -> dict[str, object]:
    """Honest claims but for `changes`; unless they name `jti`, it follows, so that only the change itself is wrong."""
    members: dict[str, object] = {**asdict(honest_claims(data)), **changes}
    parts = [members[name] for name in ("iss", "aud", "sub", "tgt")]
    if "jti" not in changes and all(isinstance(part, str) for part in parts):
        members["jti"] = delivery_jti(*(str(part) for part in parts))
    return members


def raw_signature(key: SoftwareKey, message: bytes) -> bytes:
    return raw_from_der(key.sign_digest(hashlib.sha256(message).digest()))


def token_of(payload: bytes | Mapping[str, object], header: bytes | Mapping[str, object] | None = None, key: SoftwareKey = HUB_KEY) -> str:
    """A compact JWS that `key` really signed, over any header and payload; mappings are written as plain JSON."""
    header = jws_header(key.kid()) if header is None else header
    first, second = (part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload))
    message = f"{encode_base64url(first)}.{encode_base64url(second)}"
    return f"{message}.{encode_base64url(raw_signature(key, message.encode()))}"


def event_body(detail: str, **members: object) -> str:
    """The event around a detail text, as a queue holds it."""
    event = {
        "version": "0",
        "id": "3f3c2f9e-6b0c-4a56-9d3c-1c8a5d1f7a10",
        "detail-type": "Fan-in Release",
        "source": "fanin.hub",
        "account": HUB_ACCOUNT,
        "time": "2026-03-31T19:00:00Z",
        "region": "us-east-1",
        "resources": [],
        **members,
    }
    return f'{json.dumps(event)[:-1]},"detail":{detail}}}'


def detail_of(token: object, data: object = DATA, **members: object) -> str:
    return json.dumps({"v": 1, "data": data, "sig": token, **members})


def honest_token(data: Mapping[str, object] = DATA, key: SoftwareKey = HUB_KEY) -> str:
    return token_of(honest_claims(data).canonical(), key=key)


def honest_body(data: Mapping[str, object] = DATA, key: SoftwareKey = HUB_KEY, now_epoch_s: int = NOW_EPOCH_S) -> str:
    """The whole event, made exactly as the hub makes it."""
    message = signing_input(key.kid(), honest_claims(data, now_epoch_s))
    return event_body(release_detail(canonical_json(dict(data)), message, raw_signature(key, message)))


def body_with_claims(changes: Mapping[str, object], data: Mapping[str, object] = DATA, **members: object) -> str:
    """An event whose claims, rightly signed, differ from the honest ones by `changes`."""
    return event_body(detail_of(token_of(claims_with(changes, data)), data), **members)


def digest_of(data: Mapping[str, object]) -> str:
    return digest_b64url(canonical_json(dict(data)))
