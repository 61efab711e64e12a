"""Event patterns: what EventBridge documents of each operator, the limits, and properties over random patterns and events."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.definitions.event_pattern import checked_pattern, event_matcher
from fanin.definitions.problems import Code, RefusedValueError

pytestmark = pytest.mark.unit


def matches(pattern: Mapping[str, object], detail: object) -> bool:
    """Whether a pattern on the detail matches it."""
    return event_matcher(checked_pattern({"detail": pattern}))({"detail": detail, "resources": []})


def refusal(pattern: Mapping[str, object]) -> RefusedValueError:
    with pytest.raises(RefusedValueError) as caught:
        checked_pattern(pattern)
    assert caught.value.code == Code.BAD_PATTERN
    return caught.value


# "Comparison operators for use in event patterns": what each says, then what it does not.
EXAMPLES: list[tuple[dict[str, object], object, bool]] = [
    ({"state": ["running"]}, {"state": "running"}, True),
    ({"state": ["running", "ended"]}, {"state": "ended", "more": 1}, True),
    ({"state": ["running"]}, {"state": "Running"}, False),
    ({"state": ["running"]}, {}, False),
    ({"state": ["running"], "code": [0]}, {"state": "running", "code": 0}, True),
    ({"state": ["running"], "code": [0]}, {"state": "running"}, False),
    ({"code": [0]}, {"code": False}, False),
    ({"done": [True]}, {"done": True}, True),
    ({"done": [True]}, {"done": 1}, False),
    ({"code": [300]}, {"code": 300.0}, True),
    ({"eventVersion": [""]}, {"eventVersion": ""}, True),
    ({"userId": [None]}, {"userId": None}, True),
    ({"userId": [None]}, {}, False),
    ({"a": {"b": {"c": ["x"]}}}, {"a": {"b": {"c": "x"}}}, True),
    ({"a": {"b": {"c": ["x"]}}}, {"a": {"b": "x"}}, False),
    ({"a": ["x"]}, {"a": {"x": "x"}}, False),
    ({"tags": ["x"]}, {"tags": ["w", "x"]}, True),
    ({"tags": ["x", "y"]}, {"tags": ["w"]}, False),
    ({"items": {"id": ["1"], "state": ["ok"]}}, {"items": [{"id": "1", "state": "ok"}, {"id": "2", "state": "bad"}]}, True),
    ({"items": {"id": ["1"], "state": ["ok"]}}, {"items": [{"id": "1", "state": "bad"}, {"id": "2", "state": "ok"}]}, False),
    ({"key": [{"prefix": "in/"}]}, {"key": "in/a"}, True),
    ({"key": [{"prefix": "in/"}]}, {"key": "IN/a"}, False),
    ({"key": [{"prefix": {"equals-ignore-case": "in/"}}]}, {"key": "IN/a"}, True),
    ({"key": [{"prefix": "1"}]}, {"key": 12}, False),
    ({"key": [{"suffix": ".csv"}]}, {"key": "a.csv"}, True),
    ({"key": [{"suffix": ".csv"}]}, {"key": "a.csv.gz"}, False),
    ({"key": [{"suffix": {"equals-ignore-case": ".csv"}}]}, {"key": "a.CSV"}, True),
    ({"state": [{"equals-ignore-case": "OK"}]}, {"state": "ok"}, True),
    ({"state": [{"equals-ignore-case": "OK"}]}, {"state": "okay"}, False),
    ({"state": [{"anything-but": "starting"}]}, {"state": "ended"}, True),
    ({"state": [{"anything-but": "starting"}]}, {"state": "starting"}, False),
    ({"state": [{"anything-but": "starting"}]}, {}, False),
    ({"state": [{"anything-but": ["a", "b"]}]}, {"state": "b"}, False),
    ({"code": [{"anything-but": [1, 2]}]}, {"code": 3}, True),
    ({"state": [{"anything-but": {"prefix": "in"}}]}, {"state": "init"}, False),
    ({"state": [{"anything-but": {"prefix": "in"}}]}, {"state": "ended"}, True),
    ({"state": [{"anything-but": {"suffix": ["d", "g"]}}]}, {"state": "running"}, False),
    ({"state": [{"anything-but": {"equals-ignore-case": ["OK", "DONE"]}}]}, {"state": "done"}, False),
    ({"size": [{"numeric": [">", 0]}]}, {"size": 0.5}, True),
    ({"size": [{"numeric": [">", 0, "<=", 5]}]}, {"size": 5}, True),
    ({"size": [{"numeric": [">", 0, "<=", 5]}]}, {"size": 6}, False),
    ({"size": [{"numeric": ["=", 3.018e2]}]}, {"size": 301.8}, True),
    ({"size": [{"numeric": [">=", 0]}]}, {"size": True}, False),
    ({"size": [{"numeric": [">=", 0]}]}, {"size": "1"}, False),
    ({"size": [{"numeric": ["<", 1]}]}, {"size": None}, False),
    ({"error": [{"exists": True}]}, {"error": None}, True),
    ({"error": [{"exists": True}]}, {}, False),
    ({"error": [{"exists": True}]}, {"error": {"x": 1}}, False),
    ({"error": [{"exists": False}]}, {}, True),
    ({"error": [{"exists": False}]}, {"error": 0}, False),
    ({"outer": {"error": [{"exists": False}]}}, {}, True),
    ({"state": ["ended", {"exists": False}]}, {}, True),
    ({"state": [{"prefix": "a"}, {"suffix": "z"}]}, {"state": "xz"}, True),
]


@pytest.mark.parametrize(("pattern", "detail", "expected"), EXAMPLES, ids=lambda value: ascii(value)[:60])
def test_an_operator_means_what_eventbridge_documents(pattern: dict[str, object], detail: object, expected: bool) -> None:
    assert matches(pattern, detail) is expected


def test_resources_can_be_matched_too() -> None:
    matcher = event_matcher(checked_pattern({"resources": [{"suffix": ":inbox"}]}))
    assert matcher({"resources": ["arn:aws:s3:::inbox"], "detail": {}})
    assert not matcher({"resources": [], "detail": {}})


DEEP: object = ["x"]
for _ in range(20):
    DEEP = {"a": DEEP}
WRONG: list[tuple[dict[str, object], str]] = [
    ({}, "nothing to match"),
    ({"detail": {}}, "nothing to match"),
    ({"detail": ["x"], "source": ["aws.s3"]}, "said by the field source"),
    ({"detail-type": ["x"]}, "said by the field detailType"),
    ({"time": ["x"]}, "cannot be matched"),
    ({"detail": {"a": "x"}}, "outside of a list"),
    ({"detail": {"a": None}}, "outside of a list"),
    ({"detail": {"a": []}}, "0 alternatives"),
    ({"detail": {"a": ["x"] * 65}}, "65 alternatives"),
    ({"detail": {"a": [["x"]]}}, "a list stands in a list"),
    ({"detail": {"a": [{}]}}, "stands alone"),
    ({"detail": {"a": [{"prefix": "a", "suffix": "b"}]}}, "stands alone"),
    ({"detail": {"a": [{"wildcard": "*"}]}}, "'wildcard' is not understood"),
    ({"detail": {"a": [{"cidr": "10.0.0.0/8"}]}}, "'cidr' is not understood"),
    ({"detail": {"$or": [{"a": ["x"]}]}}, "$or is not understood"),
    ({"detail": {"a": [{"prefix": ""}]}}, "takes a text"),
    ({"detail": {"a": [{"prefix": 1}]}}, "takes a text"),
    ({"detail": {"a": [{"prefix": {"wildcard": "x"}}]}}, "takes a text"),
    ({"detail": {"a": [{"exists": "true"}]}}, "true or false"),
    ({"detail": {"a": [{"numeric": [">"]}]}}, "one or two comparisons"),
    ({"detail": {"a": [{"numeric": ["~", 1]}]}}, "not a comparison"),
    ({"detail": {"a": [{"numeric": [">", "1"]}]}}, "not a comparison"),
    ({"detail": {"a": [{"numeric": [">", True]}]}}, "not a comparison"),
    ({"detail": {"a": [{"numeric": [["x"], 1]}]}}, "not a comparison"),
    ({"detail": {"a": [{"numeric": ["<", 5_000_000_001]}]}}, "not a comparison"),
    ({"detail": {"a": [{"anything-but": []}]}}, "0 values"),
    ({"detail": {"a": [{"anything-but": [None]}]}}, "texts and numbers"),
    ({"detail": {"a": [{"anything-but": {"wildcard": "*"}}]}}, "not understood"),
    ({"detail": {"a": [{"anything-but": {}}]}}, "one operator"),
    ({"detail": {"a": ["x" * 2048]}}, "characters"),
    ({"detail": DEEP}, "levels deep"),
]


@pytest.mark.parametrize(("pattern", "said"), WRONG, ids=lambda value: ascii(value)[:60])
def test_what_is_no_pattern_is_refused_with_its_place(pattern: dict[str, object], said: str) -> None:
    assert said in refusal(pattern).message


def test_the_place_in_the_pattern_is_told() -> None:
    assert refusal({"detail": {"a": {"b": "x"}}}).message.startswith("at 'detail.a.b': ")


# Properties.

_NAMES = st.sampled_from("abc")
_SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", "xy", "y"])
_DETAILS = st.recursive(
    st.dictionaries(_NAMES, _SCALARS | st.lists(_SCALARS, max_size=3), max_size=3),
    lambda inner: st.dictionaries(_NAMES, inner | st.lists(inner, max_size=2) | _SCALARS, max_size=3),
    max_leaves=6,
)
_TEXTS = st.sampled_from(["x", "xy", "y"])
_OPERATORS = (
    st.builds(lambda text: {"prefix": text}, _TEXTS)
    | st.builds(lambda text: {"suffix": text}, _TEXTS)
    | st.builds(lambda text: {"equals-ignore-case": text}, _TEXTS)
    | st.builds(lambda values: {"anything-but": values}, st.lists(_TEXTS, min_size=1, max_size=2))
    | st.builds(lambda bound: {"numeric": ["<", bound]}, st.integers(-3, 3))
    | st.builds(lambda flag: {"exists": flag}, st.booleans())
)
_LEAVES = st.lists(_SCALARS | _OPERATORS, min_size=1, max_size=3)
_PATTERNS = st.recursive(_LEAVES, lambda inner: st.dictionaries(_NAMES, inner, min_size=1, max_size=2), max_leaves=4).filter(
    lambda pattern: isinstance(pattern, dict)
)


@given(_PATTERNS, _DETAILS)
def test_a_pattern_is_read_alike_from_its_text(pattern: dict[str, object], detail: object) -> None:
    text = checked_pattern({"detail": pattern})
    assert checked_pattern(json.loads(text)) == text
    assert event_matcher(text)({"detail": detail}) is matches(json.loads(text)["detail"], detail)


@given(_PATTERNS, _PATTERNS, _DETAILS)
def test_fields_are_joined_by_and(one: dict[str, object], other: dict[str, object], detail: dict[str, object]) -> None:
    separate = {**{f"1{name}": value for name, value in one.items()}, **{f"2{name}": value for name, value in other.items()}}
    doubled = {**{f"1{name}": value for name, value in detail.items()}, **{f"2{name}": value for name, value in detail.items()}}
    assert matches(separate, doubled) is (matches(one, detail) and matches(other, detail))


@given(_NAMES, _LEAVES, _LEAVES, _DETAILS)
def test_alternatives_are_joined_by_or(name: str, one: list[object], other: list[object], detail: object) -> None:
    assert matches({name: [*one, *other]}, detail) is (matches({name: one}, detail) or matches({name: other}, detail))


@given(_NAMES, _DETAILS)
def test_a_field_is_there_or_not(name: str, detail: object) -> None:
    assert matches({name: [{"exists": True}]}, detail) is not matches({name: [{"exists": False}]}, detail)


@given(_NAMES, _SCALARS, _TEXTS)
def test_anything_but_is_not_that_of_what_is_there(name: str, value: object, text: str) -> None:
    assert matches({name: [{"anything-but": text}]}, {name: value}) is not matches({name: [text]}, {name: value})


@given(_PATTERNS, _DETAILS, st.dictionaries(st.sampled_from("xyz"), _SCALARS, max_size=3))
def test_fields_that_are_not_asked_for_do_not_matter(
    pattern: dict[str, object], detail: dict[str, object], more: dict[str, object]
) -> None:
    assert matches(pattern, {**more, **detail}) is matches(pattern, detail)
