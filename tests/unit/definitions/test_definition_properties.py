"""Whatever the document, the compiler answers; and what it accepts the JSON Schema accepts."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fanin.definitions import names
from fanin.definitions.compiler import compile_documents
from fanin.definitions.locations import START, LocatedProblem
from fanin.definitions.plan_document import plan_from_document, plan_to_document
from tests.unit.definitions.documents import BUS, LEDGER, a_definition

pytestmark = pytest.mark.unit

SCHEMA = Draft202012Validator(json.loads((Path(__file__).parents[3] / "schemas" / "join.schema.json").read_text(encoding="utf-8")))

_ODD_NAMES = st.sampled_from(["join", "key", "input", "latest", "predecessors", "stateMachine", "successors", "bus", "[key]", ""])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([LEDGER, BUS, "(a+)+$", "a.b"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(_ODD_NAMES | st.text(), children, max_size=3),
    max_leaves=12,
)


@given(_JSON | st.dictionaries(st.sampled_from(list(a_definition())), _JSON).map(lambda fields: a_definition() | fields))
def test_any_document_becomes_a_join_or_problems_of_one_line_each(document: object) -> None:
    joins, problems = compile_documents([("a", document)], allowed_accounts=frozenset(), allowed_buses=frozenset())
    assert bool(joins) != bool(problems)
    for labelled in problems:
        assert json.dumps(labelled.to_document(), ensure_ascii=False).encode()
        line = str(LocatedProblem("a.yaml", START, labelled.problem))
        assert line.splitlines() == [line]


_ACCOUNTS = st.integers(0, 10**12 - 1).map("{:012}".format)
_MACHINES = st.builds(
    "arn:aws:states:us-east-1:{}:stateMachine:{}".format, _ACCOUNTS, st.from_regex(r"[A-Za-z0-9_-]{1,80}", fullmatch=True)
)
_BUSES = st.builds("arn:aws-cn:events:cn-north-1:{}:event-bus/{}".format, _ACCOUNTS, st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True))
_SUCCESSORS = st.fixed_dictionaries(
    {"target": st.from_regex(names.TARGET_PATTERN[1:-1], fullmatch=True), "bus": _BUSES},
    optional={"payload": st.fixed_dictionaries({}, optional={"outputs": st.booleans()})},
)
_DEFINITIONS = st.fixed_dictionaries(
    {
        "join": st.from_regex(names.JOIN_PATTERN[1:-1], fullmatch=True),
        "predecessors": st.dictionaries(
            st.from_regex(names.PREDECESSOR_PATTERN[1:-1], fullmatch=True), _MACHINES, min_size=1, max_size=4
        ).map(lambda machines: {name: {"stateMachine": arn} for name, arn in machines.items()}),
        "successors": st.lists(_SUCCESSORS, min_size=1, max_size=3),
    },
    optional={
        "description": st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=50),
        "key": st.sampled_from([{"latest": True}, {"input": "a.b"}, {"name": "^x-([0-9]+)"}]),
        "require": st.just("all"),
    },
)


@settings(max_examples=50)
@given(_DEFINITIONS)
def test_a_right_definition_suits_the_schema_compiles_and_survives_being_stored(document: dict[str, object]) -> None:
    SCHEMA.validate(document)
    joins, problems = compile_documents([("a", document)], allowed_accounts=None, allowed_buses=None)
    assert {labelled.problem.code for labelled in problems} <= {"duplicate-source", "duplicate-target"}
    assert len(joins) == (not problems)
    for plan in (join.to_plan(7) for join in joins):
        assert plan_from_document(json.loads(json.dumps(plan_to_document(plan)))) == plan
