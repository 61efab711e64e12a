"""Hostile texts cost one scan; what is accepted means one thing."""

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.signing.strict_json import MAX_INTEGER_CHARS, JsonError, JsonValue, parse_strict

pytestmark = pytest.mark.unit

SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4), max_leaves=20
)


def refused(text: str | bytes, *, max_bytes: int = 1_000_000, max_depth: int = 16, allow_floats: bool = False, check: bool = True) -> str:
    with pytest.raises(JsonError) as caught:
        parse_strict(text, max_bytes=max_bytes, max_depth=max_depth, allow_floats=allow_floats, check_duplicate_keys=check)
    return caught.value.code


def nesting(value: JsonValue) -> int:
    inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else None
    return 0 if inner is None else 1 + max(map(nesting, inner), default=0)


def depth_before_the_first_error(text: str) -> int:
    """The depth a parser could reach, by the plainest scan there is: a backslash outside a string is where it stops."""
    depth = deepest = 0
    inside = escaped = False
    for char in text:
        if escaped:
            escaped = False
        elif inside:
            escaped, inside = char == "\\", char != '"'
        elif char == "\\":
            return deepest
        else:
            inside = char == '"'
            depth += (char in "[{") - (char in "]}")
            deepest = max(deepest, depth)
    return deepest


@given(VALUES, st.booleans(), st.sampled_from([None, 2]), st.booleans())
def test_plain_json_is_read_as_the_standard_library_reads_it(value: JsonValue, ascii_only: bool, indent: int | None, check: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    for form in (text, text.encode()):
        assert parse_strict(form, max_bytes=10_000, max_depth=50, allow_floats=True, check_duplicate_keys=check) == value


@given(VALUES, st.integers(0, 6))
def test_depth_is_exactly_bounded(value: JsonValue, max_depth: int) -> None:
    # As a string inside a string, the brackets of the value count for nothing.
    text = json.dumps([json.dumps(json.dumps(value)), value, '\\"[[[[[[[['])
    if nesting(value) + 1 > max_depth:
        assert refused(text, max_depth=max_depth, allow_floats=True) == "json-too-deep"
    else:
        parse_strict(text, max_bytes=100_000, max_depth=max_depth, allow_floats=True)


@given(st.text(alphabet='[]{}"\\u,:0né/', max_size=60), st.integers(0, 4))
def test_no_text_takes_the_parser_too_deep(text: str, max_depth: int) -> None:
    try:
        parse_strict(text, max_bytes=1000, max_depth=max_depth)
    except JsonError as error:
        too_deep = error.code == "json-too-deep"
    else:
        too_deep = False
    assert too_deep or depth_before_the_first_error(text) <= max_depth


@given(st.text(max_size=40) | st.binary(max_size=40))
def test_any_text_is_a_value_or_a_json_error(text: str | bytes) -> None:
    try:
        parse_strict(text, max_bytes=200, max_depth=8, allow_floats=True)
    except JsonError as error:
        assert error.code.startswith("json-")  # noqa: PT017 - either outcome is right, another exception is not


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "json-malformed"),
        ("[1,]", "json-malformed"),
        ("[01]", "json-malformed"),
        ("[+1]", "json-malformed"),
        ("['a']", "json-malformed"),
        ('["\t"]', "json-malformed"),
        ('["\\x"]', "json-malformed"),
        ("[] []", "json-malformed"),
        ("[1", "json-malformed"),
        ("\ufeff[]", "json-malformed"),
        ("[\u0661]", "json-malformed"),
        ("\u00a0[]", "json-malformed"),
        (b"\xef\xbb\xbf[]", "json-malformed"),
        ("[]".encode("utf-16"), "json-not-utf8"),
        (b'["\xed\xa0\x80"]', "json-not-utf8"),
        (b'["\xc0\xaf"]', "json-not-utf8"),
        ('{"a":1,"a":1}', "json-duplicate-key"),
        ('[{"a":1,"\\u0061":2}]', "json-duplicate-key"),
        ("[NaN]", "json-number-not-finite"),
        ("[Infinity]", "json-number-not-finite"),
        ("[-Infinity]", "json-number-not-finite"),
        ("[1.0]", "json-float"),
        ("[1e2]", "json-float"),
        ("[-0.5E-3]", "json-float"),
        ('["\\ud800"]', "json-lone-surrogate"),
        ('["\\uDFFF\\ud800"]', "json-lone-surrogate"),
        ('{"\\uDBFF":1}', "json-lone-surrogate"),
        ('["\ud800"]', "json-lone-surrogate"),
        ("[" + "9" * (MAX_INTEGER_CHARS + 1) + "]", "json-number-too-long"),
        ("[-" + "9" * 5000 + "]", "json-number-too-long"),
        ("[" * 17 + "]" * 17, "json-too-deep"),
        ('[{"a":' * 9 + "1" + "}]" * 9, "json-too-deep"),
        ("[" * 100_000 + "]" * 100_000, "json-too-deep"),
        ('{"a":' * 100_000, "json-too-deep"),
        ('["' + '"],["' * 20 + "[" * 17, "json-malformed"),
        (" " * 1_000_001, "json-too-large"),
        ("é" * 500_001, "json-too-large"),
        (b"[" * 1_000_001, "json-too-large"),
    ],
)
def test_a_text_that_is_not_strict_json_is_refused(text: str | bytes, code: str) -> None:
    assert refused(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[1e400]", "json-number-not-finite"),
        ("[-1E+400]", "json-number-not-finite"),
        ("[" + "9" * 308 + "e99]", "json-number-not-finite"),
        ("[0." + "1" * 5000 + "]", "json-number-too-long"),
        ("[NaN]", "json-number-not-finite"),
        ("[" + "9" * 5000 + "]", "json-number-too-long"),
    ],
)
def test_where_floats_are_allowed_they_are_finite_and_short(text: str, code: str) -> None:
    assert refused(text, allow_floats=True, check=False) == code


def test_the_cheap_mode_takes_the_last_of_two_members() -> None:
    assert parse_strict('{"a":1,"a":2.5}', max_bytes=99, max_depth=1, allow_floats=True, check_duplicate_keys=False) == {"a": 2.5}


@pytest.mark.parametrize("text", ['["\\ud83d\\ude00"]', '["\\\\ud800"]', '["\\ud7ff\\ue000"]'])
def test_whole_pairs_and_texts_that_only_look_like_halves_pass(text: str) -> None:
    assert parse_strict(text, max_bytes=99, max_depth=1) == json.loads(text)


@pytest.mark.parametrize(
    "text", ["[" * 16 + "]" * 16, '["[[[[[[[[[[[[[[[[[["]', '["\\"[[[[[[[[[[[[[[[[[["]', '["\\\\",[[]]' + ",[]" * 30 + "]"]
)
def test_only_brackets_outside_strings_count(text: str) -> None:
    assert parse_strict(text, max_bytes=1000, max_depth=16) == json.loads(text)


def test_limits_are_inclusive() -> None:
    assert parse_strict('["é"]', max_bytes=6, max_depth=1) == ["é"]
    assert refused('["é"]', max_bytes=5) == "json-too-large"


@pytest.mark.parametrize(
    "text",
    ["[" * 750_000, '{"a":' * 150_000, "[" + "9" * 750_000 + "]", '["' + "\\" * 749_996 + '"]', '"' * 750_000, '["' + '\\"[' * 250_000],
    ids=["arrays", "objects", "digits", "backslashes", "quotes", "escaped quotes"],
)
def test_the_largest_hostile_text_costs_milliseconds(text: str) -> None:
    started = time.process_time()
    with contextlib.suppress(JsonError):
        parse_strict(text, max_bytes=1_000_000, max_depth=16)
    # Quadratic work on any of these takes minutes; a busy machine does not.
    assert time.process_time() - started < 2


def test_an_error_repeats_nothing_of_the_text() -> None:
    with pytest.raises(JsonError) as caught:
        parse_strict('{"password": hunter2}', max_bytes=99, max_depth=1)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
