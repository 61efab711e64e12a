"""Who released what, to whom: identities that do not depend on the time."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.domain.receipt import parse_subject
from fanin.domain.run import RunId
from fanin.signing.claims import EXPIRY_S, MAX_KEY_BYTES, ClaimsError, delivery_jti, issue_claims, subject

pytestmark = pytest.mark.unit

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def test_the_jti_is_the_digest_of_a_canonical_array() -> None:
    digest = hashlib.sha256(b'["urn:fanin:aws:us-east-1:111111111111:fanin","bus","a/1/released/b","c"]').digest()
    expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert delivery_jti("urn:fanin:aws:us-east-1:111111111111:fanin", "bus", "a/1/released/b", "c") == expected


@given(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS), st.tuples(TEXTS, TEXTS, TEXTS, TEXTS))
def test_other_parts_have_another_jti(one: tuple[str, str, str, str], other: tuple[str, str, str, str]) -> None:
    assert (delivery_jti(*one) == delivery_jti(*other)) == (one == other)


def test_claims_live_for_25_hours_under_fixed_constants() -> None:
    claims = issue_claims(iss="i", aud="a", sub="s", tgt="t", data_canonical=b"{}", now_epoch_s=1000)
    assert (claims.iat, claims.exp) == (1000, 1000 + EXPIRY_S)
    assert (claims.src, claims.dt) == ("fanin.hub", "Fan-in Release")
    assert claims.jti == delivery_jti("i", "a", "s", "t")
    assert claims.dig == "RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o"
    assert claims.canonical().startswith(
        b'{"aud":"a","dig":"RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o","dt":"Fan-in Release","exp":91000,'
    )


@given(st.from_regex(r"[a-z0-9-]{1,48}", fullmatch=True), st.integers(1, 9999), st.sampled_from(["released", "failed"]), TEXTS.filter(bool))
def test_a_subject_reads_back_in_one_way(join: str, attempt: int, outcome: str, key: str) -> None:
    sub = subject(join, attempt, outcome, key)
    assert sub == f"{join}/{attempt}/{outcome}/{key}"
    assert parse_subject(sub) == (RunId(join, key), attempt)


@pytest.mark.parametrize(
    ("join", "attempt", "outcome", "key", "code"),
    [
        ("", 1, "released", "k", "subject-join"),
        ("a/b", 1, "released", "k", "subject-join"),
        ("Daily", 1, "released", "k", "subject-join"),
        ("a\n", 1, "released", "k", "subject-join"),
        ("a" * 49, 1, "released", "k", "subject-join"),
        ("a", 0, "released", "k", "subject-attempt"),
        ("a", -1, "released", "k", "subject-attempt"),
        ("a", 10_000, "released", "k", "subject-attempt"),
        ("a", 1, "satisfied", "k", "subject-outcome"),
        ("a", 1, "released", "", "subject-key"),
        ("a", 1, "released", "k" * (MAX_KEY_BYTES + 1), "subject-key"),
        ("a", 1, "released", "é" * 129, "subject-key"),
    ],
)
def test_parts_that_could_be_told_apart_wrongly_are_refused(join: str, attempt: int, outcome: str, key: str, code: str) -> None:
    with pytest.raises(ClaimsError) as caught:
        subject(join, attempt, outcome, key)
    assert caught.value.code == code
