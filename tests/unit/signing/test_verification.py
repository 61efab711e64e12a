"""Every way in which a release can fail, each with its own code, in the one order; and what must pass."""

import hashlib
import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fanin.domain.errors import ConfigurationError, RejectedError, SecurityError
from fanin.signing.canonical_json import canonical_json
from fanin.signing.claims import EXPIRY_S
from fanin.signing.ecdsa_signature import raw_from_der
from fanin.signing.envelope import parse_envelope
from fanin.signing.jwk import P256_ORDER
from fanin.signing.trust import TrustDocument
from fanin.signing.verification import STEPS, ForgeryError, VerificationError, verify, verify_text
from fanin.signing.verification_failure import FAILURES
from tests.unit.signing.dishonest_releases import (
    DISHONEST,
    HONEST_HEADER,
    KID,
    SEGMENTS,
    UNSAFE_INTEGER,
    UNSIGNED,
    with_signature,
)
from tests.unit.signing.keys import HUB_KEY, STRANGERS_KEY
from tests.unit.signing.releases import (
    AUDIENCE,
    DATA,
    HUB_ACCOUNT,
    NOW_EPOCH_S,
    OTHER_ISSUER,
    SECRET_OUTPUT,
    TRUST,
    claims_with,
    detail_of,
    digest_of,
    event_body,
    honest_body,
    honest_claims,
    raw_signature,
    token_of,
)

pytestmark = pytest.mark.unit


def rejected(body: str | bytes, trust: TrustDocument = TRUST) -> VerificationError:
    with pytest.raises(VerificationError) as caught:
        verify_text(body, trust, AUDIENCE, NOW_EPOCH_S)
    return caught.value


@pytest.mark.parametrize(("make", "code"), [(make, code) for _, make, code in DISHONEST], ids=[name for name, _, _ in DISHONEST])
def test_a_dishonest_release_is_refused_with_its_own_code(make: Callable[[], str | bytes], code: str) -> None:
    error = rejected(make())
    assert (error.code, error.step) == (code, FAILURES[code].step)
    assert isinstance(error, SecurityError) == FAILURES[code].alarm
    assert not any(secret in str(error) for secret in (SEGMENTS[2], SECRET_OUTPUT, "do not log me"))


def test_every_code_is_provoked_and_every_step_can_fail() -> None:
    assert {code for _, _, code in DISHONEST} == set(FAILURES)
    assert {entry.step for entry in FAILURES.values()} == {step for step, _ in STEPS}


@pytest.mark.parametrize(
    "data",
    [
        {**DATA, "join": "other"},
        {**DATA, "attempt": True},
        {**DATA, "attempt": "1"},
        {**DATA, "attempt": 0},
        {**DATA, "outcome": "done"},
        {**DATA, "key": None},
        {**DATA, "key": ""},
        {name: value for name, value in DATA.items() if name != "join"},
    ],
    ids=["join", "true attempt", "text attempt", "no attempt yet", "outcome", "null key", "empty key", "no join"],
)
def test_rightly_signed_data_that_contradict_the_subject_are_refused(data: dict[str, object]) -> None:
    token = token_of({**claims_with({}), "dig": digest_of(data)})
    assert rejected(event_body(detail_of(token, data))).code == "release-subject"


def test_the_honest_release_is_verified() -> None:
    release = verify_text(honest_body(), TRUST, AUDIENCE, NOW_EPOCH_S)
    assert release.kid == KID
    assert release.claims == honest_claims()
    assert release.data == DATA
    assert release.data_canonical == canonical_json(DATA)


def test_a_verified_release_shows_neither_data_nor_signature() -> None:
    envelope = parse_envelope(honest_body())
    text = f"{envelope!r} {verify(envelope, TRUST, AUDIENCE, NOW_EPOCH_S)!r}"
    assert "do not log me" not in text
    assert SEGMENTS[2] not in text


@pytest.mark.parametrize("offset_s", [0, 240, 300, -EXPIRY_S, -EXPIRY_S - 299])
def test_clocks_may_differ_by_the_skew(offset_s: int) -> None:
    verify_text(honest_body(now_epoch_s=NOW_EPOCH_S + offset_s), TRUST, AUDIENCE, NOW_EPOCH_S)


def test_without_skew_the_very_second_of_expiry_is_too_late() -> None:
    body = honest_body()
    verify_text(body, TRUST, AUDIENCE, NOW_EPOCH_S + EXPIRY_S - 1, clock_skew_s=0)
    with pytest.raises(VerificationError, match="release-expired"):
        verify_text(body, TRUST, AUDIENCE, NOW_EPOCH_S + EXPIRY_S, clock_skew_s=0)


@pytest.mark.parametrize("skew_s", [-1, 901])
def test_the_skew_is_bounded(skew_s: int) -> None:
    with pytest.raises(ConfigurationError, match="clock-skew"):
        verify_text(honest_body(), TRUST, AUDIENCE, NOW_EPOCH_S, clock_skew_s=skew_s)


def test_a_redelivery_is_verified_alike() -> None:
    first, again = (verify_text(honest_body(), TRUST, AUDIENCE, NOW_EPOCH_S + late_s) for late_s in (0, 86_400))
    assert first == again


def test_signing_again_keeps_the_identity() -> None:
    first, again = (
        verify_text(honest_body(now_epoch_s=at), TRUST, AUDIENCE, NOW_EPOCH_S).claims for at in (NOW_EPOCH_S - 7200, NOW_EPOCH_S)
    )
    assert first.jti == again.jti
    assert first.iat != again.iat


def test_one_jti_with_other_data_passes_here_and_shows_its_digest() -> None:
    """Telling such a pair apart needs the running execution's input, which only the starter can compare."""
    other = {**DATA, "reason": "deadline"}
    first, second = (verify_text(honest_body(data), TRUST, AUDIENCE, NOW_EPOCH_S) for data in (DATA, other))
    assert first.claims.jti == second.claims.jti
    assert first.claims.dig != second.claims.dig


def test_a_key_with_slashes_and_any_script_is_verified() -> None:
    data = {**DATA, "key": "eu/日次/2026-03-31"}
    assert verify_text(honest_body(data), TRUST, AUDIENCE, NOW_EPOCH_S).claims.sub == "daily-close/1/released/eu/日次/2026-03-31"


def test_order_white_space_and_escapes_may_change_on_the_way() -> None:
    event = json.loads(honest_body())
    event["detail"]["data"] = dict(reversed(event["detail"]["data"].items()))
    shuffled = json.dumps(dict(reversed(event.items())), indent=3, ensure_ascii=True).replace("satisfied", r"s\u0061tisfied")
    assert verify_text(shuffled, TRUST, AUDIENCE, NOW_EPOCH_S) == verify_text(honest_body(), TRUST, AUDIENCE, NOW_EPOCH_S)


def test_an_honest_token_with_its_claims_in_another_order_is_verified() -> None:
    token = token_of(json.dumps(dict(reversed(claims_with({}).items())), indent=1).encode(), dict(reversed(HONEST_HEADER.items())))
    verify_text(event_body(detail_of(token)), TRUST, AUDIENCE, NOW_EPOCH_S)


def test_checks_are_made_in_the_order_of_the_steps() -> None:
    """Everything is wrong at once; each mend uncovers the next step's code, and no other."""
    key, header, data, account = HUB_KEY, {"alg": "none", "kid": STRANGERS_KEY.kid(), "typ": "fanin+jwt"}, UNSAFE_INTEGER, "999999999999"
    claims: dict[str, object] = {
        "iss": OTHER_ISSUER,
        "tgt": "payroll",
        "aud": "arn",
        "iat": NOW_EPOCH_S + 9999,
        "exp": 0,
        "jti": KID,
        "dig": KID,
        "src": "x",
        "dt": "x",
        "sub": "x",
    }

    def code() -> str:
        return rejected(
            event_body(detail_of(token_of(claims if "jti" in claims else claims_with(claims), header, key), data), account=account)
        ).code

    key = STRANGERS_KEY
    seen = [code()]
    header["alg"] = "ES256"
    seen.append(code())
    header["kid"] = KID
    seen.append(code())
    key = HUB_KEY
    seen.append(code())
    del claims["jti"]
    for mended in ("iss", "tgt", "aud", "iat", "exp"):
        seen.append(code())
        del claims[mended]
    seen.append(code())
    account = HUB_ACCOUNT
    for mended in ("src", "dt"):
        seen.append(code())
        del claims[mended]
    seen.append(code())
    data = DATA
    seen.append(code())
    del claims["dig"]
    seen.append(code())
    assert seen == [
        "release-algorithm",
        "release-kid-unknown",
        "release-signature-invalid",
        "release-jti",
        "release-issuer",
        "release-target",
        "release-audience",
        "release-issued-ahead",
        "release-expired",
        "release-account",
        "release-source",
        "release-detail-type",
        "release-data",
        "release-digest",
        "release-subject",
    ]
    order = [step for step, _ in STEPS]
    steps = [order.index(FAILURES[code].step) for code in seen]
    assert steps == sorted(steps)


def test_a_retired_key_is_refused() -> None:
    assert rejected(honest_body(), TrustDocument(TRUST.keys[1:])).code == "release-kid-unknown"


def test_a_refused_release_is_never_retried() -> None:
    assert issubclass(VerificationError, RejectedError)
    assert issubclass(ForgeryError, VerificationError)
    assert not issubclass(VerificationError, SecurityError)


def test_the_other_spelling_of_a_signature_is_the_same_release() -> None:
    """(R, n-S) verifies wherever (R, S) does; identity is the jti, so a second spelling is a redelivery and no more."""
    raw = raw_signature(HUB_KEY, UNSIGNED.encode())
    mirrored = raw[:32] + (P256_ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    assert verify_text(with_signature(mirrored), TRUST, AUDIENCE, NOW_EPOCH_S) == verify_text(
        with_signature(raw), TRUST, AUDIENCE, NOW_EPOCH_S
    )


def test_the_software_key_answers_as_kms_does() -> None:
    digest = hashlib.sha256(b"x").digest()
    public = serialization.load_der_public_key(HUB_KEY.public_key_der())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(HUB_KEY.sign_digest(digest), b"x", ec.ECDSA(hashes.SHA256()))
    assert len(raw_from_der(HUB_KEY.sign_digest(digest))) == 64
