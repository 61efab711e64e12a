"""The twin of the signing key: in software, since the layer has no cryptography of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from fanin.domain.errors import RetryableError
from fanin.signing.ecdsa_signature import raw_from_der
from fanin.use_cases.view_keys import PublishedKeys
from tests.unit.signing.keys import HUB_KEY, SoftwareKey


@dataclass(slots=True)
class SoftwareSigner:
    """The `Signer` port over a fixed P-256 key; `disabled` is what KMS answers to a disabled key."""

    key: SoftwareKey = HUB_KEY
    disabled: bool = False

    def kid(self) -> str:
        """See the port."""
        return self.key.kid()

    def public_jwk(self) -> Mapping[str, str]:
        """See the port."""
        return self.key.jwk().members()

    def sign(self, message: bytes) -> bytes:
        """See the port."""
        if self.disabled:
            raise RetryableError("key-unusable", "the key was told to be disabled")
        return raw_from_der(self.key.sign_digest(hashlib.sha256(message).digest()))


def one_key(key: SoftwareKey = HUB_KEY) -> PublishedKeys:
    """The keys of a hub in which no rotation is under way."""
    return PublishedKeys("A", SoftwareSigner(key), None, None)
