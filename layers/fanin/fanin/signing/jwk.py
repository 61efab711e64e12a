"""A P-256 public key as a JWK (RFC 7517, RFC 7518 §6.2.1) and its name, the RFC 7638 thumbprint.

Standard library only: the hub makes the JWK from what KMS returns, the CLI checks it, and neither needs a JOSE library. Every
PublicJwk in existence is a point on the curve, in the one canonical spelling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fanin.domain.errors import RejectedError
from fanin.signing.base64url import Base64UrlError, decode_base64url, encode_base64url
from fanin.signing.canonical_json import canonical_json, digest_b64url

# NIST P-256, SP 800-186 §3.2.1.3.
P256_PRIME = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B

_COORDINATE_BYTES = 32
# SubjectPublicKeyInfo of id-ecPublicKey on prime256v1, up to the uncompressed point (RFC 5480 §2): all 26 bytes are fixed.
_SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + b"\x04"


class JwkError(RejectedError):
    """The key is not a P-256 public key in the one form that is accepted."""


@dataclass(frozen=True, slots=True)
class PublicJwk:
    """A public key by its coordinates, each 32 big-endian bytes as 43 characters of base64url.

    Raises JwkError (`jwk-coordinate`, `jwk-not-on-curve`) when made of anything else.
    """

    x: str
    y: str

    def __post_init__(self) -> None:
        x, y = _coordinate("x", self.x), _coordinate("y", self.y)
        if (y * y - (x * x * x - 3 * x + _P256_B)) % P256_PRIME:
            raise JwkError("jwk-not-on-curve", "x and y are not a point of P-256.")

    def members(self) -> dict[str, str]:
        """Return the JWK's members; they are also exactly those that the thumbprint covers."""
        return {"crv": "P-256", "kty": "EC", "x": self.x, "y": self.y}

    def thumbprint(self) -> str:
        """Return the `kid`: SHA-256 over the required members, 43 characters of base64url (RFC 7638 §3)."""
        return digest_b64url(canonical_json(self.members()))


def jwk_from_spki(der: bytes) -> PublicJwk:
    """Return the key in a DER SubjectPublicKeyInfo, as KMS `GetPublicKey` returns it for `ECC_NIST_P256`.

    Raises JwkError (`jwk-spki`, `jwk-not-on-curve`): the key has another spec, so the configuration names a wrong one.
    """
    point = der.removeprefix(_SPKI_PREFIX)
    if len(point) == len(der) or len(point) != 2 * _COORDINATE_BYTES:
        raise JwkError("jwk-spki", "this is not the SubjectPublicKeyInfo of an uncompressed P-256 key.")
    return PublicJwk(encode_base64url(point[:_COORDINATE_BYTES]), encode_base64url(point[_COORDINATE_BYTES:]))


def parse_jwk(members: Mapping[str, object]) -> PublicJwk:
    """Return the key of a JWK with exactly the members `kty`, `crv`, `x` and `y`: no private part, no `use`, no `alg`.

    Raises JwkError (`jwk-members`, `jwk-type`, `jwk-coordinate`, `jwk-not-on-curve`).
    """
    if set(members) != {"kty", "crv", "x", "y"}:
        raise JwkError("jwk-members", "a key has exactly the members kty, crv, x and y.")
    if (members["kty"], members["crv"]) != ("EC", "P-256"):
        raise JwkError("jwk-type", "kty is EC and crv is P-256, nothing else.")
    x, y = members["x"], members["y"]
    if not isinstance(x, str) or not isinstance(y, str):
        raise JwkError("jwk-coordinate", "x and y are base64url strings.")
    return PublicJwk(x, y)


def _coordinate(name: str, text: str) -> int:
    try:
        data = decode_base64url(text)
    except Base64UrlError as error:
        raise JwkError("jwk-coordinate", f"{name}: {error.message}") from error
    value = int.from_bytes(data, "big")
    if len(data) != _COORDINATE_BYTES or value >= P256_PRIME:
        raise JwkError("jwk-coordinate", f"{name} is not {_COORDINATE_BYTES} bytes below the prime of P-256.")
    return value
