"""One text for every byte string, and no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.signing.base64url import Base64UrlError, decode_base64url, encode_base64url

pytestmark = pytest.mark.unit


@given(st.binary(max_size=100))
def test_what_is_encoded_decodes(data: bytes) -> None:
    assert decode_base64url(encode_base64url(data)) == data


@given(st.text(alphabet="ABab01_-=+/ \n", max_size=12))
def test_an_accepted_text_is_the_only_one_for_its_bytes(text: str) -> None:
    try:
        data = decode_base64url(text)
    except Base64UrlError:
        return
    assert encode_base64url(data) == text


def test_the_example_of_rfc_7515_appendix_c() -> None:
    assert encode_base64url(bytes([3, 236, 255, 224, 193])) == "A-z_4ME"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("AA==", "base64url-alphabet"),
        ("AA\n", "base64url-alphabet"),
        (" AA", "base64url-alphabet"),
        ("A+/A", "base64url-alphabet"),
        ("é", "base64url-alphabet"),
        ("A", "base64url-length"),
        ("AAAAA", "base64url-length"),
        ("AB", "base64url-trailing-bits"),
        ("AAB", "base64url-trailing-bits"),
    ],
)
def test_other_spellings_are_refused(text: str, code: str) -> None:
    with pytest.raises(Base64UrlError) as caught:
        decode_base64url(text)
    assert caught.value.code == code
