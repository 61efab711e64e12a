"""What a release's signature says: the claims, exactly (DESIGN §8, names of RFC 7519 §4.1 where it has them).

The delivery's identity (`jti`) is a function of who, to whom, what and where, not of the time: signing again changes `iat` and
`exp`, never the identity, so a second copy of a release is recognised.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from fanin.domain.errors import RejectedError
from fanin.signing.canonical_json import canonical_json, digest_b64url

RELEASE_SOURCE = "fanin.hub"
RELEASE_DETAIL_TYPE = "Fan-in Release"

EXPIRY_S = 25 * 3600
"""Life of a signature, in seconds: the 24 hours for which EventBridge retries a delivery, and one."""

OUTCOMES = ("released", "failed")
MAX_KEY_BYTES = 256
MAX_ATTEMPT = 9999
_JOIN = re.compile(r"[a-z0-9-]{1,48}")


class ClaimsError(RejectedError):
    """A part of the claims could not be told apart from another, so nothing may be signed."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The ten claims of a release. `iat` and `exp` are epoch seconds, `jti` and `dig` 43 characters of base64url.

    `iss` hub stack, `aud` successor bus ARN, `sub` the release, `src` and `dt` EventBridge source and detail-type, `tgt` logical
    target, `dig` digest of the canonical data.
    """

    iss: str
    aud: str
    sub: str
    jti: str
    iat: int
    exp: int
    src: str
    dt: str
    tgt: str
    dig: str

    def canonical(self) -> bytes:
        """Return the JWS payload."""
        return canonical_json(asdict(self))


def issue_claims(*, iss: str, aud: str, sub: str, tgt: str, data_canonical: bytes, now_epoch_s: int) -> Claims:
    """Return the claims for one delivery of the release whose canonical data are `data_canonical`, valid for 25 hours."""
    return Claims(
        iss=iss,
        aud=aud,
        sub=sub,
        jti=delivery_jti(iss, aud, sub, tgt),
        iat=now_epoch_s,
        exp=now_epoch_s + EXPIRY_S,
        src=RELEASE_SOURCE,
        dt=RELEASE_DETAIL_TYPE,
        tgt=tgt,
        dig=digest_b64url(data_canonical),
    )


def delivery_jti(iss: str, aud: str, sub: str, tgt: str) -> str:
    """Return the delivery's identity, 43 characters of base64url: SHA-256 of the canonical array of its four parts."""
    return digest_b64url(canonical_json([iss, aud, sub, tgt]))


def subject(join: str, attempt: int, outcome: str, key: str) -> str:
    """Return `<join>/<attempt>/<released|failed>/<key>`, which reads back in one way only: just the key may hold a slash.

    Raises ClaimsError (`subject-join`, `subject-attempt`, `subject-outcome`, `subject-key`).
    """
    if _JOIN.fullmatch(join) is None:
        raise ClaimsError("subject-join", "a join's name is 1 to 48 of a-z, 0-9 and '-'.")
    if not 1 <= attempt <= MAX_ATTEMPT:
        raise ClaimsError("subject-attempt", f"attempts count from 1 to {MAX_ATTEMPT}.")
    if outcome not in OUTCOMES:
        raise ClaimsError("subject-outcome", "an outcome is released or failed.")
    if not 0 < len(key.encode("utf-8", "surrogatepass")) <= MAX_KEY_BYTES:
        raise ClaimsError("subject-key", f"a key has 1 to {MAX_KEY_BYTES} bytes.")
    return f"{join}/{attempt}/{outcome}/{key}"
