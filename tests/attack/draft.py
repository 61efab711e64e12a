"""A release on its way to being forged: every part of it is a text or bytes that a mutation may change before the next part is made.

An untouched draft is an honest release, made as the hub makes it. What is signed is signed again after a change, by whichever key the
draft names, so that a mutation is wrong in what it says and not merely in its signature.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from random import Random
from typing import TypeVar

from fanin.signing.base64url import encode_base64url
from fanin.signing.canonical_json import CanonicalJsonError, canonical_json, digest_b64url
from fanin.signing.claims import delivery_jti, issue_claims, subject
from fanin.signing.release_event import jws_header
from tests.unit.signing.keys import HUB_KEY, OTHER_HUB_KEY, SoftwareKey
from tests.unit.signing.releases import AUDIENCE, HUB_ACCOUNT, ISSUER, OTHER_ISSUER, event_body, raw_signature

T = TypeVar("T")
KEYS = ("2026-03-31", "eu/日次/2026-03-31", "a" * 256, "😀", "é", "e\u0301", "-", "x/../y", "%2e%2e", "\u202e1", "0")


@dataclass(slots=True)
class Draft:
    """The parts in the order in which they are made; `claims` and `data` are what `payload` and `data_text` are made from."""

    key: SoftwareKey
    claims: dict[str, object]
    data: dict[str, object]
    members: dict[str, object]
    header: bytes = b""
    payload: bytes = b""
    data_text: str = ""
    on_signature: list[Callable[[bytes], bytes]] = field(default_factory=list)
    on_token: list[Callable[[str], str]] = field(default_factory=list)
    on_detail: list[Callable[[str], str]] = field(default_factory=list)
    on_body: list[Callable[[bytes], bytes]] = field(default_factory=list)

    def body(self) -> bytes:
        """The whole event, as a queue would hold it."""
        message = f"{encode_base64url(self.header)}.{encode_base64url(self.payload)}"
        signature = _through(self.on_signature, raw_signature(self.key, message.encode()))
        token = _through(self.on_token, f"{message}.{encode_base64url(signature)}")
        detail = _through(self.on_detail, f'{{"v":1,"data":{self.data_text},"sig":{json.dumps(token)}}}')
        return _through(self.on_body, event_body(detail, **self.members).encode("utf-8", "surrogatepass"))

    def rewrite_claims(self, *, fresh_jti: bool) -> None:
        """Make the payload again from changed claims; with the `jti` that they should have, or the one they had."""
        parts = [self.claims.get(name) for name in ("iss", "aud", "sub", "tgt")]
        texts = [part for part in parts if isinstance(part, str)]
        if fresh_jti and len(texts) == len(parts):
            self.claims["jti"] = delivery_jti(*texts)
        self.payload = json.dumps(self.claims).encode()

    def rewrite_data(self, *, fresh_digest: bool) -> None:
        """Write changed data; with the digest that they should have in the claims, where they can have one, or the one that was there."""
        self.data_text = json.dumps(self.data)
        if not fresh_digest:
            return
        try:
            self.claims["dig"] = digest_b64url(canonical_json(self.data))
        except CanonicalJsonError:
            return
        self.rewrite_claims(fresh_jti=True)


def honest_draft(random: Random, now_epoch_s: int) -> Draft:
    """A release of one of the two pinned hubs, of any join, key, attempt, outcome and data, written as a hub or a bus may write it."""
    hub = random.random() < 0.8
    key, issuer, account = (HUB_KEY, ISSUER, HUB_ACCOUNT) if hub else (OTHER_HUB_KEY, OTHER_ISSUER, "444444444444")
    join, attempt = random.choice(("daily-close", "a", "x" * 48, "0-0")), random.choice((1, 2, 9999))
    outcome, business_key = random.choice(("released", "failed")), random.choice(KEYS)
    data: dict[str, object] = {
        "v": 1,
        "join": join,
        "key": business_key,
        "attempt": attempt,
        "outcome": outcome,
        "reason": random.choice(("satisfied", "deadline", "impossible")),
        "releasedAt": random.randrange(2**53),
        "planVersion": random.randrange(1, 999),
        "predecessors": {random.choice(KEYS): _slot(random) for _ in range(random.randrange(4))},
    }
    claims = issue_claims(
        iss=issuer,
        aud=AUDIENCE,
        sub=subject(join, attempt, outcome, business_key),
        tgt=random.choice(("daily-close", "other-target")),
        data_canonical=canonical_json(data),
        now_epoch_s=now_epoch_s - random.choice((0, 60, 86_000)),
    )
    return Draft(
        key=key,
        claims=asdict(claims),
        data=data,
        members={"account": account},
        header=jws_header(key.kid()),
        payload=claims.canonical(),
        data_text=json.dumps(data, ensure_ascii=random.random() < 0.5),
    )


def _slot(random: Random) -> dict[str, object]:
    output = random.choice(('{"n":1e400}', "NaN", "null", '"\\u0007"', "", "é😀\u2028", "\x7f", "[" * 200))
    return {
        "status": random.choice(("SUCCEEDED", "FAILED")),
        "stoppedAt": random.choice((None, 0, 2**53 - 1)),
        "output": output,
        "outputDetails": {"included": random.random() < 0.5, "bytes": len(output)},
    }


def _through(changes: list[Callable[[T], T]], value: T) -> T:
    for change in changes:
        value = change(value)
    return value
