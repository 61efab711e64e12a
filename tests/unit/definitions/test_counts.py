"""Counts in definitions: what they mean, what is refused, how a counted join is explained, drawn and compared."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fanin.definitions.compiler import compile_documents
from fanin.definitions.difference import differences
from fanin.definitions.explain import explain
from fanin.definitions.graph import mermaid
from fanin.definitions.plan_document import plan_from_document, plan_to_document
from fanin.definitions.problems import Code, Path
from fanin.definitions.width import MAX_NARROW
from fanin.domain.counting import Counted, Tolerance
from fanin.domain.plan import Plan

pytestmark = pytest.mark.unit

LOADER, DISPATCHER = (f"arn:aws:states:us-east-1:111111111111:stateMachine:{name}" for name in ("loader", "dispatcher"))
BUS = "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"


def document(loads: Mapping[str, object], **said: object) -> dict[str, object]:
    predecessors = {"dispatcher": {"stateMachine": DISPATCHER}, "loads": {"stateMachine": LOADER, **loads}}
    return {
        "join": "loads",
        "key": {"input": "date"},
        "predecessors": predecessors,
        "successors": [{"target": "publish", "bus": BUS}],
        **said,
    }


def plan(loads: Mapping[str, object], **said: object) -> Plan:
    (compiled,), problems = compile_documents([("join", document(loads, **said))], allowed_accounts=None, allowed_buses=None)
    assert not problems
    return compiled.to_plan(1)


def problems_of(loads: Mapping[str, object], **said: object) -> list[tuple[Path, str]]:
    _, problems = compile_documents([("join", document(loads, **said))], allowed_accounts=None, allowed_buses=None)
    return [(one.problem.path, one.problem.code) for one in problems]


@pytest.mark.parametrize(
    ("loads", "counted"),
    [
        ({"count": 1}, Counted(1)),
        ({"count": 1_000_000, "failures": {"tolerate": 5}}, Counted(1_000_000, tolerance=Tolerance(failures=5))),
        ({"count": "announced", "failures": {"tolerate": "5%"}}, Counted(tolerance=Tolerance(share=500))),
        ({"count": "announced", "failures": {"tolerate": "0.25%"}}, Counted(tolerance=Tolerance(share=25))),
        ({"count": "announced", "failures": {"tolerate": "0.5%"}}, Counted(tolerance=Tolerance(share=50))),
        ({"count": 3, "failures": {"tolerate": "100%"}}, Counted(3, tolerance=Tolerance(share=10_000))),
        ({"count": {"from": "dispatcher", "output": "started"}}, Counted(source="dispatcher", expression="started")),
    ],
)
def test_a_count_is_compiled_and_stored(loads: Mapping[str, object], counted: Counted) -> None:
    compiled = plan(loads)
    assert compiled.predecessors[1].counted == counted
    assert compiled.is_wide
    assert plan_from_document(plan_to_document(compiled)) == compiled
    assert plan_to_document(compiled)["format"] == 3


@pytest.mark.parametrize(
    ("loads", "path", "code"),
    [
        ({"count": 0}, ("count",), Code.NUMBER_RANGE),
        ({"count": 1_000_001}, ("count",), Code.NUMBER_RANGE),
        ({"count": True}, ("count",), Code.WRONG_TYPE),
        ({"count": 1.5}, ("count",), Code.WRONG_TYPE),
        ({"count": "some"}, ("count",), Code.VALUE_UNKNOWN),
        ({"count": {"from": "dispatcher"}}, ("count", "output"), Code.MISSING_FIELD),
        ({"count": {"from": "dispatcher", "output": "a-b"}}, ("count", "output"), Code.BAD_JMESPATH),
        ({"count": {"from": "dispatcher", "output": "'3'"}}, ("count", "output"), Code.KEY_CONSTANT),
        ({"count": {"from": "dispatch", "output": "n"}}, ("count", "from"), Code.COUNT_SOURCE),
        ({"count": {"from": "loads", "output": "n"}}, ("count", "from"), Code.COUNT_SOURCE),
        ({"count": 3, "failures": {"tolerate": -1}}, ("failures", "tolerate"), Code.NUMBER_RANGE),
        ({"count": 3, "failures": {"tolerate": "5"}}, ("failures", "tolerate"), Code.PERCENTAGE_INVALID),
        ({"count": 3, "failures": {"tolerate": "101%"}}, ("failures", "tolerate"), Code.PERCENTAGE_INVALID),
        ({"count": 3, "failures": {"tolerate": "0.125%"}}, ("failures", "tolerate"), Code.PERCENTAGE_INVALID),
        ({"count": 3, "failures": {}}, ("failures", "tolerate"), Code.MISSING_FIELD),
        ({"failures": {"tolerate": 1}}, ("failures",), Code.TOLERANCE_WITHOUT_COUNT),
    ],
)
def test_what_is_wrong_is_told_at_its_place(loads: Mapping[str, object], path: Path, code: Code) -> None:
    assert problems_of(loads) == [(("predecessors", "loads", *path), code)]


def test_a_counted_predecessor_is_not_optional_nor_raised_nor_without_a_key() -> None:
    deadlines = [{"after": "PT1H", "then": "alert"}]
    assert problems_of({"count": 3, "optional": True}, deadlines=deadlines) == [(("predecessors", "loads", "optional"), Code.COUNT_MISFIT)]
    assert problems_of({"count": 3}, afterRelease="again") == [(("afterRelease",), Code.COUNT_MISFIT)]
    assert problems_of({"count": 3}, afterRelease="report") == []
    assert problems_of({"count": 3}, key={"latest": True}) == [(("predecessors", "loads", "count"), Code.NOT_WITH_LATEST)]


def test_counts_as_cloudformation_writes_them_are_taken_for_numbers() -> None:
    pair = ("join", document({"count": "3", "failures": {"tolerate": "2"}}))
    (compiled,), problems = compile_documents([pair], allowed_accounts=None, allowed_buses=None, coerce_scalars=True)
    assert not problems
    assert compiled.content.predecessors[1].counted == Counted(3, tolerance=Tolerance(failures=2))


@pytest.mark.parametrize(("predecessors", "partitions"), [(MAX_NARROW, 0), (MAX_NARROW + 1, 1)])
def test_a_join_is_wide_beyond_the_border(predecessors: int, partitions: int) -> None:
    many = {f"p{number}": {"stateMachine": f"{LOADER}{number}"} for number in range(predecessors)}
    pair = ("join", {**document({}), "predecessors": many})
    (compiled,), problems = compile_documents([pair], allowed_accounts=None, allowed_buses=None)
    assert not problems
    assert compiled.content.journal == partitions


@pytest.mark.parametrize(("count", "partitions"), [(1, 1), (99_999, 1), (250_000, 3), (1_000_000, 11), ("announced", 1)])
def test_a_journal_has_partitions_for_as_many_as_are_known(count: object, partitions: int) -> None:
    assert plan({"count": count}).journal == partitions


@pytest.mark.parametrize(("number", "codes"), [(64, []), (65, [Code.TOO_MANY_PREDECESSORS])])
def test_a_join_without_a_key_has_few_enough_for_one_item(number: int, codes: list[Code]) -> None:
    many = {f"p{one}": {"stateMachine": f"{LOADER}{one}"} for one in range(number)}
    pair = ("join", {**document({}), "key": {"latest": True}, "predecessors": many})
    _, problems = compile_documents([pair], allowed_accounts=None, allowed_buses=None)
    assert [one.problem.code for one in problems] == codes


def test_a_join_that_fits_into_no_item_is_refused() -> None:
    many = {f"{number:040}": {"stateMachine": f"{LOADER}-{number:060}", "key": {"input": "x" * 150}} for number in range(1000)}
    pair = ("join", {**document({}), "predecessors": many})
    joins, problems = compile_documents([pair], allowed_accounts=None, allowed_buses=None)
    assert (joins, [one.problem.code for one in problems]) == ([], [Code.PLAN_TOO_LARGE])


def test_a_counted_predecessor_is_explained_drawn_and_compared() -> None:
    dispatched = plan({"count": {"from": "dispatcher", "output": "started"}, "failures": {"tolerate": "2.5%"}})
    fixed = plan({"count": 1200, "failures": {"tolerate": 3}})
    said = " ".join(explain(dispatched, 0))
    assert "as often as started in the output of dispatcher says for each key, and up to 2.5 % of them may fail" in said
    assert '-->|"1#44;200 times"|' in mermaid([fixed])
    assert differences(dispatched, fixed) == [
        "For each key loads completes 1,200 times (was: as often as started in the output of dispatcher says).",
        "Of the executions of loads up to 3 of them may fail (was: up to 2.5 % of them may fail).",
    ]
