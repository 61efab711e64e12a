"""Properties of the whole: what the hub signs is verified, and no single bit of it can be changed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.signing.canonical_json import MAX_SAFE_INTEGER, canonical_json
from fanin.signing.verification import VerificationError, verify_text
from tests.unit.signing.releases import AUDIENCE, DATA, NOW_EPOCH_S, TRUST, detail_of, event_body, honest_body, honest_token

pytestmark = pytest.mark.unit

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | TEXTS
VALUES: st.SearchStrategy[object] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)
RELEASE_DATA = st.builds(
    lambda extra, key, attempt: {"x": extra, "join": "daily-close", "key": key, "attempt": attempt, "outcome": "failed"},
    VALUES,
    TEXTS.filter(bool),
    st.integers(1, 9999),
)
TOKEN = honest_token()
BODY = honest_body().encode()
DATA_START = BODY.index(b'"data":') + len(b'"data":')
DATA_BITS = 8 * len(canonical_json(DATA))


def flipped(text: bytes, bit: int) -> bytes:
    changed = bytearray(text)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(RELEASE_DATA, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_what_was_signed_is_verified_however_it_was_written_on_the_way(
    data: dict[str, object], ascii_only: bool, indent: int | str | None
) -> None:
    body = json.dumps(json.loads(honest_body(data)), ensure_ascii=ascii_only, indent=indent)
    release = verify_text(body, TRUST, AUDIENCE, NOW_EPOCH_S)
    assert release.data == data
    assert release.data_canonical == canonical_json(data)


@given(RELEASE_DATA, RELEASE_DATA)
def test_a_signature_covers_its_own_data_only(signed: dict[str, object], sent: dict[str, object]) -> None:
    body = event_body(detail_of(honest_token(signed), sent))
    if canonical_json(signed) == canonical_json(sent):
        verify_text(body, TRUST, AUDIENCE, NOW_EPOCH_S)
        return
    with pytest.raises(VerificationError, match="release-digest"):
        verify_text(body, TRUST, AUDIENCE, NOW_EPOCH_S)


@given(st.integers(0, 8 * len(TOKEN) - 1))
def test_no_bit_of_the_token_can_be_flipped(bit: int) -> None:
    start = BODY.index(TOKEN.encode())
    with pytest.raises(VerificationError):
        verify_text(flipped(BODY, 8 * start + bit), TRUST, AUDIENCE, NOW_EPOCH_S)


@given(st.integers(0, DATA_BITS - 1))
def test_no_bit_of_the_data_can_be_flipped(bit: int) -> None:
    with pytest.raises(VerificationError):
        verify_text(flipped(BODY, 8 * DATA_START + bit), TRUST, AUDIENCE, NOW_EPOCH_S)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_body_is_refused_in_order(body: bytes | str) -> None:
    with pytest.raises(VerificationError):
        verify_text(body, TRUST, AUDIENCE, NOW_EPOCH_S)
