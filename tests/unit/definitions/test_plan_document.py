"""A plan survives being stored."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.definitions.plan_document import content_digest, plan_from_document, plan_to_document
from fanin.domain.completion import Source, SourceKind
from fanin.domain.condition import AtLeast, Condition, Slot
from fanin.domain.errors import ConfigurationError
from fanin.domain.plan import KeyKind, KeyRule, Plan, Predecessor, Successor

pytestmark = pytest.mark.unit

_SLOTS = st.builds(Slot, st.integers(0, 63))


def _at_least(children: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return st.lists(children, min_size=1, max_size=4).flatmap(lambda of: st.builds(AtLeast, st.integers(1, len(of)), st.just(tuple(of))))


_PLANS = st.builds(
    Plan,
    join=st.text(),
    version=st.integers(1, 10**6),
    digest=st.text(),
    description=st.text(),
    key=st.builds(KeyRule, st.sampled_from(KeyKind), st.none() | st.text()),
    predecessors=st.lists(st.builds(Predecessor, st.text(), st.builds(Source, st.sampled_from(SourceKind), st.text()))).map(tuple),
    condition=st.recursive(_SLOTS, _at_least, max_leaves=8),
    successors=st.lists(st.builds(Successor, st.text(), st.text(), st.booleans())).map(tuple),
)


@given(_PLANS)
def test_a_plan_comes_back_from_its_json_text_as_it_went(plan: Plan) -> None:
    assert plan_from_document(json.loads(json.dumps(plan_to_document(plan)))) == plan


@given(_PLANS, st.integers(1, 10), st.text())
def test_the_digest_names_the_content_alone(plan: Plan, version: int, digest: str) -> None:
    document = plan_to_document(plan)
    assert content_digest(plan_from_document({**document, "version": version, "digest": digest})) == content_digest(plan)
    assert content_digest(plan_from_document({**document, "join": plan.join + "x"})) != content_digest(plan)


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


@pytest.mark.parametrize("number", [3, 0, "1", None])
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
    ],
)
def test_what_is_no_plan_is_refused(field: str, value: object) -> None:
    with pytest.raises(ConfigurationError) as refused:
        plan_from_document({**_document(), field: value})
    assert refused.value.code == "plan-malformed"
