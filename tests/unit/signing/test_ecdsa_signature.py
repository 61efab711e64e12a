"""KMS's DER becomes the 64 bytes of JWS; anything but the one encoding is refused."""

import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from fanin.signing.base64url import decode_base64url
from fanin.signing.ecdsa_signature import SignatureFormatError, check_raw, raw_from_der
from fanin.signing.jwk import P256_ORDER

pytestmark = pytest.mark.unit

COMPONENTS = st.integers(1, P256_ORDER - 1) | st.integers(0, 255).map(lambda bits: 1 << bits) | st.integers(1, 300)


def der_of(*integers: bytes) -> bytes:
    body = b"".join(b"\x02" + bytes([len(integer)]) + integer for integer in integers)
    return b"\x30" + bytes([len(body)]) + body


def refused(der: bytes) -> str:
    with pytest.raises(SignatureFormatError) as caught:
        raw_from_der(der)
    return caught.value.code


@given(COMPONENTS, COMPONENTS)
def test_der_becomes_raw(r: int, s: int) -> None:
    assert raw_from_der(encode_dss_signature(r, s)) == r.to_bytes(32, "big") + s.to_bytes(32, "big")


@given(COMPONENTS, COMPONENTS, st.data())
def test_no_other_bytes_mean_the_same_signature(r: int, s: int, data: st.DataObject) -> None:
    der = encode_dss_signature(r, s)
    position = data.draw(st.integers(0, 8 * len(der) - 1))
    flipped = bytearray(der)
    flipped[position // 8] ^= 1 << position % 8
    try:
        raw = raw_from_der(bytes(flipped))
    except SignatureFormatError:
        return
    assert encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")) == flipped


@given(st.binary(max_size=80))
def test_any_bytes_are_a_signature_or_a_format_error(der: bytes) -> None:
    with contextlib.suppress(SignatureFormatError):
        assert len(raw_from_der(der)) == 64


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30",
        b"\x30\x00",
        b"\x31\x06\x02\x01\x01\x02\x01\x01",
        b"\x30\x06\x02\x01\x01\x02\x01\x01\x00",
        b"\x30\x07\x02\x01\x01\x02\x01\x01",
        b"\x30\x81\x06\x02\x01\x01\x02\x01\x01",
        b"\x30\x80\x02\x01\x01\x02\x01\x01\x00\x00",
        b"\x30\x03\x02\x01\x01",
        b"\x30\x06\x02\x01\x01\x03\x01\x01",
        b"\x30\x06\x02\x01\x01\x02\x02\x01",
        b"\x30\x06\x02\x05\x01\x02\x01\x01",
        der_of(b"", b"\x01"),
        der_of(b"\x80", b"\x01"),
        der_of(b"\x00\x01", b"\x01"),
        der_of(b"\x00\x00", b"\x01"),
        der_of(b"\x01", b"\x01", b"\x01"),
    ],
    ids=lambda der: der.hex() or "empty",
)
def test_what_is_not_strict_der_is_refused(der: bytes) -> None:
    assert refused(der) == "signature-der"


@pytest.mark.parametrize(
    ("r", "s"),
    [(0, 1), (1, 0), (P256_ORDER, 1), (1, P256_ORDER), (2**256 - 1, 1), (2**256, 1), (1, 2**300)],
    ids=lambda number: f"{number:x}",
)
def test_components_out_of_range_are_refused(r: int, s: int) -> None:
    assert refused(encode_dss_signature(r, s)) == "signature-range"


@pytest.mark.parametrize("size", [0, 63, 65, 72, 96, 128])
def test_a_raw_signature_has_64_bytes(size: int) -> None:
    with pytest.raises(SignatureFormatError, match="signature-length"):
        check_raw(b"\x01" * size)


def test_the_signature_of_rfc_7515_appendix_a_3_from_its_der() -> None:
    raw = decode_base64url("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
    assert raw_from_der(der_of(raw[:32], b"\x00" + raw[32:])) == raw
