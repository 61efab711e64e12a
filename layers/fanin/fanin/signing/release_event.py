"""The signed release as it travels: compact JWS (RFC 7515 §7.1) over the claims, next to the data they cover.

Made in two steps, because the private key stays in KMS: `signing_input`, then, with the signature over its SHA-256,
`release_detail`. The data's canonical bytes go in verbatim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fanin.signing.base64url import encode_base64url
from fanin.signing.canonical_json import canonical_json
from fanin.signing.ecdsa_signature import check_raw

if TYPE_CHECKING:
    from fanin.signing.claims import Claims

ALGORITHM = "ES256"
TOKEN_TYPE = "fanin+jwt"  # noqa: S105 - a media type, no secret
RELEASE_VERSION = 1


def jws_header(kid: str) -> bytes:
    """Return the protected header: exactly `alg`, `kid` and `typ`. `kid` is the key's RFC 7638 thumbprint."""
    return canonical_json({"alg": ALGORITHM, "kid": kid, "typ": TOKEN_TYPE})


def signing_input(kid: str, claims: Claims) -> bytes:
    """Return the ASCII bytes to be signed with ECDSA P-256 over SHA-256 (RFC 7515 §5.1).

    Ask KMS to sign their SHA-256 with `MessageType=DIGEST`, `SigningAlgorithm=ECDSA_SHA_256`.
    """
    return f"{encode_base64url(jws_header(kid))}.{encode_base64url(claims.canonical())}".encode("ascii")


def release_detail(data_canonical: bytes, signing_input: bytes, raw_signature: bytes) -> str:
    """Return the EventBridge `detail`, `{"v":1,"data":…,"sig":"<compact JWS>"}`.

    `data_canonical` is what `canonical_json` gave, `raw_signature` the 64 bytes R‖S of `raw_from_der`.
    Raises SignatureFormatError when they are not: nothing unsigned leaves.
    """
    check_raw(raw_signature)
    token = f"{signing_input.decode('ascii')}.{encode_base64url(raw_signature)}"
    return f'{{"v":{RELEASE_VERSION},"data":{data_canonical.decode("utf-8")},"sig":"{token}"}}'
