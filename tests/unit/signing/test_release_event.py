"""What travels: fixed header, canonical claims, data verbatim."""

import json

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from fanin.signing.base64url import decode_base64url
from fanin.signing.canonical_json import canonical_json
from fanin.signing.ecdsa_signature import SignatureFormatError
from fanin.signing.release_event import jws_header, release_detail, signing_input
from tests.unit.signing.keys import HUB_KEY
from tests.unit.signing.releases import DATA, honest_claims, raw_signature

pytestmark = pytest.mark.unit

MESSAGE = signing_input(HUB_KEY.kid(), honest_claims())
RAW = raw_signature(HUB_KEY, MESSAGE)


def test_the_header_is_exactly_three_constants_and_the_kid() -> None:
    assert jws_header("k") == b'{"alg":"ES256","kid":"k","typ":"fanin+jwt"}'


def test_the_message_to_sign_is_header_and_claims() -> None:
    header, payload = MESSAGE.decode("ascii").split(".")
    assert decode_base64url(header) == jws_header(HUB_KEY.kid())
    assert decode_base64url(payload) == honest_claims().canonical()


def test_the_detail_holds_the_canonical_bytes_verbatim() -> None:
    data = canonical_json(DATA)
    detail = release_detail(data, MESSAGE, RAW)
    assert data in detail.encode()
    assert {**json.loads(detail), "sig": ""} == {"v": 1, "data": DATA, "sig": ""}


def test_a_jose_library_accepts_the_token() -> None:
    token = json.loads(release_detail(b"{}", MESSAGE, RAW))["sig"]
    parsed = jws.deserialize_compact(token, ECKey.import_key(HUB_KEY.public_key_der()), algorithms=["ES256"])
    assert parsed.payload == honest_claims().canonical()


@pytest.mark.parametrize("raw", [b"", bytes(64), RAW + b"\0"], ids=["none", "zeros", "65 bytes"])
def test_nothing_leaves_without_a_signature(raw: bytes) -> None:
    with pytest.raises(SignatureFormatError):
        release_detail(b"{}", MESSAGE, raw)
