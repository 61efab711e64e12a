"""Dishonest releases, each with the code that it must be refused with (cases of "Signed releases").

Each differs from an honest one in the one thing its name says, and is otherwise as right as it can be: rightly signed, if the fault
is not in the signature.
"""

import hashlib
import hmac
import json
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from fanin.signing.base64url import decode_base64url, encode_base64url
from fanin.signing.claims import EXPIRY_S, delivery_jti
from fanin.signing.envelope import MAX_BODY_BYTES
from fanin.signing.jwk import P256_ORDER
from fanin.signing.release_event import jws_header
from tests.unit.signing.keys import HUB_KEY, OTHER_HUB_KEY, STRANGERS_KEY
from tests.unit.signing.releases import (
    AUDIENCE,
    DATA,
    HUB_ACCOUNT,
    NOW_EPOCH_S,
    OTHER_ISSUER,
    SUBJECT,
    body_with_claims,
    claims_with,
    detail_of,
    digest_of,
    event_body,
    honest_body,
    honest_claims,
    honest_token,
    token_of,
)

KID = HUB_KEY.kid()
HONEST_HEADER = {"alg": "ES256", "kid": KID, "typ": "fanin+jwt"}
SEGMENTS = honest_token().split(".")
UNSIGNED = ".".join(SEGMENTS[:2])


def with_token(token: object) -> str:
    return event_body(detail_of(token))


def with_header(**changes: object) -> str:
    return with_token(token_of(honest_claims().canonical(), {**HONEST_HEADER, **changes}))


def with_signature(raw: bytes) -> str:
    return with_token(f"{UNSIGNED}.{encode_base64url(raw)}")


def with_payload(old: str, new: str) -> str:
    text = json.dumps(claims_with({}))
    assert text.count(old) == 1
    return with_token(token_of(text.replace(old, new).encode()))


def with_data_text(old: str, new: str) -> str:
    body = honest_body()
    assert body.count(old) == 1
    return body.replace(old, new)


def without(member: str) -> dict[str, object]:
    return {name: value for name, value in claims_with({}).items() if name != member}


def der_signature() -> bytes:
    return HUB_KEY.sign_digest(hashlib.sha256(UNSIGNED.encode()).digest())


def hmac_with_the_public_key() -> str:
    header = encode_base64url(json.dumps({**HONEST_HEADER, "alg": "HS256"}).encode())
    message = f"{header}.{SEGMENTS[1]}"
    return f"{message}.{encode_base64url(hmac.new(HUB_KEY.public_key_der(), message.encode(), hashlib.sha256).digest())}"


def es384() -> str:
    key = ec.derive_private_key(7, ec.SECP384R1())
    message = f"{encode_base64url(json.dumps({**HONEST_HEADER, 'alg': 'ES384'}).encode())}.{SEGMENTS[1]}"
    return f"{message}.{encode_base64url(key.sign(message.encode(), ec.ECDSA(hashes.SHA384()))[:96])}"


def trailing_bits_set() -> str:
    """The last character of a 64-byte segment carries four unused bits."""
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(SEGMENTS[2][-1])
    return f"{UNSIGNED}.{SEGMENTS[2][:-1]}{'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'[last | 1]}"


def deep(opening: str, closing: str) -> str:
    return event_body(f'{{"v":1,"data":{opening * 100_000}{closing * 100_000},"sig":"{honest_token()}"}}')


TOO_LARGE_DATA = {**DATA, "reason": "x" * 262_144}
UNSAFE_INTEGER = {**DATA, "releasedAt": 2**53}
HEADER_TEXT = jws_header(KID).decode()
PEM = HUB_KEY.public_key_der().hex()
ORDER = P256_ORDER.to_bytes(32, "big")
ONE = (1).to_bytes(32, "big")

DISHONEST: list[tuple[str, Callable[[], str | bytes], str]] = [
    ("a body of 1 MB", lambda: "x" * 1_000_000, "release-too-large"),
    ("a body of 1 MB that is an event", lambda: honest_body({**DATA, "reason": "x" * 1_000_000}), "release-too-large"),
    ("a body of 3 MB", lambda: b"\xff" * 3_000_000, "release-too-large"),
    ("characters within the cap but not their bytes", lambda: "é" * (MAX_BODY_BYTES // 2 + 1), "release-too-large"),
    ("arrays nested 100,000 deep", lambda: deep("[", "]"), "release-too-deep"),
    ("objects nested 100,000 deep", lambda: deep('{"a":', "}"), "release-too-deep"),
    ("arrays that are never closed", lambda: "[" * 100_000, "release-too-deep"),
    ("one level too deep", lambda: honest_body({**DATA, "x": [[[[[[[[[[[[[[]]]]]]]]]]]]]]}), "release-too-deep"),
    ("not UTF-8", lambda: honest_body().encode() + b"\xff", "release-not-utf8"),
    ("half a surrogate pair, escaped", lambda: with_data_text('"satisfied"', r'"\ud83d"'), "release-lone-surrogate"),
    ("half a surrogate pair in a name", lambda: with_data_text('"reason"', r'"\uDe00"'), "release-lone-surrogate"),
    ("half a surrogate pair, raw", lambda: with_data_text('"satisfied"', '"\ud83d"'), "release-lone-surrogate"),
    ("nothing", lambda: "", "release-malformed"),
    ("a byte order mark", lambda: "\ufeff" + honest_body(), "release-malformed"),
    ("something after the event", lambda: honest_body() + "{}", "release-malformed"),
    ("a trailing comma", lambda: with_data_text('"v":1}', '"v":1,}'), "release-malformed"),
    ("data twice", lambda: with_data_text('"data":{', '"data":{},"data":{'), "release-duplicate-member"),
    ("a member of data twice", lambda: with_data_text('"attempt":1,', '"attempt":1,"attempt":2,'), "release-duplicate-member"),
    ("account twice", lambda: honest_body().replace("{", '{"account":"999999999999",', 1), "release-duplicate-member"),
    ("1 became 1.0", lambda: with_data_text('"attempt":1', '"attempt":1.0'), "release-float"),
    ("1 became 1e0", lambda: with_data_text('"attempt":1', '"attempt":1e0'), "release-float"),
    ("1 became 1E400", lambda: with_data_text('"attempt":1', '"attempt":1E400'), "release-float"),
    ("an integer of 5,000 digits", lambda: with_data_text('"attempt":1', '"attempt":' + "9" * 5000), "release-number"),
    ("NaN", lambda: with_data_text('"attempt":1', '"attempt":NaN'), "release-number"),
    ("Infinity", lambda: with_data_text('"attempt":1', '"attempt":-Infinity'), "release-number"),
    ("an array", lambda: "[]", "release-event-shape"),
    ("a forged invocation that is not from EventBridge", lambda: detail_of(honest_token()), "release-event-shape"),
    ("detail is a string", lambda: event_body(json.dumps(detail_of(honest_token()))), "release-event-shape"),
    ("account is a number", lambda: event_body(detail_of(honest_token()), account=int(HUB_ACCOUNT)), "release-event-shape"),
    ("source is null", lambda: event_body(detail_of(honest_token()), source=None), "release-event-shape"),
    ("detail-type is a list", lambda: event_body(detail_of(honest_token()), **{"detail-type": []}), "release-event-shape"),
    ("a later version", lambda: event_body(detail_of(honest_token(), v=2)), "release-version"),
    ("the version is true", lambda: event_body(detail_of(honest_token(), v=True)), "release-version"),
    ("no version", lambda: event_body("{}"), "release-version"),
    ("no signature", lambda: event_body(json.dumps({"v": 1, "data": DATA})), "release-unsigned"),
    ("the signature is null", lambda: with_token(None), "release-unsigned"),
    ("the signature is empty", lambda: with_token(""), "release-unsigned"),
    ("the signature is a list", lambda: with_token([honest_token()]), "release-unsigned"),
    ("a member more in detail", lambda: event_body(detail_of(honest_token(), target="x")), "release-detail-members"),
    ("data is a list", lambda: event_body(detail_of(honest_token(), [])), "release-detail-members"),
    ("no data", lambda: event_body(json.dumps({"v": 1, "sig": honest_token()})), "release-detail-members"),
    ("two segments", lambda: with_token(UNSIGNED), "release-segments"),
    ("four segments", lambda: with_token(f"{honest_token()}.AA"), "release-segments"),
    ("a JWE has five segments", lambda: with_token("a.b.c.d.e"), "release-segments"),
    ("a token of 9,000 characters", lambda: with_token(f"{'A' * 9000}.A.A"), "release-segments"),
    ("padding", lambda: with_token(f"{honest_token()}=="), "release-base64url"),
    ("white space at the end", lambda: with_token(f"{honest_token()}\n"), "release-base64url"),
    ("the standard alphabet", lambda: with_token(f"{UNSIGNED}.{'+/' * 43}"), "release-base64url"),
    ("not ASCII", lambda: with_token(f"{UNSIGNED}.{'é' * 86}"), "release-base64url"),
    ("unused bits set", lambda: with_token(trailing_bits_set()), "release-base64url"),
    ("an impossible length", lambda: with_token(f"{UNSIGNED}.AAAAA"), "release-base64url"),
    ("an empty header", lambda: with_token(f".{SEGMENTS[1]}.{SEGMENTS[2]}"), "release-header-malformed"),
    ("a header that is not JSON", lambda: with_token(token_of(b"{}", b"alg")), "release-header-malformed"),
    ("a header that is not UTF-8", lambda: with_token(token_of(b"{}", b'"\xff"')), "release-header-malformed"),
    ("a header of 1 KB", lambda: with_header(x="x" * 1024), "release-header-malformed"),
    ("a deep header", lambda: with_token(token_of(b"{}", b"[" * 400)), "release-header-malformed"),
    (
        "a header member twice",
        lambda: with_token(token_of(b"{}", HEADER_TEXT.replace("{", '{"alg":"none",', 1).encode())),
        "release-header-duplicate",
    ),
    ("a header that is a list", lambda: with_token(token_of(b"{}", b"[]")), "release-header-members"),
    ("crit", lambda: with_header(crit=["exp"]), "release-header-members"),
    ("b64", lambda: with_header(b64=False, crit=["b64"]), "release-header-members"),
    ("jwk", lambda: with_header(jwk=STRANGERS_KEY.jwk().members()), "release-header-members"),
    ("jku", lambda: with_header(jku="https://example.com/keys"), "release-header-members"),
    ("x5u", lambda: with_header(x5u="https://example.com/chain"), "release-header-members"),
    ("x5c", lambda: with_header(x5c=[PEM]), "release-header-members"),
    ("no kid", lambda: with_token(token_of(b"{}", {"alg": "ES256", "typ": "fanin+jwt"})), "release-header-members"),
    ("no typ", lambda: with_token(token_of(b"{}", {"alg": "ES256", "kid": KID})), "release-header-members"),
    (
        "alg none, unsigned",
        lambda: with_token(f"{encode_base64url(json.dumps({**HONEST_HEADER, 'alg': 'none'}).encode())}.{SEGMENTS[1]}."),
        "release-algorithm",
    ),
    ("alg none, signed", lambda: with_header(alg="none"), "release-algorithm"),
    ("alg HS256 keyed with the public key", lambda: with_token(hmac_with_the_public_key()), "release-algorithm"),
    ("alg ES384", lambda: with_token(es384()), "release-algorithm"),
    ("alg in lower case", lambda: with_header(alg="es256"), "release-algorithm"),
    ("alg is a list", lambda: with_header(alg=["ES256"]), "release-algorithm"),
    ("typ JWT", lambda: with_header(typ="JWT"), "release-token-type"),
    ("typ with its prefix", lambda: with_header(typ="application/fanin+jwt"), "release-token-type"),
    ("kid is a path", lambda: with_header(kid="../../../../dev/null"), "release-kid-format"),
    ("kid is SQL", lambda: with_header(kid="x' UNION SELECT 'key"), "release-kid-format"),
    ("kid is a number", lambda: with_header(kid=1), "release-kid-format"),
    ("kid is null", lambda: with_header(kid=None), "release-kid-format"),
    ("kid with a line after it", lambda: with_header(kid=f"{KID}\n"), "release-kid-format"),
    ("kid is an object", lambda: with_header(kid={"kid": KID}), "release-kid-format"),
    ("kid unknown", lambda: with_token(honest_token(key=STRANGERS_KEY)), "release-kid-unknown"),
    ("kid in another case", lambda: with_header(kid=KID.swapcase()), "release-kid-unknown"),
    ("an empty signature segment", lambda: with_signature(b""), "release-signature-length"),
    ("a DER signature", lambda: with_signature(der_signature()), "release-signature-length"),
    ("63 bytes", lambda: with_signature(decode_base64url(SEGMENTS[2])[:-1]), "release-signature-length"),
    ("65 bytes", lambda: with_signature(decode_base64url(SEGMENTS[2]) + b"\0"), "release-signature-length"),
    ("a signature of zeros", lambda: with_signature(bytes(64)), "release-signature-range"),
    ("R is zero", lambda: with_signature(bytes(32) + ONE), "release-signature-range"),
    ("S is zero", lambda: with_signature(ONE + bytes(32)), "release-signature-range"),
    ("R is n", lambda: with_signature(ORDER + ONE), "release-signature-range"),
    ("S is n", lambda: with_signature(ONE + ORDER), "release-signature-range"),
    ("R and S are one", lambda: with_signature(ONE + ONE), "release-signature-invalid"),
    (
        "a stranger's signature under a pinned kid",
        lambda: with_token(token_of(honest_claims().canonical(), jws_header(KID), STRANGERS_KEY)),
        "release-signature-invalid",
    ),
    (
        "another pinned hub's signature under this kid",
        lambda: with_token(token_of(honest_claims().canonical(), jws_header(KID), OTHER_HUB_KEY)),
        "release-signature-invalid",
    ),
    (
        "the signature of another payload",
        lambda: with_token(f"{SEGMENTS[0]}.{encode_base64url(json.dumps(claims_with({'tgt': 'other-target'})).encode())}.{SEGMENTS[2]}"),
        "release-signature-invalid",
    ),
    ("claims that are not JSON", lambda: with_token(token_of(b"exp")), "release-claims-malformed"),
    ("exp is NaN", lambda: body_with_claims({"exp": float("nan")}), "release-claims-malformed"),
    ("exp is Infinity", lambda: body_with_claims({"exp": float("inf")}), "release-claims-malformed"),
    ("deep claims", lambda: with_token(token_of(b"[" * 4000)), "release-claims-malformed"),
    ("a claim twice", lambda: with_payload('"tgt":', '"tgt": "other-target", "tgt":'), "release-claims-duplicate"),
    ("exp twice", lambda: with_payload('"exp":', '"exp": 9999999999, "exp":'), "release-claims-duplicate"),
    ("claims are a list", lambda: with_token(token_of(b"[]")), "release-claims-members"),
    ("exp missing", lambda: with_token(token_of(without("exp"))), "release-claims-members"),
    ("jti missing", lambda: with_token(token_of(without("jti"))), "release-claims-members"),
    ("nbf added", lambda: body_with_claims({"nbf": NOW_EPOCH_S}), "release-claims-members"),
    ("exp is a string", lambda: body_with_claims({"exp": str(NOW_EPOCH_S + 60)}), "release-claims-type"),
    ("exp is a float", lambda: body_with_claims({"exp": NOW_EPOCH_S + 60.5}), "release-claims-type"),
    ("exp is a whole float", lambda: body_with_claims({"exp": float(NOW_EPOCH_S + 60)}), "release-claims-type"),
    ("exp is true", lambda: body_with_claims({"exp": True}), "release-claims-type"),
    ("exp is null", lambda: body_with_claims({"exp": None}), "release-claims-type"),
    ("exp has 5,000 digits", lambda: with_payload(str(NOW_EPOCH_S + EXPIRY_S), "9" * 5000), "release-claims-type"),
    ("exp is beyond 2^53", lambda: body_with_claims({"exp": 2**53}), "release-claims-type"),
    ("iat is negative", lambda: body_with_claims({"iat": -1}), "release-claims-type"),
    ("aud is a list", lambda: body_with_claims({"aud": [AUDIENCE]}), "release-claims-type"),
    ("iss is empty", lambda: body_with_claims({"iss": ""}), "release-claims-type"),
    ("tgt is a number", lambda: body_with_claims({"tgt": 1}), "release-claims-type"),
    ("dig is not a digest", lambda: body_with_claims({"dig": "é" * 43}), "release-claims-type"),
    ("jti is not a digest", lambda: body_with_claims({"jti": "1"}), "release-claims-type"),
    ("the jti of another delivery", lambda: body_with_claims({"jti": delivery_jti("a", "b", "c", "d")}), "release-jti"),
    ("another hub's issuer", lambda: body_with_claims({"iss": OTHER_ISSUER}), "release-issuer"),
    ("a target it may not start", lambda: body_with_claims({"tgt": "payroll"}), "release-target"),
    ("the target that means all", lambda: body_with_claims({"tgt": "*"}), "release-target"),
    ("another bus", lambda: body_with_claims({"aud": f"{AUDIENCE}-2"}), "release-audience"),
    ("the audience in another case", lambda: body_with_claims({"aud": AUDIENCE.upper()}), "release-audience"),
    ("iat an hour ahead", lambda: body_with_claims({"iat": NOW_EPOCH_S + 3600}), "release-issued-ahead"),
    ("iat a second beyond the skew", lambda: body_with_claims({"iat": NOW_EPOCH_S + 301}), "release-issued-ahead"),
    ("exp past", lambda: body_with_claims({"iat": NOW_EPOCH_S - 90_300, "exp": NOW_EPOCH_S - 300}), "release-expired"),
    ("exp zero", lambda: body_with_claims({"iat": 0, "exp": 0}), "release-expired"),
    ("a life of 26 hours", lambda: body_with_claims({"exp": NOW_EPOCH_S + 26 * 3600}), "release-lifetime"),
    ("a life of a century", lambda: body_with_claims({"exp": NOW_EPOCH_S + 100 * 365 * 86_400}), "release-lifetime"),
    ("exp not after iat", lambda: body_with_claims({"iat": NOW_EPOCH_S + 9, "exp": NOW_EPOCH_S + 9}), "release-lifetime"),
    ("another account", lambda: event_body(detail_of(honest_token()), account="999999999999"), "release-account"),
    ("another pinned hub's account", lambda: event_body(detail_of(honest_token()), account="444444444444"), "release-account"),
    ("another source on the event", lambda: event_body(detail_of(honest_token()), source="fanin.hubs"), "release-source"),
    ("another source signed", lambda: body_with_claims({"src": "aws.states"}), "release-source"),
    ("another source on both", lambda: body_with_claims({"src": "my.app"}, source="my.app"), "release-source"),
    (
        "another detail-type on the event",
        lambda: event_body(detail_of(honest_token()), **{"detail-type": "Fan-in Notice"}),
        "release-detail-type",
    ),
    ("another detail-type signed", lambda: body_with_claims({"dt": "Fan-in Notice"}), "release-detail-type"),
    (
        "another detail-type on both",
        lambda: event_body(detail_of(token_of(claims_with({"dt": "Fan-in Notice"}))), **{"detail-type": "Fan-in Notice"}),
        "release-detail-type",
    ),
    ("an integer beyond 2^53", lambda: event_body(detail_of(honest_token(), UNSAFE_INTEGER)), "release-data"),
    (
        "more data than an execution takes",
        lambda: event_body(detail_of(token_of(claims_with({"dig": digest_of(TOO_LARGE_DATA)})), TOO_LARGE_DATA)),
        "release-data-too-large",
    ),
    ("one bit of data flipped", lambda: with_data_text('"reason":"satisfied"', '"reason":"ratisfied"'), "release-digest"),
    ("a member of data removed", lambda: with_data_text('"planVersion":3,', ""), "release-digest"),
    ("a member of data added", lambda: with_data_text('"planVersion":3,', '"planVersion":3,"held":false,'), "release-digest"),
    ("a number became a string", lambda: with_data_text('"planVersion":3', '"planVersion":"3"'), "release-digest"),
    ("true became 1", lambda: with_data_text('"included":true', '"included":1'), "release-digest"),
    ("null became absent", lambda: with_data_text('"startedAt":null,', ""), "release-digest"),
    (
        "the digest of other data",
        lambda: body_with_claims({"dig": digest_of({**DATA, "attempt": 2})}),
        "release-digest",
    ),
    ("sub of another key", lambda: body_with_claims({"sub": SUBJECT[:-1] + "0"}), "release-subject"),
    ("sub of another attempt", lambda: body_with_claims({"sub": SUBJECT.replace("/1/", "/2/")}), "release-subject"),
    ("sub of another outcome", lambda: body_with_claims({"sub": SUBJECT.replace("released", "failed")}), "release-subject"),
]
