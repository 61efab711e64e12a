"""A plan survives being stored."""

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.definitions.plan_document import content_digest, plan_from_document, plan_to_document
from fanin.domain.calendar import Calendar
from fanin.domain.completion import Source, SourceKind
from fanin.domain.condition import AtLeast, Condition, Slot
from fanin.domain.errors import ConfigurationError
from fanin.domain.event_rule import EventRule, StatusWords
from fanin.domain.outcome import Outcome
from fanin.domain.plan import AfterRelease, KeyKind, KeyRule, OnFailure, Plan, Predecessor, Successor
from fanin.domain.timing import EXPIRE_AFTER_MS, Deadline, DeadlineAction, Elapsed, Since, Timing, WallTime
from fanin.domain.window import CronWindow, Window, WindowBy, WindowUnit

pytestmark = pytest.mark.unit

_SLOTS = st.builds(Slot, st.integers(0, 63))


def _at_least(children: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return st.lists(children, min_size=1, max_size=4).flatmap(lambda of: st.builds(AtLeast, st.integers(1, len(of)), st.just(tuple(of))))


_BY = st.sampled_from(WindowBy)
_CLOCK = st.times().map(lambda at: at.replace(microsecond=0))
_WINDOWS = st.builds(Window, st.sampled_from(WindowUnit), st.text(), _CLOCK, _BY) | st.builds(CronWindow, st.text(), st.text(), _BY)
_KEYS = st.builds(KeyRule, st.sampled_from(KeyKind), st.none() | st.text(), st.none() | _WINDOWS, st.integers(-366, 366), st.booleans())
_SOURCES = st.builds(Source, st.sampled_from(SourceKind), st.text())
_WORDS = st.lists(st.text(), max_size=3).map(tuple)
_TEXT_OR_NONE = st.none() | st.text()
_EVENTS = st.builds(
    EventRule,
    st.text(),
    _TEXT_OR_NONE,
    st.none() | st.builds(StatusWords, st.text(), _WORDS, _WORDS),
    _TEXT_OR_NONE,
    _TEXT_OR_NONE,
    _TEXT_OR_NONE,
)
_PREDECESSORS = st.builds(
    Predecessor, st.text(), _SOURCES, st.none() | _KEYS, st.sampled_from(OnFailure), st.booleans(), st.none() | _EVENTS, st.booleans()
)
_OUTCOMES = st.lists(st.sampled_from(Outcome), min_size=1, unique=True).map(tuple)
_SUCCESSORS = st.builds(Successor, st.text(), st.text(), st.booleans(), st.none() | st.text(), _OUTCOMES)
_WALLS = st.builds(WallTime, _CLOCK, st.text(), st.integers(0, 62))
_ELAPSED = st.builds(Elapsed, st.integers(1, 10**10), st.sampled_from(Since))
_TIMINGS = st.builds(
    Timing,
    not_before=st.none() | _WALLS,
    deadlines=st.lists(st.builds(Deadline, _WALLS | _ELAPSED, st.sampled_from(DeadlineAction)), max_size=5).map(tuple),
    settle_ms=st.integers(0, 900_000),
    expire_after_ms=st.just(EXPIRE_AFTER_MS) | st.integers(1, 10**10),
    expected=st.booleans(),
    business_days_only=st.booleans(),
)
_CALENDARS = st.builds(Calendar, st.frozensets(st.integers(1, 7)), st.frozensets(st.dates(), max_size=5))
_PLANS = st.builds(
    Plan,
    join=st.text(),
    version=st.integers(1, 10**6),
    digest=st.text(),
    description=st.text(),
    key=_KEYS,
    predecessors=st.lists(_PREDECESSORS, max_size=4).map(tuple),
    condition=st.recursive(_SLOTS, _at_least, max_leaves=8),
    successors=st.lists(_SUCCESSORS, max_size=3).map(tuple),
    timing=_TIMINGS,
    after_release=st.sampled_from(AfterRelease),
    calendar=st.none() | _CALENDARS,
    zone=st.just("UTC") | st.text(),
)


@given(_PLANS)
def test_a_plan_comes_back_from_its_json_text_as_it_went(plan: Plan) -> None:
    assert plan_from_document(json.loads(json.dumps(plan_to_document(plan)))) == plan


@given(_PLANS, st.integers(1, 10), st.text())
def test_the_digest_names_the_content_alone(plan: Plan, version: int, digest: str) -> None:
    document = plan_to_document(plan)
    assert content_digest(plan_from_document({**document, "version": version, "digest": digest})) == content_digest(plan)
    assert content_digest(plan_from_document({**document, "join": plan.join + "x"})) != content_digest(plan)


@given(_PLANS, _PLANS)
def test_plans_with_one_digest_have_one_content(plan: Plan, other: Plan) -> None:
    mixed = replace(other, **{field.name: getattr(plan, field.name) for field in fields(Plan)[:7]})
    same = replace(mixed, version=1, digest="") == replace(plan, version=1, digest="")
    assert (content_digest(mixed) == content_digest(plan)) == same


def _document() -> dict[str, object]:
    source = Source(SourceKind.STEP_FUNCTIONS, "arn:aws:states:us-east-1:111111111111:stateMachine:a")
    plan = Plan("a", 1, "d", "", KeyRule(KeyKind.LATEST), (Predecessor("a", source),), AtLeast(1, (Slot(0),)), (Successor("t", "b"),))
    return plan_to_document(plan)


def test_the_stored_form_is_what_it_was_when_format_1_was_fixed() -> None:
    assert _document() == {
        "format": 1,
        "join": "a",
        "version": 1,
        "digest": "d",
        "description": "",
        "key": {"kind": "latest", "expression": None},
        "predecessors": [{"name": "a", "source": {"kind": "stepfunctions", "arn": "arn:aws:states:us-east-1:111111111111:stateMachine:a"}}],
        "condition": {"atLeast": 1, "of": [{"slot": 0}]},
        "successors": [{"target": "t", "busArn": "b", "outputs": False}],
    }


def test_what_format_1_cannot_say_is_written_as_format_2_and_only_that() -> None:
    plan = plan_from_document(_document())
    richer = [
        replace(plan, zone="Asia/Tokyo"),
        replace(plan, calendar=Calendar()),
        replace(plan, after_release=AfterRelease.REPORT),
        replace(plan, timing=Timing(settle_ms=1)),
        replace(plan, key=KeyRule(KeyKind.OUTPUT, "a")),
        replace(plan, key=KeyRule(KeyKind.INPUT, "a", offset_days=1)),
        replace(plan, predecessors=(plan.predecessors[0]._replace(optional=True),)),
        replace(plan, predecessors=(plan.predecessors[0]._replace(on_failure=OnFailure.FAIL),)),
        replace(plan, predecessors=(plan.predecessors[0]._replace(key=KeyRule(KeyKind.INPUT, "a")),)),
        replace(plan, successors=(plan.successors[0]._replace(projection="a"),)),
        replace(plan, successors=(plan.successors[0]._replace(outcomes=(Outcome.FAILED,)),)),
    ]
    assert {plan_to_document(one)["format"] for one in richer} == {2}
    assert len({content_digest(one) for one in (plan, *richer)}) == len(richer) + 1


@pytest.mark.parametrize("number", [4, 0, "1", None])
def test_another_format_is_refused_instead_of_read_half(number: object) -> None:
    with pytest.raises(ConfigurationError) as refused:
        plan_from_document({**_document(), "format": number})
    assert refused.value.code == "plan-format-unknown"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", "1"),
        ("version", True),
        ("key", {"kind": "moon", "expression": None}),
        ("key", {"kind": "latest"}),
        ("predecessors", {}),
        ("predecessors", [{"name": "a", "source": {"kind": "abacus", "arn": "a"}}]),
        ("condition", {}),
        ("condition", {"atLeast": 1, "of": ["0"]}),
        ("successors", [{"target": "t"}]),
        ("key", {"kind": "window", "expression": None, "window": {"unit": "year", "zone": "UTC", "startsAt": "00:00:00", "by": "start"}}),
        ("key", {"kind": "input", "expression": "a", "offsetDays": "1"}),
        ("predecessors", [{"name": "a", "source": {"kind": "stepfunctions", "arn": "a"}, "onFailure": "pray"}]),
        ("timing", {"deadlines": [{"then": "alert"}]}),
        ("timing", {"settleMs": 1.5}),
        ("timing", []),
        ("calendar", {"weekend": [6, 7], "holidays": ["soon"]}),
        ("calendar", {"weekend": ["sat"], "holidays": []}),
        ("afterRelease", "never"),
        ("zone", None),
    ],
)
def test_what_is_no_plan_is_refused(field: str, value: object) -> None:
    with pytest.raises(ConfigurationError) as refused:
        plan_from_document({**_document(), field: value})
    assert refused.value.code == "plan-malformed"
