"""Base64url without padding, in its one canonical spelling (RFC 4648 §5, RFC 7515 §2).

Refuses padding, white space, other alphabets, impossible lengths and non-zero trailing bits, so that every byte string has
exactly one accepted text.
"""

from __future__ import annotations

import base64
import re

from fanin.domain.errors import RejectedError

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


class Base64UrlError(RejectedError):
    """The text is not canonical unpadded base64url."""


def encode_base64url(data: bytes) -> str:
    """Return the unpadded base64url text of `data`."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64url(text: str) -> bytes:
    """Return the bytes that `text` spells; the empty text spells no bytes.

    Raises Base64UrlError (`base64url-alphabet`, `base64url-length`, `base64url-trailing-bits`): the text will never be right.
    """
    if _ALPHABET.fullmatch(text) is None:
        raise Base64UrlError("base64url-alphabet", "only A-Z, a-z, 0-9, '-' and '_' may appear, without padding.")
    if len(text) % 4 == 1:
        raise Base64UrlError("base64url-length", "no number of bytes has an encoding of this length.")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode_base64url(data) != text:
        raise Base64UrlError("base64url-trailing-bits", "the unused bits of the last character are not zero.")
    return data
