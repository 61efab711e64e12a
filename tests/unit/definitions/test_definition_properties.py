"""Whatever the document, the compiler answers; and what it accepts the JSON Schema accepts."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from fanin.definitions import names
from fanin.definitions.compiler import compile_documents
from fanin.definitions.difference import differences
from fanin.definitions.explain import explain
from fanin.definitions.graph import mermaid
from fanin.definitions.json_schema import known_fields
from fanin.definitions.locations import START, LocatedProblem
from fanin.definitions.plan_document import plan_from_document, plan_to_document
from fanin.definitions.problems import Code
from tests.unit.definitions.documents import BUS, LEDGER, a_definition

pytestmark = pytest.mark.unit

SCHEMA = Draft202012Validator(json.loads((Path(__file__).parents[3] / "schemas" / "join.schema.json").read_text(encoding="utf-8")))

_FIELDS = ["join", "key", "window", "every", "cron", "offset", "predecessors", "stateMachine", "successors", "bus", "on", "require", "all"]
_MORE_FIELDS = ["atLeast", "of", "deadlines", "at", "after", "then", "calendar", "country", "holidays", "optional", "zone", "[key]", ""]
_ODD_NAMES = st.sampled_from([*_FIELDS, *_MORE_FIELDS])
_ODD_TEXTS = st.sampled_from([LEDGER, BUS, "(a+)+$", "a.b", "PT1H", "05:00", "failed"])
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([LEDGER, BUS, "(a+)+$", "a.b", "PT1H", "05:00", "failed"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(_ODD_NAMES | st.text(), children, max_size=3),
    max_leaves=12,
)


@given(_JSON | st.dictionaries(st.sampled_from(sorted(known_fields(()))), _JSON).map(lambda fields: a_definition() | fields))
def test_any_document_becomes_a_join_or_problems_of_one_line_each(document: object) -> None:
    joins, problems = compile_documents([("a", document)], allowed_accounts=frozenset(), allowed_buses=frozenset(), this_year=2026)
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
    optional={
        "payload": st.fixed_dictionaries({}, optional={"outputs": st.booleans(), "project": st.sampled_from(["@", "{k: key}"])}),
        "on": st.sampled_from([["released"], ["failed", "released"]]),
    },
)
_ZONES = st.sampled_from(["UTC", "Asia/Tokyo", "Europe/Berlin", "Australia/Lord_Howe"])
_TIMES = st.times().map(lambda at: f"{at:%H:%M}") | st.times().map(lambda at: f"{at:%H:%M:%S}")
_DAYS = st.integers(0, 62)
_WALLS = st.fixed_dictionaries({"at": _TIMES}, optional={"zone": _ZONES, "days": _DAYS})
_THEN = {"then": st.sampled_from(["alert", "fail", "release"])}
_DEADLINES = st.fixed_dictionaries({"at": _TIMES, **_THEN}, optional={"zone": _ZONES, "days": _DAYS}) | st.fixed_dictionaries(
    {"after": st.integers(1, 10**6).map("PT{}S".format), **_THEN}, optional={"since": st.sampled_from(["opening", "firstArrival"])}
)
_BY = st.sampled_from(["start", "stop"])
_WINDOWS = st.one_of(
    st.fixed_dictionaries({"every": st.sampled_from(["day", "week", "month"])}, optional={"startsAt": _TIMES, "zone": _ZONES, "by": _BY}),
    st.fixed_dictionaries({"every": st.just("hour")}, optional={"zone": _ZONES, "by": _BY}),
    st.fixed_dictionaries({"cron": st.sampled_from(["0 5 * * *", "*/15 * * * 1-5"])}, optional={"zone": _ZONES, "by": _BY}),
)
_KEYS: st.SearchStrategy[dict[str, object]] = st.sampled_from(
    [{"latest": True}, {"input": "a.b"}, {"name": "^x-([0-9]+)"}, {"output": "a"}, {"detail": "a", "offset": "-1bd"}]
)
_CONFLICTS = {
    Code.DUPLICATE_SOURCE,
    Code.DUPLICATE_TARGET,
    Code.NOT_WITH_LATEST,
    Code.FAILURE_WITHOUT_KEY,
    Code.EXPECT_WITHOUT_WINDOW,
    Code.EXPECT_BUSINESS_DAYS,
    Code.DEADLINE_UNREACHABLE,
    Code.CALENDAR_UNUSED,
    Code.JOIN_CYCLE,
}
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
        "key": _KEYS | st.builds(lambda window: {"window": window}, _WINDOWS),
        "require": st.sampled_from(["all", "any", {"atLeast": 1}]),
        "zone": _ZONES,
        "onFailure": st.sampled_from(["wait", "fail", "ignore"]),
        "notBefore": _WALLS | _TIMES,
        "deadlines": st.lists(_DEADLINES, max_size=5),
        "expect": st.sampled_from([True, "businessDays"]),
        "expireAfter": st.sampled_from(["P30D", "PT1M", "P90D"]),
        "settle": st.integers(1, 900).map("PT{}S".format),
        "afterRelease": st.sampled_from(["ignore", "report", "again"]),
        "calendar": st.fixed_dictionaries({}, optional={"holidays": st.lists(st.dates().map(str), max_size=3)}),
    },
)


@settings(max_examples=200)
@given(_DEFINITIONS, st.integers(1_700_000_000_000, 1_900_000_000_000))
def test_a_right_definition_suits_the_schema_compiles_survives_being_stored_and_is_explained(
    document: dict[str, object], now_ms: int
) -> None:
    SCHEMA.validate(document)
    joins, problems = compile_documents([("a", document)], allowed_accounts=None, allowed_buses=None)
    assert {labelled.problem.code for labelled in problems} <= _CONFLICTS
    assert len(joins) == (not problems)
    for plan in (join.to_plan(7) for join in joins):
        assert plan_from_document(json.loads(json.dumps(plan_to_document(plan)))) == plan
        assert all(sentence.endswith((".", plan.description)) for sentence in explain(plan, now_ms))
        assert differences(plan, plan) == []
        assert mermaid([plan]).startswith("flowchart LR\n")
