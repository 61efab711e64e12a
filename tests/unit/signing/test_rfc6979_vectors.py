"""The P-256 and SHA-256 examples of RFC 6979 appendix A.2.5, from the DER that KMS would give to the 64 bytes of JWS, and verified."""

import hashlib

import pytest

from fanin.signing.base64url import encode_base64url
from fanin.signing.compact_token import CompactToken
from fanin.signing.ecdsa_signature import raw_from_der
from fanin.signing.jwk import PublicJwk
from fanin.signing.verification import VerificationError, check_signature
from tests.unit.signing.keys import SoftwareKey

pytestmark = pytest.mark.unit

KEY = SoftwareKey(0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721)
PUBLIC = PublicJwk(
    encode_base64url(bytes.fromhex("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6")),
    encode_base64url(bytes.fromhex("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299")),
)
SIGNATURES = {
    b"sample": (
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    ),
    # S has a leading zero byte: DER leaves it out, JWS wants it back.
    b"test": (
        "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
        "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
    ),
}


def test_the_public_key_is_the_published_one() -> None:
    assert KEY.jwk() == PUBLIC


@pytest.mark.parametrize("message", SIGNATURES)
def test_a_published_signature_in_der_becomes_its_64_bytes(message: bytes) -> None:
    r, s = SIGNATURES[message]
    assert raw_from_der(KEY.sign_digest(hashlib.sha256(message).digest())).hex().upper() == r + s


def test_a_published_signature_is_no_signature_of_a_token() -> None:
    """The published messages are not JWS signing inputs, so the library must refuse them under any reading."""
    raw = bytes.fromhex("".join(SIGNATURES[b"sample"]))
    text = f"c2FtcGxl..{encode_base64url(raw)}"
    with pytest.raises(VerificationError, match="release-signature-invalid"):
        check_signature(CompactToken(KEY.kid(), b"", raw, text), PUBLIC)
