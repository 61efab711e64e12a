"""Each way in which a definition can be wrong: the place and the code of the problem, never a traceback."""

from typing import cast

import pytest

from fanin.definitions.compiler import compile_documents
from fanin.definitions.problems import Code, Problem
from tests.unit.definitions.documents import ABSENT, BUS, LEDGER, Path, a_definition, changed

pytestmark = pytest.mark.unit

SOURCE: Path = ("predecessors", "ledger", "stateMachine")


def problems_of(document: object) -> list[Problem]:
    _, problems = compile_documents([("a.yaml", document)], allowed_accounts=None, allowed_buses=None)
    return [labelled.problem for labelled in problems]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("join",), "Daily", Code.NAME_INVALID),
        (("join",), "a" * 49, Code.NAME_INVALID),
        (("join",), "", Code.NAME_INVALID),
        (("join",), "-a", Code.NAME_INVALID),
        (("join",), "a/b", Code.NAME_INVALID),
        (("join",), "a\n", Code.NAME_INVALID),
        (("join",), 20260331, Code.WRONG_TYPE),
        (("join",), True, Code.WRONG_TYPE),
        (("join",), None, Code.WRONG_TYPE),
        (("join",), ABSENT, Code.MISSING_FIELD),
        (("description",), "a" * 1025, Code.TEXT_TOO_LONG),
        (("description",), "red\x1b[31m", Code.TEXT_INVALID),
        (("description",), "\ud800", Code.TEXT_INVALID),
        (("description",), float("nan"), Code.VALUE_INVALID),
        (("key",), {}, Code.KEY_CHOICE),
        (("key",), {"input": "a", "latest": True}, Code.KEY_CHOICE),
        (("key",), "businessDate", Code.WRONG_TYPE),
        (("key", "latest"), 1, Code.WRONG_TYPE),
        (("key", "latest"), False, Code.VALUE_UNKNOWN),
        (("key", "input"), "", Code.BAD_JMESPATH),
        (("key", "input"), "business-date", Code.BAD_JMESPATH),
        (("key", "input"), None, Code.WRONG_TYPE),
        (("key", "name"), "close-.*", Code.REGEX_GROUPS),
        (("predecessors",), {}, Code.NO_PREDECESSORS),
        (("predecessors",), ABSENT, Code.MISSING_FIELD),
        (("predecessors",), [{"stateMachine": LEDGER}], Code.WRONG_TYPE),
        (("predecessors", "Ledger"), {"stateMachine": LEDGER + "2"}, Code.NAME_INVALID),
        (("predecessors", "a" * 41), {"stateMachine": LEDGER + "2"}, Code.NAME_INVALID),
        (("predecessors", "[key]"), {"stateMachine": LEDGER + "2"}, Code.NAME_INVALID),
        (("predecessors", "ledger"), LEDGER, Code.WRONG_TYPE),
        (("predecessors", "ledger"), {}, Code.SOURCE_CHOICE),
        (SOURCE, 111111111111, Code.WRONG_TYPE),
        (SOURCE, "ledger", Code.ARN_INVALID),
        (SOURCE, "", Code.ARN_INVALID),
        (SOURCE, LEDGER + "\n", Code.ARN_INVALID),
        (SOURCE, " " + LEDGER, Code.ARN_INVALID),
        (SOURCE, "arn:aws:states:us-east-1:111111111111:stateMachine:" + "a" * 81, Code.ARN_INVALID),
        (SOURCE, "arn:aws:states:us-east-1:111111111111:execution:ledger:x", Code.ARN_INVALID),
        (SOURCE, "arn:aws:states:us-east-1:111111111111:express:ledger:x:y", Code.ARN_INVALID),
        (SOURCE, "arn:aws:lambda:us-east-1:111111111111:function:ledger", Code.ARN_INVALID),
        (SOURCE, LEDGER.replace("ledger", "*"), Code.ARN_WILDCARD),
        (SOURCE, LEDGER.replace("111111111111", "*"), Code.ARN_WILDCARD),
        (SOURCE, LEDGER + ":3", Code.ARN_QUALIFIED),
        (SOURCE, LEDGER + ":live", Code.ARN_QUALIFIED),
        (SOURCE, LEDGER.replace("111111111111", "11111111111"), Code.ARN_ACCOUNT),
        (("require",), "most", Code.VALUE_UNKNOWN),
        (("require",), 2, Code.VALUE_UNKNOWN),
        (("successors",), [], Code.NO_SUCCESSORS),
        (("successors",), {"target": "a", "bus": BUS}, Code.WRONG_TYPE),
        (("successors", 0), "daily-close", Code.WRONG_TYPE),
        (("successors", 0, "target"), ABSENT, Code.MISSING_FIELD),
        (("successors", 0, "target"), "*", Code.NAME_INVALID),
        (("successors", 0, "target"), "a" * 65, Code.NAME_INVALID),
        (("successors", 0, "bus"), "default", Code.ARN_INVALID),
        (("successors", 0, "bus"), BUS.replace("fanin-successor", "fanin-*"), Code.ARN_WILDCARD),
        (("successors", 0, "bus"), BUS.replace("222222222222", "22222222222"), Code.ARN_ACCOUNT),
        (("successors", 0, "payload"), None, Code.WRONG_TYPE),
        (("successors", 0, "payload", "outputs"), "yes", Code.WRONG_TYPE),
        (("successors", 0, "payload", "outputs"), 1, Code.WRONG_TYPE),
    ],
)
def test_a_wrong_value_is_told_at_its_place(path: Path, value: object, code: Code) -> None:
    document = changed(path, value)
    if path[:2] in (("key", "latest"), ("key", "name")):
        cast(dict[str, object], document["key"]).pop("input")
    (problem,) = problems_of(document)
    assert (problem.path, problem.code) == (path, code)
    assert problem.message
    assert "\n" not in problem.message


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        (("descripton",), "did you mean description?"),
        (("predecessors", "ledger", "state_machine"), "did you mean stateMachine?"),
        (("predecessors", "ledger", "StateMachine"), "did you mean stateMachine?"),
        (("successors", 0, "targets"), "did you mean target?"),
        (("successors", 0, "payload", "x"), "known here: outputs, project"),
        (("key", "inputs"), "did you mean input?"),
        (
            ("zzzzzz",),
            (
                "known here: afterRelease, calendar, deadlines, description, expect, expireAfter, join, key, notBefore, onFailure, "
                "predecessors, require, settle, successors, zone"
            ),
        ),
    ],
)
def test_an_unknown_field_comes_with_the_near_one(path: Path, hint: str) -> None:
    (problem,) = problems_of(changed(path, "x"))
    assert (problem.path, problem.code, problem.hint) == (path, Code.UNKNOWN_FIELD, hint)


def test_a_lost_leading_zero_is_given_back() -> None:
    (problem,) = problems_of(changed(SOURCE, LEDGER.replace("111111111111", "12345678901")))
    assert problem.hint == "write 012345678901 if leading zeros were lost"


def test_one_state_machine_cannot_fill_two_slots() -> None:
    (problem,) = problems_of(changed(("predecessors", "again"), {"stateMachine": LEDGER}))
    assert (problem.path, problem.code) == (("predecessors", "again", "stateMachine"), Code.DUPLICATE_SOURCE)


def test_two_successors_with_one_bus_and_target_are_refused() -> None:
    successor = {"target": "daily-close", "bus": BUS}
    assert problems_of(changed(("successors",), [successor, {**successor, "target": "other"}])) == []
    (problem,) = problems_of(changed(("successors",), [successor, {**successor, "payload": {"outputs": True}}]))
    assert (problem.path, problem.code) == (("successors", 1, "target"), Code.DUPLICATE_TARGET)


@pytest.mark.parametrize(("count", "codes"), [(1000, []), (1001, [Code.TOO_MANY_PREDECESSORS])])
def test_predecessors_are_counted(count: int, codes: list[Code]) -> None:
    predecessors = {f"p{number}": {"stateMachine": f"{LEDGER}{number}"} for number in range(count)}
    assert [problem.code for problem in problems_of(changed(("predecessors",), predecessors))] == codes


@pytest.mark.parametrize(("count", "codes"), [(10, []), (11, [Code.TOO_MANY_SUCCESSORS])])
def test_successors_are_counted(count: int, codes: list[Code]) -> None:
    successors = [{"target": f"t{number}", "bus": BUS} for number in range(count)]
    assert [problem.code for problem in problems_of(changed(("successors",), successors))] == codes


@pytest.mark.parametrize("document", [None, 5, "join: a", [], [a_definition()], (), {1: 2}, {"a": object()}])
def test_what_is_no_definition_at_all_is_told_at_the_root(document: object) -> None:
    problems = problems_of(document)
    assert problems
    assert problems[0].code == Code.WRONG_TYPE


def test_a_document_nested_too_deeply_is_refused_whatever_holds_it() -> None:
    nested: object = []
    for _ in range(100_000):
        nested = [nested]
    assert [problem.code for problem in problems_of(a_definition() | {"zzz": nested})] == [Code.TOO_DEEP]


def test_a_field_name_that_cannot_be_shown_is_told_without_it() -> None:
    (problem,) = problems_of(changed(("predecessors", "\ud800"), {}))
    assert (problem.path, problem.code) == (("predecessors",), Code.TEXT_INVALID)
    problem.message.encode()


def test_of_very_many_problems_a_hundred_are_told() -> None:
    document = {"join": "a", **{f"field{number}": number for number in range(70_000)}}
    _, problems = compile_documents([("it", document)], allowed_accounts=None, allowed_buses=None)
    assert [one.problem.code for one in problems[99:]] == [Code.UNKNOWN_FIELD, Code.TOO_MANY_PROBLEMS]
    assert len(problems) == 101


def test_a_hundred_problems_are_told_without_more() -> None:
    document = {"join": "a", "predecessors": {"p": {"stateMachine": "x"}}, **{f"field{number}": number for number in range(98)}}
    _, problems = compile_documents([("it", document)], allowed_accounts=None, allowed_buses=None)
    assert Code.TOO_MANY_PROBLEMS not in {one.problem.code for one in problems}
    assert len(problems) == 100
