"""P-256 public keys: from KMS, pinned, and named by their thumbprint."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from fanin.signing.base64url import decode_base64url, encode_base64url
from fanin.signing.jwk import P256_PRIME, JwkError, PublicJwk, jwk_from_spki, parse_jwk
from tests.unit.signing.keys import HUB_KEY, SoftwareKey

pytestmark = pytest.mark.unit

MEMBERS = HUB_KEY.jwk().members()
SPKI = HUB_KEY.public_key_der()
X, Y = MEMBERS["x"], MEMBERS["y"]


def spki_of(curve: ec.EllipticCurve, form: serialization.PublicFormat = serialization.PublicFormat.SubjectPublicKeyInfo) -> bytes:
    return ec.derive_private_key(7, curve).public_key().public_bytes(serialization.Encoding.DER, form)


def compressed() -> bytes:
    key = serialization.load_der_public_key(SPKI)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return SPKI[:26] + key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)


def bumped(coordinate: str) -> str:
    return encode_base64url((int.from_bytes(decode_base64url(coordinate), "big") ^ 1).to_bytes(32, "big"))


def test_the_thumbprint_of_rfc_9449_section_6_1() -> None:
    """RFC 7638 itself has an RSA example only; DPoP's `jkt` is one of an EC key."""
    jwk = PublicJwk("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA")
    assert jwk.thumbprint() == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def test_the_keys_of_rfc_7515_and_rfc_7517_are_on_the_curve() -> None:
    PublicJwk("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")
    PublicJwk("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM")


@given(st.integers(1, 2**255))
def test_a_kms_key_becomes_the_jwk_that_a_jose_library_makes_of_it(secret: int) -> None:
    key = SoftwareKey(secret)
    library_key = ECKey.import_key(key.public_key_der())
    assert key.jwk().members() == library_key.as_dict(private=False)
    assert key.kid() == library_key.thumbprint()
    assert parse_jwk(key.jwk().members()) == key.jwk()


@pytest.mark.parametrize(
    "der",
    [b"", SPKI[:-1], SPKI + b"\0", SPKI[26:], compressed(), spki_of(ec.SECP384R1()), spki_of(ec.SECP256K1())],
    ids=["nothing", "cut short", "longer", "point alone", "compressed", "P-384", "secp256k1"],
)
def test_another_public_key_is_refused(der: bytes) -> None:
    with pytest.raises(JwkError, match="jwk-spki"):
        jwk_from_spki(der)


def test_a_point_off_the_curve_is_refused() -> None:
    with pytest.raises(JwkError, match="jwk-not-on-curve"):
        jwk_from_spki(SPKI[:-1] + bytes([SPKI[-1] ^ 1]))


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({}, "jwk-members"),
        ({**MEMBERS, "d": X}, "jwk-members"),
        ({**MEMBERS, "use": "sig"}, "jwk-members"),
        ({**MEMBERS, "alg": "ES256"}, "jwk-members"),
        ({**MEMBERS, "kty": "oct"}, "jwk-type"),
        ({**MEMBERS, "kty": "RSA"}, "jwk-type"),
        ({**MEMBERS, "crv": "P-384"}, "jwk-type"),
        ({**MEMBERS, "crv": ["P-256"]}, "jwk-type"),
        ({**MEMBERS, "x": 1}, "jwk-coordinate"),
        ({**MEMBERS, "y": None}, "jwk-coordinate"),
        ({**MEMBERS, "x": f"{X}="}, "jwk-coordinate"),
        ({**MEMBERS, "x": "AAAA"}, "jwk-coordinate"),
        ({**MEMBERS, "x": f"AA{X}"}, "jwk-coordinate"),
        ({**MEMBERS, "x": encode_base64url(P256_PRIME.to_bytes(32, "big"))}, "jwk-coordinate"),
        ({**MEMBERS, "x": encode_base64url(bytes(32)), "y": encode_base64url(bytes(32))}, "jwk-not-on-curve"),
        ({**MEMBERS, "y": bumped(Y)}, "jwk-not-on-curve"),
        ({**MEMBERS, "x": Y, "y": X}, "jwk-not-on-curve"),
    ],
)
def test_a_pinned_key_in_any_other_form_is_refused(members: dict[str, object], code: str) -> None:
    with pytest.raises(JwkError) as caught:
        parse_jwk(members)
    assert caught.value.code == code
