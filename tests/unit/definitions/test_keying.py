"""The key of a completion by each rule, and every way in which there is none."""

import json
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.definitions.keying import MAX_INPUT_BYTES, derive_key
from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.errors import RejectedError
from fanin.domain.plan import KeyKind, KeyRule
from fanin.domain.run import STREAM_KEY

pytestmark = pytest.mark.unit

MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:ledger"
COMPLETION = Completion(
    source=Source(SourceKind.STEP_FUNCTIONS, MACHINE),
    account="111111111111",
    region="us-east-1",
    execution_id="close-2026-03-31",
    execution_arn="arn:aws:states:us-east-1:111111111111:execution:ledger:close-2026-03-31",
    status=Status.SUCCEEDED,
    reported_at_ms=1_774_994_400_000,
    started_at_ms=None,
    stopped_at_ms=None,
    input='{"businessDate":"2026-03-31"}',
    input_included=True,
    output=None,
    output_included=True,
)
BY_NAME = KeyRule(KeyKind.NAME, r"^close-(\d{4}-\d{2}-\d{2})")


def key_in(text: str | None, expression: str = "k", *, included: bool = True) -> str:
    return derive_key(KeyRule(KeyKind.INPUT, expression), COMPLETION._replace(input=text, input_included=included))


def refusal_of(text: str | None, expression: str = "k", *, included: bool = True) -> str:
    with pytest.raises(RejectedError) as refused:
        key_in(text, expression, included=included)
    return refused.value.code


@pytest.mark.parametrize(
    ("text", "expression", "key"),
    [
        ('{"businessDate":"2026-03-31"}', "businessDate", "2026-03-31"),
        ('{"order":{"id":4711}}', "order.id", "4711"),
        ('{"k":0}', "k", "0"),
        ('{"k":-12}', "k", "-12"),
        ('{"region":"eu","d":"2026-03-31"}', "join('/', [region, d])", "eu/2026-03-31"),
        ('{"k":"with space"}', "k", "with space"),
        ('{"k":"\\u65e5\\u672c"}', "k", "日本"),
        ('"2026-03-31"', "@", "2026-03-31"),
        ('{"k":"' + "a" * 256 + '"}', "k", "a" * 256),
    ],
)
def test_an_input_key_is_a_text_or_an_integer_of_the_input(text: str, expression: str, key: str) -> None:
    assert key_in(text, expression) == key


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{}", "key-absent"),
        ('{"k":null}', "key-absent"),
        ("[]", "key-absent"),
        ("5", "key-absent"),
        (None, "key-absent"),
        ('{"k":""}', "key-empty"),
        ('{"k":true}', "key-not-a-string"),
        ('{"k":1.0}', "key-not-a-string"),
        ('{"k":1e400}', "key-not-a-string"),
        ('{"k":[]}', "key-not-a-string"),
        ('{"k":{}}', "key-not-a-string"),
        ('{"k":"' + "a" * 257 + '"}', "key-too-long"),
        ('{"k":"' + "é" * 129 + '"}', "key-too-long"),
        ('{"k":' + "9" * 300 + "}", "key-too-long"),
        ('{"k":"latest"}', "key-reserved"),
        ('{"k":"a\\u0000"}', "key-invalid-characters"),
        ('{"k":"a\\n"}', "key-invalid-characters"),
        ('{"k":"\\u001b[2J"}', "key-invalid-characters"),
        ('{"k":"\\u202eabc"}', "key-invalid-characters"),
        ('{"k":"\\ud800"}', "key-invalid-characters"),
        ("", "input-not-json"),
        ("{", "input-not-json"),
        ('{"k":NaN}', "input-not-json"),
        ('{"k":' + "9" * 5000 + "}", "input-not-json"),
        ("[" * 100_000, "input-not-json"),
        ('{"k":"' + "a" * MAX_INPUT_BYTES + '"}', "input-too-large"),
        ('{"k":"' + "é" * (MAX_INPUT_BYTES // 2) + '"}', "input-too-large"),
    ],
)
def test_what_is_no_key_is_refused_by_a_code_of_its_own(text: str | None, code: str) -> None:
    assert refusal_of(text) == code


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ('{"a":null,"b":"x"}', "join('-', [a, b])"),
        ('{"a":[1,"x"]}', "max(a)"),
        ('{"a":1,"b":"x"}', "a < b && a || b"),
        ('{"a":1e400}', "to_string(ceil(a))"),
        ('{"a":{},"b":5}', "keys(merge(a, b)) | [0]"),
    ],
)
def test_an_expression_that_an_input_does_not_suit_is_refused(text: str, expression: str) -> None:
    assert refusal_of(text, expression) == "key-not-a-string"


def test_an_input_that_came_without_the_event_must_be_fetched_first() -> None:
    assert refusal_of(None, included=False) == "input-unavailable"


def test_a_refused_input_is_refused_again() -> None:
    assert [refusal_of("{"), refusal_of("{")] == ["input-not-json"] * 2


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    )
)
def test_whatever_an_input_holds_there_is_a_storable_key_or_a_refusal(value: object) -> None:
    try:
        key = key_in(json.dumps({"k": value}))
    except RejectedError:
        return
    assert 1 <= len(key.encode()) <= 256
    assert key == str(cast(str | int, value))


def test_a_name_key_is_the_group_of_the_pattern() -> None:
    assert derive_key(BY_NAME, COMPLETION) == "2026-03-31"
    assert derive_key(BY_NAME, COMPLETION._replace(execution_id="close-2026-03-31-rerun2")) == "2026-03-31"


@pytest.mark.parametrize(
    ("pattern", "name", "code"),
    [
        (BY_NAME.expression, "adhoc", "key-absent"),
        ("^(?:a|(b))", "a", "key-absent"),
        ("^close-([0-9]*)", "close-x", "key-empty"),
        ("^(.*)$", "a\x7f", "key-invalid-characters"),
        ("^(.*)$", "日" * 86, "key-too-long"),
        ("^(.*)$", "a" * 257, "name-too-long"),
    ],
)
def test_a_name_without_a_key_is_refused(pattern: str, name: str, code: str) -> None:
    with pytest.raises(RejectedError) as refused:
        derive_key(KeyRule(KeyKind.NAME, pattern), COMPLETION._replace(execution_id=name))
    assert refused.value.code == code


def test_latest_needs_nothing_of_the_execution() -> None:
    assert derive_key(KeyRule(KeyKind.LATEST), COMPLETION._replace(input=None, input_included=False)) == STREAM_KEY


def test_no_refusal_repeats_what_the_input_holds() -> None:
    for text in ('{"k":"secret\\u0000"}', '{"k":["secret"]}', '{"secret"'):
        with pytest.raises(RejectedError) as refused:
            key_in(text)
        assert "secret" not in str(refused.value)
        assert refused.value.__cause__ is None
