"""The two spellings of an ECDSA P-256 signature: KMS's DER and the 64 bytes of JWS.

KMS returns a DER `Ecdsa-Sig-Value` (RFC 3279 §2.2.3), JWS wants R and S as 32 big-endian bytes each (RFC 7518 §3.4). Only the one
DER encoding of each signature is read, and only R and S in 1..n-1 pass.
"""

from __future__ import annotations

from fanin.domain.errors import RejectedError
from fanin.signing.jwk import P256_ORDER

COMPONENT_BYTES = 32
RAW_BYTES = 2 * COMPONENT_BYTES

_SEQUENCE = 0x30
_INTEGER = 0x02


class SignatureFormatError(RejectedError):
    """The bytes are not an ECDSA P-256 signature in the spelling asked for."""


def raw_from_der(der: bytes) -> bytes:
    """Return the 64 bytes R‖S of a DER signature, as KMS `Sign` with `ECDSA_SHA_256` returns it.

    Raises SignatureFormatError (`signature-der`, `signature-range`): the signer is not the key it should be.
    """
    # At most 72 bytes: every length fits one byte.
    if len(der) < 2 or der[0] != _SEQUENCE or der[1] != len(der) - 2:
        raise SignatureFormatError("signature-der", "the signature is not one DER sequence of its exact length.")
    r, rest = _read_integer(der[2:])
    s, rest = _read_integer(rest)
    if rest:
        raise SignatureFormatError("signature-der", "bytes follow the second integer of the signature.")
    raw = r.rjust(COMPONENT_BYTES, b"\0") + s.rjust(COMPONENT_BYTES, b"\0")
    check_raw(raw)
    return raw


def check_raw(raw: bytes) -> None:
    """Check that `raw` is 64 bytes and that both R and S are in 1..n-1 (FIPS 186-5 §6.4.2).

    Raises SignatureFormatError (`signature-length`, `signature-range`).
    """
    if len(raw) != RAW_BYTES:
        raise SignatureFormatError("signature-length", f"the signature has {len(raw)} bytes, not {RAW_BYTES}.")
    for component in (raw[:COMPONENT_BYTES], raw[COMPONENT_BYTES:]):
        if not 0 < int.from_bytes(component, "big") < P256_ORDER:
            raise SignatureFormatError("signature-range", "R or S is not in 1..n-1.")


def _read_integer(data: bytes) -> tuple[bytes, bytes]:
    """Return the magnitude of the positive DER integer at the start of `data`, at most 32 bytes, and what follows it."""
    if len(data) < 2 or data[0] != _INTEGER:
        raise SignatureFormatError("signature-der", "the signature does not hold two DER integers.")
    end = 2 + data[1]
    body = data[2:end]
    if not body or len(data) < end or not _is_minimal_positive(body):
        raise SignatureFormatError("signature-der", "an integer of the signature is empty, cut short, negative or padded.")
    magnitude = body.removeprefix(b"\0")
    if len(magnitude) > COMPONENT_BYTES:
        raise SignatureFormatError("signature-range", "R or S is longer than 32 bytes.")
    return magnitude, data[end:]


def _is_minimal_positive(body: bytes) -> bool:
    """A leading zero byte is there if, and only if, the next bit would read as a minus sign (X.690 §8.3)."""
    if body[0] != 0:
        return body[0] < 0x80
    return len(body) == 1 or body[1] >= 0x80
