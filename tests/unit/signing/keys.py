"""Signing keys in software that answer as KMS does: a digest in, DER out, a SubjectPublicKeyInfo on request."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from fanin.signing.jwk import PublicJwk, jwk_from_spki

SIGN_DIGEST = ec.ECDSA(Prehashed(hashes.SHA256()), deterministic_signing=True)


@dataclass(frozen=True, slots=True)
class SoftwareKey:
    """A P-256 key pair like one of KMS's `ECC_NIST_P256`; the same `secret` is the same key, and signs alike every time."""

    secret: int

    def sign_digest(self, digest: bytes) -> bytes:
        """DER signature over a SHA-256, as KMS `Sign` with `MessageType=DIGEST`."""
        return self._private().sign(digest, SIGN_DIGEST)

    def public_key_der(self) -> bytes:
        """SubjectPublicKeyInfo, as KMS `GetPublicKey`."""
        return self._private().public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def jwk(self) -> PublicJwk:
        return jwk_from_spki(self.public_key_der())

    def kid(self) -> str:
        return self.jwk().thumbprint()

    def _private(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.secret, ec.SECP256R1())


HUB_KEY = SoftwareKey(20_260_331)
OTHER_HUB_KEY = SoftwareKey(20_260_401)
STRANGERS_KEY = SoftwareKey(666)
