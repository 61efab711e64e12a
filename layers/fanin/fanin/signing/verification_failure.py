"""The steps of verification and every way in which each can fail: one table for code, metrics, quarantine, alarms and the CLI.

An alarm means that somebody who may reach the releases queue sent what no honest hub sends. Garbage, old age and a newer version
are refused as firmly but wake nobody: they are what misfortune looks like.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from fanin.domain.errors import RejectedError, SecurityError

STEPS: tuple[tuple[str, str], ...] = (
    ("caps", "The event is within the limits of size and depth."),
    ("event", "The event is strict JSON from EventBridge with a version, data and a signature, and nothing else in its detail."),
    ("segments", "The signature is three segments of canonical unpadded base64url."),
    ("header", "Its header holds exactly alg, kid and typ, with ES256 and fanin+jwt."),
    ("key", "The key it names is pinned in the trust document."),
    ("signature", "It is 64 bytes, in range, and that key made it."),
    ("claims", "The claims are exactly the ten, of exact types, and the delivery's identity follows from them."),
    ("authority", "That key may speak for this issuer and start this target."),
    ("audience", "The release is addressed to this successor's bus."),
    ("time", "It was issued no later than now, has not expired and does not live too long, by clocks that differ a little."),
    ("origin", "The event came from the hub's account with the source and detail-type that were signed."),
    ("digest", "The data are the data that were signed."),
    ("subject", "The data's join, attempt, outcome and key are those of the signed subject."),
)
"""Step ids in the order in which `verify_text` takes them, each with what holds once it has passed."""


class Failure(NamedTuple):
    """What a code means: the step that failed, and whether it deserves an alarm."""

    step: str
    alarm: bool


FAILURES: Mapping[str, Failure] = MappingProxyType(
    {
        "release-too-large": Failure("caps", alarm=False),
        "release-too-deep": Failure("caps", alarm=False),
        "release-not-utf8": Failure("event", alarm=False),
        "release-lone-surrogate": Failure("event", alarm=False),
        "release-malformed": Failure("event", alarm=False),
        "release-duplicate-member": Failure("event", alarm=True),
        "release-float": Failure("event", alarm=False),
        "release-number": Failure("event", alarm=False),
        "release-event-shape": Failure("event", alarm=False),
        "release-version": Failure("event", alarm=False),
        "release-unsigned": Failure("event", alarm=True),
        "release-detail-members": Failure("event", alarm=True),
        "release-segments": Failure("segments", alarm=True),
        "release-base64url": Failure("segments", alarm=True),
        "release-header-malformed": Failure("header", alarm=True),
        "release-header-duplicate": Failure("header", alarm=True),
        "release-header-members": Failure("header", alarm=True),
        "release-algorithm": Failure("header", alarm=True),
        "release-token-type": Failure("header", alarm=True),
        "release-kid-format": Failure("key", alarm=True),
        "release-kid-unknown": Failure("key", alarm=True),
        "release-signature-length": Failure("signature", alarm=True),
        "release-signature-range": Failure("signature", alarm=True),
        "release-signature-invalid": Failure("signature", alarm=True),
        "release-claims-malformed": Failure("claims", alarm=True),
        "release-claims-duplicate": Failure("claims", alarm=True),
        "release-claims-members": Failure("claims", alarm=True),
        "release-claims-type": Failure("claims", alarm=True),
        "release-jti": Failure("claims", alarm=True),
        "release-issuer": Failure("authority", alarm=True),
        "release-target": Failure("authority", alarm=True),
        "release-audience": Failure("audience", alarm=True),
        "release-issued-ahead": Failure("time", alarm=False),
        "release-expired": Failure("time", alarm=False),
        "release-lifetime": Failure("time", alarm=True),
        "release-account": Failure("origin", alarm=True),
        "release-source": Failure("origin", alarm=True),
        "release-detail-type": Failure("origin", alarm=True),
        "release-data": Failure("digest", alarm=True),
        "release-data-too-large": Failure("digest", alarm=False),
        "release-digest": Failure("digest", alarm=True),
        "release-subject": Failure("subject", alarm=True),
    }
)


class VerificationError(RejectedError):
    """The release failed at `step`: quarantine it, count its code, start nothing. Steps before it, in `STEPS`, passed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.step = FAILURES[code].step


class ForgeryError(VerificationError, SecurityError):
    """The release failed in a way that no honest hub brings about: as VerificationError, and raise an alarm."""


def failure(code: str, message: str) -> VerificationError:
    """Return the error of `code`, one of `FAILURES`; `message` holds nothing secret and nothing unbounded."""
    return ForgeryError(code, message) if FAILURES[code].alarm else VerificationError(code, message)
