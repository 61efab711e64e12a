"""What a container has of its own: a clock that may be off, a signing key as it was when it began, and the pinned keys it last read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key

from fanin.domain.errors import RetryableError
from fanin.signing.ecdsa_signature import raw_from_der
from fanin.signing.trust import TrustDocument, TrustedKey
from tests.simulation.stage import Stage
from tests.unit.signing.keys import HUB_KEY, OTHER_HUB_KEY, SIGN_DIGEST, SoftwareKey
from tests.unit.sources.events import HUB
from tests.unit.use_cases.landscape import ISSUER

STALE_AFTER_MS, RELOAD_AFTER_MS = 300_000, 60_000  # as `SsmTrust` reads
ROTATION_MS = STALE_AFTER_MS + 10_000  # from publishing a key to using it


@dataclass(slots=True)
class StageClock:
    """The clock of one container: the world's, more or less."""

    stage: Stage
    skew_ms: int = 0

    @property
    def at_ms(self) -> int:
        """What the landscape stamps its events with."""
        return self.now_ms()

    def now_ms(self) -> int:
        """See the port."""
        return self.stage.now_ms + self.skew_ms

    def advance(self, by_ms: int) -> None:
        """How an invocation waits: others go on meanwhile."""
        self.stage.sleep(by_ms)


@dataclass(slots=True)
class Keys:
    """The hub's keys in the world: the one in use, those that successors pin, and whether KMS refuses just now."""

    key: SoftwareKey = HUB_KEY
    pinned: tuple[SoftwareKey, ...] = (HUB_KEY,)
    disabled: bool = False

    def publish(self) -> None:
        """The next key is pinned, before it is used; what was signed with the old one is on its way still."""
        self.pinned = (HUB_KEY, OTHER_HUB_KEY)

    def rotate(self) -> None:
        self.key = OTHER_HUB_KEY


@dataclass(slots=True)
class SoftwareSigner:
    """The `Signer` port of one container: a rotation is another key for the containers that begin after it."""

    keys: Keys
    key: SoftwareKey

    def kid(self) -> str:
        """See the port."""
        return _trusted(self.key).kid

    def public_jwk(self) -> Mapping[str, str]:
        """See the port."""
        return _trusted(self.key).jwk.members()

    def sign(self, message: bytes) -> bytes:
        """See the port."""
        if self.keys.disabled:
            raise RetryableError("key-unusable", "the key was told to be disabled")
        return raw_from_der(_private(self.key).sign(hashlib.sha256(message).digest(), SIGN_DIGEST))


@dataclass(slots=True)
class PublishedTrust:
    """The `TrustSource` port of one container: read again after five minutes, or after one for an unknown key."""

    keys: Keys
    stage: Stage
    read: TrustDocument
    read_at_ms: int

    def load(self) -> TrustDocument:
        """See the port."""
        return self._read(STALE_AFTER_MS)

    def reload(self) -> TrustDocument:
        """See the port."""
        return self._read(RELOAD_AFTER_MS)

    def _read(self, at_most_ms: int) -> TrustDocument:
        if self.stage.now_ms - self.read_at_ms >= at_most_ms:
            self.read, self.read_at_ms = trusting(self.keys.pinned), self.stage.now_ms
        return self.read


@lru_cache(maxsize=4)
def trusting(keys: tuple[SoftwareKey, ...]) -> TrustDocument:
    """The document that pins these keys."""
    return TrustDocument(tuple(_trusted(key) for key in keys))


@lru_cache(maxsize=4)
def _trusted(key: SoftwareKey) -> TrustedKey:
    return TrustedKey(key.kid(), key.jwk(), ISSUER, (HUB,), ("*",))


@lru_cache(maxsize=4)
def _private(key: SoftwareKey) -> EllipticCurvePrivateKey:
    return derive_private_key(key.secret, SECP256R1())
