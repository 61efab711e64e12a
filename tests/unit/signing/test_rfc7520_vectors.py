"""The signed examples of RFC 7520 that name another algorithm: right tokens, every one of them, and none of ours."""

import pytest

from fanin.signing.compact_token import parse_token
from fanin.signing.verification import VerificationError

pytestmark = pytest.mark.unit

PAYLOAD = (
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBk"
    "b24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4"
)
ES512 = (
    "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
    "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kv"
    "AD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2",
)
HS256 = (
    "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9",
    "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0",
)


@pytest.mark.parametrize(("header", "signature"), [ES512, HS256], ids=["section 4.3, ES512", "section 4.4, HS256"])
def test_a_published_token_of_another_profile_is_refused_before_any_cryptography(header: str, signature: str) -> None:
    with pytest.raises(VerificationError, match="release-header-members"):
        parse_token(f"{header}.{PAYLOAD}.{signature}")


@pytest.mark.parametrize(("header", "signature"), [ES512, HS256], ids=["ES512", "HS256"])
def test_a_published_token_with_detached_content_is_refused(header: str, signature: str) -> None:
    with pytest.raises(VerificationError, match="release-header-members"):
        parse_token(f"{header}..{signature}")
