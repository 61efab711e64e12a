"""The contract of `Signer`: what it signs verifies under the key it names, and trouble with the key is a retry."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from fanin.adapters.kms_signer import KmsSigner
from fanin.domain.errors import RetryableError
from fanin.ports import Signer
from fanin.signing.base64url import decode_base64url
from fanin.signing.jwk import parse_jwk
from tests.contract.conftest import MEMORY, MOTO, ON_LOCAL_AWS, session_of
from tests.unit.use_cases.software_signer import SoftwareSigner


@dataclass(frozen=True, slots=True)
class Signing:
    """A signer, and the bytes that it really signs when it is given a message."""

    signer: Signer
    signed: Callable[[bytes], bytes]


@pytest.fixture(params=[MEMORY, MOTO, ON_LOCAL_AWS])
def signing(request: pytest.FixtureRequest) -> Iterator[Signing]:
    if request.param == MEMORY:
        yield Signing(SoftwareSigner(), lambda message: message)
        return
    with session_of(request.param, request) as session:
        # moto takes no notice of MessageType: it hashes the digest again. AWS signs the digest it is given ("Sign", KMS API reference).
        yield Signing(kms_signer(session), digest if request.param == MOTO else lambda message: message)


def digest(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def kms_signer(session: boto3.Session) -> KmsSigner:
    client = session.client("kms")
    key = client.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    return KmsSigner(client, key["Arn"])


def verify(signer: Signer, message: bytes, signature: bytes) -> None:
    """InvalidSignature, by another implementation than the one that will verify it, when the key did not sign the message."""
    jwk = signer.public_jwk()
    x, y = (int.from_bytes(decode_base64url(jwk[name]), "big") for name in ("x", "y"))
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("message", [b"x", b"header.claims" * 1000], ids=["short", "over the 4,096 bytes that KMS takes"])
def test_a_signature_is_64_bytes_and_verifies(signing: Signing, message: bytes) -> None:
    for _ in range(8):
        signature = signing.signer.sign(message)
        assert len(signature) == 64
        verify(signing.signer, signing.signed(message), signature)


def test_the_key_names_itself_by_its_thumbprint(signing: Signing) -> None:
    jwk = signing.signer.public_jwk()
    assert jwk.keys() == {"kty", "crv", "x", "y"}
    assert signing.signer.kid() == parse_jwk(jwk).thumbprint()


@pytest.mark.parametrize(
    "code", ["DisabledException", "KMSInvalidStateException", "ThrottlingException", "AccessDeniedException", "NotFoundException"]
)
def test_a_key_that_cannot_be_used_now_is_a_retry(aws: boto3.Session, code: str) -> None:
    signer = kms_signer(aws)
    error = signer.client.exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, "Sign")

    def refuse(**_: object) -> None:
        raise error

    signer.client.meta.events.register("before-call.kms", refuse)
    for call in (lambda: signer.sign(b"x"), signer.kid, signer.public_jwk):
        with pytest.raises(RetryableError, match=f"key-unusable: .*{code}"):
            call()


def test_a_key_that_cannot_be_reached_is_a_retry(aws: boto3.Session) -> None:
    signer = kms_signer(aws)

    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://kms")

    signer.client.meta.events.register("before-call.kms.Sign", unreachable)
    with pytest.raises(RetryableError, match="key-unusable"):
        signer.sign(b"x")


@pytest.fixture(params=[MEMORY, ON_LOCAL_AWS])
def disabled(request: pytest.FixtureRequest) -> Iterator[Signer]:
    # Not on moto, which signs with a disabled key; AWS answers DisabledException.
    if request.param == MEMORY:
        yield SoftwareSigner(disabled=True)
        return
    with session_of(request.param, request) as session:
        signer = kms_signer(session)
        signer.client.disable_key(KeyId=signer.key_id)
        yield signer


def test_a_disabled_key_is_a_retry(disabled: Signer) -> None:
    with pytest.raises(RetryableError, match="key-unusable"):
        disabled.sign(b"x")


def test_the_public_key_is_asked_for_once(aws: boto3.Session) -> None:
    signer = kms_signer(aws)
    kid = signer.kid()
    # moto knows a key here by its id alone.
    signer.client.schedule_key_deletion(KeyId=signer.key_id.rpartition("/")[2], PendingWindowInDays=7)
    assert signer.kid() == kid
