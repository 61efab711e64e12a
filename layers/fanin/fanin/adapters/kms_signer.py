"""The hub's signing key in KMS: ECC_NIST_P256, ECDSA_SHA_256. KMS answers DER, JWS wants R||S (RFC 7518 section 3.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from fanin.domain.errors import RetryableError
from fanin.signing.ecdsa_signature import raw_from_der
from fanin.signing.jwk import PublicJwk, jwk_from_spki

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


@dataclass(slots=True)
class KmsSigner:
    """The `Signer` port. The public key is asked for once a process: a key never changes, a rotation is another key."""

    client: KMSClient
    key_id: str
    _jwk: PublicJwk | None = field(default=None, init=False)

    def kid(self) -> str:
        """See the port."""
        return self._public().thumbprint()

    def public_jwk(self) -> Mapping[str, str]:
        """See the port."""
        return self._public().members()

    def sign(self, message: bytes) -> bytes:
        """See the port. The digest is sent, since KMS takes at most 4,096 bytes of message."""
        try:
            answer = self.client.sign(
                KeyId=self.key_id,
                Message=hashlib.sha256(message).digest(),
                MessageType="DIGEST",
                SigningAlgorithm="ECDSA_SHA_256",
            )
        except (ClientError, BotoCoreError) as error:
            raise _unusable(error) from error
        return raw_from_der(answer["Signature"])

    def _public(self) -> PublicJwk:
        if self._jwk is None:
            try:
                answer = self.client.get_public_key(KeyId=self.key_id)
            except (ClientError, BotoCoreError) as error:
                raise _unusable(error) from error
            self._jwk = jwk_from_spki(answer["PublicKey"])
        return self._jwk


def _unusable(error: ClientError | BotoCoreError) -> RetryableError:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    return RetryableError("key-unusable", f"the signing key cannot be used now ({code}); enable it, or check the forwarder's role")
