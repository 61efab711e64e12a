"""Other spellings of what a release is made of: of JSON texts, signatures, tokens and bodies. Some mean the same."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from random import Random

from cryptography.hazmat.primitives import serialization

from fanin.signing.base64url import encode_base64url
from fanin.signing.jwk import P256_ORDER
from tests.attack.strange import B64, NUMBER_SPELLINGS
from tests.unit.signing.keys import SoftwareKey


def members_of(text: bytes) -> dict[str, object]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def twice(text: bytes, name: str, value: object, random: Random) -> bytes:
    """A member of a name that may be there, before or behind all others, also with its name written in escapes."""
    spelled = json.dumps(name) if random.random() < 0.7 else '"' + "".join(f"\\u{ord(one):04x}" for one in name) + '"'
    member = f"{spelled}:{json.dumps(value)}".encode()
    start, end = text.find(b"{"), text.rfind(b"}")
    if start < 0 or end < start:
        return text
    return text[: start + 1] + member + b"," + text[start + 1 :] if random.random() < 0.5 else text[:end] + b"," + member + text[end:]


def text_trick(text: str, random: Random) -> bytes:
    """JSON in another spelling, or in one that some parsers take for JSON."""
    at = text.find(":", random.randrange(max(1, len(text))))
    place = at + 1 if at >= 0 else len(text) // 2
    tricks: tuple[Callable[[], str], ...] = (
        lambda: json.dumps(json.loads(text), indent=random.choice((1, "\t"))),
        lambda: json.dumps(dict(reversed(json.loads(text).items()))),
        lambda: json.dumps(json.loads(text), ensure_ascii=True),
        lambda: json.dumps(json.loads(text), ensure_ascii=False),
        lambda: f" \t\r\n{text}\n",
        lambda: text.replace('"', "'"),
        lambda: f"{text[:place]}/* */{text[place:]}",
        lambda: f"{text[:place]}{random.choice(NUMBER_SPELLINGS)}{text[place:]}",
        lambda: text.replace(":1,", f":{random.choice(NUMBER_SPELLINGS)},", 1),
        lambda: text[:-1] + ",}",
        lambda: text[:-1],
        lambda: text + "}",
        lambda: text + text,
        lambda: f"\ufeff{text}",
        lambda: f"[{text}]",
        lambda: json.dumps(text),
        lambda: text.replace("a", "\\u0061", 1),
        lambda: text.replace("a", "\\ud83d", 1),
        lambda: text.replace("a", "\\x61", 1),
        lambda: text.replace("a", "\0", 1),
        lambda: f"{text}\0",
        lambda: f"{text}//",
        lambda: "[" * 400 + "]" * 400,
    )
    try:
        return random.choice(tricks)().encode("utf-8", "surrogatepass")
    except (ValueError, AttributeError):
        return text.encode("utf-8", "surrogatepass")


def integer(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _raw(r: int, s: int) -> bytes:
    return (r % 2**256).to_bytes(32, "big") + (s % 2**256).to_bytes(32, "big")


SIGNATURES: tuple[Callable[[bytes], bytes], ...] = (
    lambda raw: _raw(integer(raw[:32]), P256_ORDER - integer(raw[32:])),
    lambda raw: _raw(P256_ORDER - integer(raw[:32]), integer(raw[32:])),
    lambda raw: raw[32:] + raw[:32],
    lambda raw: bytes(64),
    lambda raw: _raw(1, 1),
    lambda raw: _raw(P256_ORDER, 1),
    lambda raw: _raw(1, P256_ORDER),
    lambda raw: _raw(P256_ORDER - 1, P256_ORDER - 1),
    lambda raw: raw[:32] + bytes(32),
    lambda raw: bytes(32) + raw[32:],
    lambda raw: b"\xff" * 64,
    lambda raw: _raw((integer(raw[:32]) + P256_ORDER) % 2**256, integer(raw[32:])),
    lambda raw: raw[:32][::-1] + raw[32:][::-1],
)
DER_FORMS: tuple[Callable[[bytes], bytes], ...] = (
    lambda der: der,
    lambda der: der.ljust(64, b"\0")[:64],
    lambda der: b"\x30\x81" + der[1:],
    lambda der: der + b"\0\0",
    lambda der: der[2:],
)
DETAILS = (
    ('"v":1', '"v":1.0'),
    ('"v":1', '"v":true'),
    ('"v":1', '"v":"1"'),
    ('"v":1', '"v":2'),
    ('"v":1', '"v":1,"v":1'),
    ('"v":1,', ""),
    ('"sig":', '"sig":"","sig":'),
    ('"sig":', '"SIG":'),
    ('"data":', '"data":{},"data":'),
    ('"data":', '"detail":{},"data":'),
    ('{"v":1', '{"kid":"x","v":1'),
    ('"sig":"', '"sig":"Bearer '),
)


def public_spellings(key: SoftwareKey) -> list[bytes]:
    public = serialization.load_der_public_key(key.public_key_der())
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return [key.public_key_der(), pem, pem.strip(), json.dumps(key.jwk().members()).encode(), key.kid().encode(), b""]


def mac(token: str, secret: bytes) -> str:
    message = token[: token.rfind(".")]
    return f"{message}.{encode_base64url(hmac.new(secret, message.encode(), hashlib.sha256).digest())}"


def changed(token: str, at: float, new: str, *, instead: bool) -> str:
    place = round(at * max(0, len(token) - 1))
    return token[:place] + new + token[place + instead :]


def unused_bits(part: str) -> str:
    return part[:-1] + B64[B64.index(part[-1]) ^ 1] if part and part[-1] in B64 else part


def damaged(body: bytes, at: int, byte: int, kind: int) -> bytes:
    changes = (body[:at] + bytes([byte]) + body[at + 1 :], body[:at] + body[at + 1 :], body[:at] + bytes([byte]) + body[at:], body[:at])
    return changes[kind]
