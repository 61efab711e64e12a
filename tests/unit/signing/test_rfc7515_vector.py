"""The ES256 example of RFC 7515 appendix A.3 through our own pieces."""

import pytest

from fanin.signing.base64url import decode_base64url
from fanin.signing.compact_token import CompactToken, parse_token
from fanin.signing.jwk import PublicJwk
from fanin.signing.verification import VerificationError, check_signature

pytestmark = pytest.mark.unit

JWK = PublicJwk("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")
TEXT = (
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)


def token(text: str) -> CompactToken:
    _, payload, signature = (decode_base64url(segment) for segment in text.split("."))
    return CompactToken(kid=JWK.thumbprint(), payload=payload, signature=signature, text=text)


def test_its_signature_holds() -> None:
    check_signature(token(TEXT), JWK)


@pytest.mark.parametrize("text", [TEXT.replace("eyJpc3M", "eyJpc3N"), TEXT[:-3] + "AAQ"], ids=["payload", "signature"])
def test_a_change_breaks_it(text: str) -> None:
    with pytest.raises(VerificationError, match="release-signature-invalid"):
        check_signature(token(text), JWK)


def test_its_header_is_still_none_of_ours() -> None:
    with pytest.raises(VerificationError, match="release-header-members"):
        parse_token(TEXT)
