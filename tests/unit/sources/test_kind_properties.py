"""Whatever stands in an event of any kind: it is a completion, ignored or rejected under a code, and never anything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.definitions.event_reading import read_event
from fanin.domain.arrival import arrival_of, decode_arrival
from fanin.domain.completion import Completion, SourceKind
from fanin.domain.errors import RejectedError
from fanin.domain.event_rule import EventRule, StatusWords
from fanin.domain.execution_id import plain_id
from fanin.sources.kind import Ignored
from fanin.sources.message import OtherEvent, parse_message
from tests.unit.sources.samples import Event, Place, changed, sample

pytestmark = pytest.mark.unit

NAMES = [
    *("succeeded", "ecs-stopped", "ecs-running", "glue-succeeded", "batch-succeeded"),
    *("codebuild-succeeded", "lambda-failure", "join-released"),
]
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=5,
)


def places(value: object, place: Place = ()) -> list[Place]:
    """Every place in an event."""
    children = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    found = [one for step, child in children for one in places(child, (*place, cast(str | int, step)))]
    return found + ([place] if place else [])


T = TypeVar("T")


def outcome(read: Callable[[], T]) -> T | RejectedError:
    """What was read, or why it was rejected."""
    try:
        return read()
    except RejectedError as error:
        return error


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@given(st.sampled_from(NAMES), st.data())
def test_an_event_with_anything_in_any_place_is_read_or_rejected(name: str, data: st.DataObject) -> None:
    event = sample(name)
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from(places(event)))
        event = changed(event, {place: data.draw(_VALUES)})
    found = outcome(lambda: parse_message(json.dumps(event)))
    assert isinstance(found, Completion | Ignored | OtherEvent | RejectedError)
    if isinstance(found, Completion):
        assert found.source.kind is SourceKind.JOIN or (found.source.account, found.source.region) == (found.account, found.region)
        assert found.source.kind is SourceKind.STEP_FUNCTIONS or found.input is None or is_json(found.input)


_PATHS = st.sampled_from(
    ["detail", "detail.a", "detail.b[0]", "detail.c.d", "id", "time", "to_number(detail.a)", "length(detail.a)", "sum(detail.b)"]
)
_RULES = st.builds(
    EventRule,
    _PATHS,
    st.none(),
    st.builds(StatusWords, _PATHS, st.just(("", "true", "0"))),
    st.none() | _PATHS,
    st.none() | _PATHS,
    st.none() | _PATHS,
)


@given(_RULES, st.dictionaries(st.sampled_from("abcd"), _VALUES, max_size=4))
def test_a_rule_reads_any_event_or_rejects_it(rule: EventRule, detail: Event) -> None:
    read = outcome(lambda: read_event(rule, {"id": "e-1", "time": "2026-03-31T18:59:58Z", "detail": detail}))
    if isinstance(read, RejectedError):
        assert read.code.startswith("event-")
    else:
        assert read is None or 0 < len(read.execution_id.encode()) <= 256


@given(_TEXTS.filter(bool), _TEXTS.filter(bool), st.sampled_from(["", "/1", "/9999"]))
def test_ids_are_plain_and_tell_texts_apart(one: str, other: str, suffix: str) -> None:
    for text in (one, other, one * 30):
        identifier = plain_id(text, suffix)
        assert min(identifier) > " "
        assert len(identifier.encode()) <= 256
    assert (plain_id(one, suffix) == plain_id(other, suffix)) is (one == other)


@given(_TEXTS.filter(bool))
def test_a_plain_id_orders_arrivals(text: str) -> None:
    found = parse_message(json.dumps(changed(sample("join-released"), {("detail", "key"): text})))
    assert isinstance(found, Completion)
    arrival = arrival_of(found, found.stopped_at_ms or 0)
    assert decode_arrival(arrival.encode()) == arrival
