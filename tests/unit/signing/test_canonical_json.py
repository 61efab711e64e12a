"""Equal values have equal bytes (RFC 8785), and what cannot be agreed on is refused."""

import json
import random
from enum import StrEnum

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from fanin.signing.canonical_json import MAX_DEPTH, MAX_SAFE_INTEGER, CanonicalJsonError, canonical_json, digest_b64url

pytestmark = pytest.mark.unit

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | TEXTS
VALUES: st.SearchStrategy[object] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=20
)


class Colour(StrEnum):
    RED = "red"


def shuffled(value: object, rng: random.Random) -> object:
    if isinstance(value, dict):
        items = [(name, shuffled(item, rng)) for name, item in value.items()]
        rng.shuffle(items)
        return dict(items)
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else value


def nested(depth: int) -> object:
    value: object = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def test_sorting_as_in_rfc_8785_section_3_2_3() -> None:
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert [*json.loads(canonical_json(value)).values()] == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_strings_and_literals_as_in_rfc_8785_section_3_2_2() -> None:
    value = json.loads('{"string": "\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/", "literals": [null, true, false]}')
    assert canonical_json(value) == '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()


def test_the_largest_integers_of_rfc_8785_appendix_b() -> None:
    assert canonical_json([9007199254740991, -9007199254740991, 0, -0]) == b"[9007199254740991,-9007199254740991,0,0]"


@given(VALUES, st.randoms(use_true_random=False))
def test_order_never_shows(value: object, rng: random.Random) -> None:
    assert canonical_json(shuffled(value, rng)) == canonical_json(value)


@given(VALUES)
def test_canonical_bytes_are_json_for_the_same_value_and_their_own_canonical_form(value: object) -> None:
    data = canonical_json(value)
    assert json.loads(data) == value
    assert canonical_json(json.loads(data)) == data


@given(VALUES)
def test_two_implementations_agree_where_code_points_sort_like_utf_16(value: object) -> None:
    plain = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    if all(ord(char) < 0xD800 for char in plain):
        assert canonical_json(value) == plain.encode()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1.0, "canonical-type"),
        ([float("nan")], "canonical-type"),
        ((1, 2), "canonical-type"),
        ({"a": {1}}, "canonical-type"),
        (b"a", "canonical-type"),
        ({1: "a"}, "canonical-type"),
        ({None: "a"}, "canonical-type"),
        (Colour.RED, "canonical-type"),
        ({Colour.RED: 1}, "canonical-type"),
        (2**53, "canonical-integer"),
        ([-(2**53)], "canonical-integer"),
        (10**5000, "canonical-integer"),
        ("\ud800", "canonical-surrogate"),
        ({"\udfff": 1, "a": 2}, "canonical-surrogate"),
        (nested(MAX_DEPTH + 1), "canonical-depth"),
        (nested(900), "canonical-depth"),
    ],
    ids=range(16),
)
def test_what_has_no_agreed_form_is_refused(value: object, code: str) -> None:
    with pytest.raises(CanonicalJsonError) as caught:
        canonical_json(value)
    assert caught.value.code == code


def test_the_deepest_value_is_accepted() -> None:
    assert json.loads(canonical_json(nested(MAX_DEPTH))) == nested(MAX_DEPTH)


def test_the_digest_is_sha_256_in_base64url() -> None:
    assert digest_b64url(b"") == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


@given(VALUES)
def test_the_bytes_are_those_of_the_library_whatever_the_value(value: object) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)  # type: ignore[arg-type]  # JSON values by construction


def test_names_are_sorted_by_utf16_units() -> None:
    # As code points the second is the greater, as UTF-16 units the first.
    assert canonical_json({"\uff5e": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\uff5e":1}'.encode()


@pytest.mark.parametrize("text", ["\x00\x1f\x7f", '\b\t\n\f\r"\\/', "\u2028\u2029", "é\uffff", "</script>"])
def test_strings_are_escaped_as_jcs_does(text: str) -> None:
    assert canonical_json([text]) == rfc8785.dumps([text])
