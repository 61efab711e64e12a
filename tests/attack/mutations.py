"""The mutations: each changes one part of a draft, chosen at random, in a way that has been an attack on somebody's verifier.

Some keep the meaning (white space, order, escapes, the other S of a signature); whether a release may be accepted is for the oracles to
say, not for the mutation. Sources: RFC 8725, RFC 8259 and the parsing tests of "Parsing JSON is a minefield", CVEs of JOSE libraries.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from random import Random

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.attack.draft import Draft
from tests.attack.spellings import (
    DER_FORMS,
    DETAILS,
    SIGNATURES,
    changed,
    damaged,
    integer,
    mac,
    members_of,
    public_spellings,
    text_trick,
    twice,
    unused_bits,
)
from tests.attack.strange import ALGORITHMS, B64, HEADERS, STRANGE_STRINGS, STRANGE_VALUES
from tests.unit.signing.keys import HUB_KEY, OTHER_HUB_KEY, STRANGERS_KEY
from tests.unit.signing.releases import AUDIENCE, ISSUER, OTHER_ISSUER

Mutation = Callable[[Draft, Random], None]


def header_algorithm(draft: Draft, random: Random) -> None:
    _header(draft, {"alg": random.choice((*ALGORITHMS, ["ES256"], {"ES256": 1}, 256, None, True))})


def header_kid(draft: Draft, random: Random) -> None:
    kids = [one.kid() for one in (HUB_KEY, OTHER_HUB_KEY, STRANGERS_KEY)]
    kid = random.choice(kids)
    _header(
        draft,
        {"kid": random.choice((*kids, kid[:-1], f"{kid}=", kid.swapcase(), f"{kid}\n", f" {kid}", [kid], {"kid": kid}, *STRANGE_VALUES))},
    )


def header_member(draft: Draft, random: Random) -> None:
    name = random.choice(list(HEADERS))
    _header(draft, {name: HEADERS[name], **({"crit": [name]} if random.random() < 0.3 else {})})


def header_type(draft: Draft, random: Random) -> None:
    _header(draft, {"typ": random.choice(("JWT", "jwt", "fanin+JWT", "application/fanin+jwt", "fanin+jwt ", "JOSE", *STRANGE_VALUES))})


def header_without(draft: Draft, random: Random) -> None:
    members = members_of(draft.header)
    members.pop(random.choice(["alg", "kid", "typ"]), None)
    draft.header = json.dumps(members).encode()


def header_text(draft: Draft, random: Random) -> None:
    draft.header = text_trick(draft.header.decode("utf-8", "replace"), random)


def header_twice(draft: Draft, random: Random) -> None:
    name = random.choice(["alg", "kid", "typ"])
    value = random.choice(("none", "ES256", STRANGERS_KEY.kid(), draft.key.kid(), "fanin+jwt"))
    draft.header = twice(draft.header, name, value, random)


def claim_value(draft: Draft, random: Random) -> None:
    name = random.choice(list(draft.claims) or ["exp"])
    draft.claims[name] = random.choice(
        (*STRANGE_VALUES, [draft.claims.get(name)], OTHER_ISSUER, ISSUER, f"{AUDIENCE}2", draft.claims.get("dig"))
    )
    draft.rewrite_claims(fresh_jti=random.random() < 0.7)


def claim_time(draft: Draft, random: Random) -> None:
    issued, edge = (
        draft.claims.get("iat"),
        random.choice((0, 1, -1, 299, 300, 301, -299, -300, -301, 60, 61, 3600, 90_000, 90_060, 90_061, -90_000)),
    )
    base = issued if isinstance(issued, int) else 0
    if random.random() < 0.5:
        draft.claims["exp"] = base + random.choice((0, 25 * 3600)) + edge
    else:
        draft.claims["iat"] = base + edge
        if random.random() < 0.5:
            draft.claims["exp"] = base + edge + 25 * 3600
    draft.rewrite_claims(fresh_jti=True)


def claim_without(draft: Draft, random: Random) -> None:
    draft.claims.pop(random.choice(list(draft.claims) or ["exp"]), None)
    draft.rewrite_claims(fresh_jti=False)


def claim_added(draft: Draft, random: Random) -> None:
    draft.claims[random.choice(("nbf", "scope", "admin", "IAT", "exp ", "__proto__", *STRANGE_STRINGS))] = random.choice(STRANGE_VALUES)
    draft.rewrite_claims(fresh_jti=True)


def claim_twice(draft: Draft, random: Random) -> None:
    name = random.choice(list(draft.claims) or ["exp"])
    draft.payload = twice(draft.payload, name, random.choice(STRANGE_VALUES), random)


def claim_text(draft: Draft, random: Random) -> None:
    draft.payload = text_trick(draft.payload.decode("utf-8", "replace"), random)


def data_value(draft: Draft, random: Random) -> None:
    draft.data[random.choice([*draft.data, "new"])] = random.choice([value for value in STRANGE_VALUES if not isinstance(value, float)])
    draft.rewrite_data(fresh_digest=random.random() < 0.5)


def data_without(draft: Draft, random: Random) -> None:
    draft.data.pop(random.choice(list(draft.data) or ["v"]), None)
    draft.rewrite_data(fresh_digest=random.random() < 0.3)


def data_text(draft: Draft, random: Random) -> None:
    draft.data_text = text_trick(draft.data_text, random).decode("utf-8", "surrogateescape")


def data_twice(draft: Draft, random: Random) -> None:
    text = twice(
        draft.data_text.encode("utf-8", "surrogateescape"),
        random.choice(("key", "join", "attempt", "v")),
        random.choice(STRANGE_STRINGS),
        random,
    )
    draft.data_text = text.decode("utf-8", "surrogateescape")


def data_normalised(draft: Draft, random: Random) -> None:
    draft.data_text = unicodedata.normalize(random.choice(("NFC", "NFD", "NFKC", "NFKD")), draft.data_text)


def signature_bits(draft: Draft, random: Random) -> None:
    bit = random.randrange(512)
    draft.on_signature.append(lambda raw: bytes(byte ^ (1 << bit % 8 if index == bit // 8 else 0) for index, byte in enumerate(raw)))


def signature_numbers(draft: Draft, random: Random) -> None:
    draft.on_signature.append(random.choice(SIGNATURES))


def signature_length(draft: Draft, random: Random) -> None:
    length, filler = random.choice((0, 1, 32, 63, 65, 96, 128, 132)), random.choice((b"\0", b"\xff"))
    draft.on_signature.append(lambda raw: raw[:length].ljust(length, filler))


def signature_der(draft: Draft, random: Random) -> None:
    form = random.choice(DER_FORMS)
    draft.on_signature.append(lambda raw: form(encode_dss_signature(integer(raw[:32]), integer(raw[32:]))))


def signer(draft: Draft, random: Random) -> None:
    """Signed by another key; under its own name or under the pinned one's."""
    draft.key = random.choice((STRANGERS_KEY, OTHER_HUB_KEY, HUB_KEY))
    if random.random() < 0.5:
        _header(draft, {"kid": draft.key.kid()})


def signed_with_public_key(draft: Draft, random: Random) -> None:
    secret = random.choice(public_spellings(draft.key))
    _header(draft, {"alg": "HS256"})
    draft.on_token.append(lambda token: mac(token, secret))


def unsigned(draft: Draft, random: Random) -> None:
    if random.random() < 0.7:
        _header(draft, {"alg": "none"})
    draft.on_token.append(lambda token: token[: token.rfind(".") + 1])


def token_characters(draft: Draft, random: Random) -> None:
    at, new = random.random(), random.choice((*B64, "=", "+", "/", " ", "\n", "\0", ".", "é", "\u0661", "%", '"'))
    instead = random.random() < 0.6
    draft.on_token.append(lambda token: changed(token, at, new, instead=instead))


def token_padding(draft: Draft, random: Random) -> None:
    end = random.choice(("=", "==", "===", "\n", " ", "\t", ".", "..", "%3D", "\0", "A", "AA"))
    where = random.randrange(3)
    draft.on_token.append(lambda token: ".".join(part + (end if index == where else "") for index, part in enumerate(token.split("."))))


def token_trailing_bits(draft: Draft, random: Random) -> None:
    where = random.randrange(3)
    draft.on_token.append(
        lambda token: ".".join(unused_bits(part) if index == where else part for index, part in enumerate(token.split(".")))
    )


def token_segments(draft: Draft, random: Random) -> None:
    def shuffle(token: str) -> str:
        parts = token.split(".")
        first = parts[0]
        return ".".join(
            random.choice((parts[:2], [*parts, first], parts[::-1], [first, *parts], ["", *parts[1:]], [first, "", parts[-1]], parts[1:]))
        )

    draft.on_token.append(shuffle)


def token_alphabet(draft: Draft, random: Random) -> None:
    draft.on_token.append(
        random.choice((lambda token: token.replace("-", "+").replace("_", "/"), str.swapcase, str.lower, lambda token: token * 2))
    )


def event_member(draft: Draft, random: Random) -> None:
    name = random.choice(("account", "source", "detail-type"))
    draft.members[name] = random.choice(
        ("444444444444", "999999999999", "fanin.hub", "fanin.hubs", "Fan-in Release", "Fan-in Notice", *STRANGE_VALUES)
    )


def detail_text(draft: Draft, random: Random) -> None:
    old, new = random.choice(DETAILS)
    draft.on_detail.append(lambda detail: detail.replace(old, new, 1))


def detail_trick(draft: Draft, random: Random) -> None:
    draft.on_detail.append(lambda detail: text_trick(detail, random).decode("utf-8", "surrogateescape"))


def body_bytes(draft: Draft, random: Random) -> None:
    at, byte, kind = random.random(), random.randrange(256), random.randrange(4)
    draft.on_body.append(lambda body: damaged(body, round(at * (len(body) - 1)), byte, kind))


def body_encoding(draft: Draft, random: Random) -> None:
    encoding = random.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-7", "latin-1"))
    draft.on_body.append(lambda body: body.decode("utf-8", "replace").encode(encoding, "replace"))


def body_depth(draft: Draft, random: Random) -> None:
    opening, closing = random.choice((("[", "]"), ('{"a":', "}")))
    depth = random.choice((9, 10, 11, 12, 100, 100_000))
    draft.data_text = draft.data_text[:-1] + f',"deep":{opening * depth}1{closing * depth}}}'


MUTATIONS: tuple[Mutation, ...] = (
    *(header_algorithm, header_kid, header_member, header_type, header_without, header_text, header_twice),
    *(claim_value, claim_value, claim_time, claim_time, claim_without, claim_added, claim_twice, claim_text),
    *(data_value, data_value, data_without, data_text, data_text, data_twice, data_normalised),
    *(signature_bits, signature_numbers, signature_length, signature_der, signer, signed_with_public_key, unsigned),
    *(token_characters, token_padding, token_trailing_bits, token_segments, token_alphabet),
    *(event_member, detail_text, detail_trick, body_bytes, body_encoding, body_depth),
)


def _header(draft: Draft, changes: dict[str, object]) -> None:
    draft.header = json.dumps({**members_of(draft.header), **changes}).encode()
