"""Verification of a release, in the one order of DESIGN §8: nothing is read before what protects it has been checked.

The only module of fanin.signing that imports a JOSE library. The library does the cryptography, with the algorithm pinned here and
not by the token; the strictness around it is ours. What this does not do: find the state machine of a target, and start it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from fanin.domain.errors import ConfigurationError
from fanin.signing.canonical_json import CanonicalJsonError, canonical_json, digest_b64url
from fanin.signing.claims import EXPIRY_S, RELEASE_DETAIL_TYPE, RELEASE_SOURCE, Claims, ClaimsError, subject
from fanin.signing.compact_token import CompactToken, parse_token
from fanin.signing.ecdsa_signature import SignatureFormatError, check_raw
from fanin.signing.envelope import Envelope, parse_envelope
from fanin.signing.received_claims import parse_claims
from fanin.signing.release_event import ALGORITHM
from fanin.signing.verification_failure import STEPS, ForgeryError, VerificationError, failure

if TYPE_CHECKING:
    from fanin.signing.jwk import PublicJwk
    from fanin.signing.strict_json import JsonValue
    from fanin.signing.trust import TrustDocument, TrustedKey

__all__ = ["STEPS", "ForgeryError", "VerificationError", "VerifiedRelease", "verify", "verify_text"]

CLOCK_SKEW_S = 300
MAX_CLOCK_SKEW_S = 900
MAX_EXECUTION_INPUT_BYTES = 262_144
"""Limit of `StartExecution`'s input, in UTF-8 bytes (Step Functions quotas)."""

# A minute, so that a hub may round its times without its releases being refused.
_MAX_LIFETIME_S = EXPIRY_S + 60


@dataclass(frozen=True, slots=True)
class VerifiedRelease:
    """A release that passed every step. `data_canonical` (UTF-8) is the execution's input, byte for byte; keep it out of logs."""

    kid: str
    claims: Claims
    data: dict[str, JsonValue] = field(repr=False)
    data_canonical: bytes = field(repr=False)


def verify_text(
    body: str | bytes,
    trust: TrustDocument,
    audience: str,
    now_epoch_s: int,
    clock_skew_s: int = CLOCK_SKEW_S,
    reload: Callable[[], TrustDocument] | None = None,
) -> VerifiedRelease:
    """Verify the release in `body`, the whole EventBridge event as the queue held it: `parse_envelope`, then `verify`."""
    return verify(parse_envelope(body), trust, audience, now_epoch_s, clock_skew_s, reload)


def verify(
    event: Envelope,
    trust: TrustDocument,
    audience: str,
    now_epoch_s: int,
    clock_skew_s: int = CLOCK_SKEW_S,
    reload: Callable[[], TrustDocument] | None = None,
) -> VerifiedRelease:
    """Return the release in `event` if it passes every step from `segments` on.

    `audience` is the ARN of the bus that this successor listens on. `clock_skew_s`, at most 900, is how far clocks may differ.
    `reload` is called at most once, when the signature names a well-formed key that `trust` does not hold (a rotation the caller
    has not seen); anybody can bring that about, so it should bound how often it really fetches. Its errors pass through.

    Raises VerificationError (never retry; `code` and `step` say what failed), ForgeryError where it deserves an alarm, and
    ConfigurationError `clock-skew`. Pure: the same arguments always give the same answer, so a redelivery is verified alike.
    """
    if not 0 <= clock_skew_s <= MAX_CLOCK_SKEW_S:
        raise ConfigurationError("clock-skew", f"the clock skew allowed is 0 to {MAX_CLOCK_SKEW_S} seconds.")
    token = parse_token(event.signature)
    key = _trusted_key(token.kid, trust, reload)
    check_signature(token, key.jwk)
    claims = parse_claims(token.payload)
    _check_authority(claims, key)
    if claims.aud != audience:
        raise failure("release-audience", "the release was signed for another bus; it was carried here.")
    _check_time(claims, now_epoch_s, clock_skew_s)
    _check_origin(claims, event, key)
    data_canonical = _check_digest(claims, event.data)
    _check_subject(claims, event.data)
    return VerifiedRelease(key.kid, claims, event.data, data_canonical)


def check_signature(token: CompactToken, jwk: PublicJwk) -> None:
    """Check that `jwk` made the token's signature: step `signature`.

    Raises VerificationError `release-signature-length`, `release-signature-range` or `release-signature-invalid`.
    """
    try:
        check_raw(token.signature)
    except SignatureFormatError as error:
        raise failure(f"release-{error.code}", error.message) from error
    try:
        jws.deserialize_compact(token.text, _library_key(jwk), algorithms=[ALGORITHM])
    except JoseError as error:
        raise failure("release-signature-invalid", f"the key named did not make this signature ({error.error}).") from error


@lru_cache(maxsize=32)
def _library_key(jwk: PublicJwk) -> ECKey:
    return ECKey.import_key({**jwk.members()})


def _trusted_key(kid: str, trust: TrustDocument, reload: Callable[[], TrustDocument] | None) -> TrustedKey:
    key = trust.find(kid)
    if key is None and reload is not None:
        key = reload().find(kid)
    if key is None:
        raise failure("release-kid-unknown", f"key {kid} is not in the trust document; add it there if the hub rotated its key.")
    return key


def _check_authority(claims: Claims, key: TrustedKey) -> None:
    if claims.iss != key.iss:
        raise failure("release-issuer", f"key {key.kid} may not speak for that issuer, only for {key.iss}.")
    if not key.allows_target(claims.tgt):
        raise failure("release-target", f"key {key.kid} may not start that target.")


def _check_time(claims: Claims, now_epoch_s: int, clock_skew_s: int) -> None:
    if claims.iat > now_epoch_s + clock_skew_s:
        raise failure("release-issued-ahead", f"issued {claims.iat - now_epoch_s} s ahead of this clock; compare the clocks.")
    if claims.exp <= now_epoch_s - clock_skew_s:
        raise failure("release-expired", f"expired {now_epoch_s - claims.exp} s ago; the hub sends a fresh one until it is acknowledged.")
    if not 0 < claims.exp - claims.iat <= _MAX_LIFETIME_S:
        raise failure("release-lifetime", f"a signature lives at most {_MAX_LIFETIME_S} s.")


def _check_origin(claims: Claims, event: Envelope, key: TrustedKey) -> None:
    if not key.allows_account(event.account):
        raise failure("release-account", f"key {key.kid} does not sign for the account that this event came from.")
    if not event.source == claims.src == RELEASE_SOURCE:
        raise failure("release-source", f"the event's source and the one signed are not both {RELEASE_SOURCE}.")
    if not event.detail_type == claims.dt == RELEASE_DETAIL_TYPE:
        raise failure("release-detail-type", f"the event's detail-type and the one signed are not both {RELEASE_DETAIL_TYPE}.")


def _check_digest(claims: Claims, data: dict[str, JsonValue]) -> bytes:
    try:
        canonical = canonical_json(data)
    except CanonicalJsonError as error:
        raise failure("release-data", f"data: {error.message}") from error
    if not hmac.compare_digest(digest_b64url(canonical), claims.dig):
        raise failure("release-digest", "the data are not the data that were signed.")
    if len(canonical) > MAX_EXECUTION_INPUT_BYTES:
        raise failure("release-data-too-large", f"an execution's input has at most {MAX_EXECUTION_INPUT_BYTES} bytes.")
    return canonical


def _check_subject(claims: Claims, data: dict[str, JsonValue]) -> None:
    if claims.sub != _subject_of(data):
        raise failure("release-subject", "the data tell of another release than the signed subject.")


def _subject_of(data: dict[str, JsonValue]) -> str | None:
    join, attempt, outcome, key = (data.get(name) for name in ("join", "attempt", "outcome", "key"))
    # Not isinstance for the attempt: true is an int to Python.
    if not (isinstance(join, str) and type(attempt) is int and isinstance(outcome, str) and isinstance(key, str)):
        return None
    try:
        return subject(join, attempt, outcome, key)
    except ClaimsError:
        return None
