"""Predecessors of every kind: what a definition may say of them, what becomes of it, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from fanin.definitions.compiler import CompiledJoin, compile_documents
from fanin.definitions.difference import differences
from fanin.definitions.explain import explain
from fanin.definitions.graph import mermaid
from fanin.definitions.plan_document import plan_from_document, plan_to_document
from fanin.definitions.problems import Code, Problem
from fanin.domain.completion import Source, SourceKind
from fanin.domain.event_rule import EventRule, StatusWords
from fanin.domain.plan import KeyKind
from tests.unit.definitions.documents import LEDGER, Path, a_definition

pytestmark = pytest.mark.unit

CLUSTER = "arn:aws:ecs:us-east-1:111111111111:cluster/batch"
QUEUE = "arn:aws:batch:us-east-1:111111111111:job-queue/nightly"
JOB = "arn:aws:glue:us-east-1:111111111111:job/load"
PROJECT = "arn:aws:codebuild:us-east-1:111111111111:project/report"
FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:prices"
EVENT: dict[str, object] = {
    "account": "111111111111",
    "region": "us-east-1",
    "source": "aws.s3",
    "detailType": "Object Created",
    "pattern": {"detail": {"bucket": {"name": ["inbox"]}, "object": {"key": [{"prefix": "prices/"}]}}},
    "id": "detail.object.key",
}
TASK: dict[str, object] = {"cluster": CLUSTER, "family": "nightly-load"}
BATCH: dict[str, object] = {"queue": QUEUE, "definition": "load"}
BY_KIND: dict[str, dict[str, object]] = {
    "stateMachine": {"stateMachine": LEDGER},
    "ecsTask": {"ecsTask": TASK},
    "glueJob": {"glueJob": JOB},
    "batchJob": {"batchJob": BATCH},
    "codeBuildProject": {"codeBuildProject": PROJECT},
    "lambdaFunction": {"lambdaFunction": FUNCTION, "trust": "account"},
    "join": {"join": "chain"},
    "event": {"event": EVENT, "trust": "account"},
}
SOURCES = {
    "stateMachine": Source(SourceKind.STEP_FUNCTIONS, LEDGER),
    "ecsTask": Source(SourceKind.ECS, f"{CLUSTER}/nightly-load"),
    "glueJob": Source(SourceKind.GLUE, JOB),
    "batchJob": Source(SourceKind.BATCH, f"{QUEUE}/load"),
    "codeBuildProject": Source(SourceKind.CODEBUILD, PROJECT),
    "lambdaFunction": Source(SourceKind.LAMBDA, FUNCTION),
    "join": Source(SourceKind.JOIN, "chain"),
}


def waiting_for(predecessor: dict[str, object], **fields: object) -> dict[str, object]:
    """A definition with one predecessor."""
    return {**a_definition(), "predecessors": {"p": predecessor}, **fields}


def compiled(document: object, accounts: frozenset[str] | None = None, *, coerce: bool = False) -> tuple[list[CompiledJoin], list[Problem]]:
    joins, problems = compile_documents([("d", document)], allowed_accounts=accounts, allowed_buses=None, coerce_scalars=coerce)
    return joins, [one.problem for one in problems]


def join_of(document: object, *, coerce: bool = False) -> CompiledJoin:
    (join,), problems = compiled(document, coerce=coerce)
    assert problems == []
    return join


def problems_of(document: object) -> list[Problem]:
    return compiled(document)[1]


@pytest.mark.parametrize("kind", SOURCES)
def test_a_predecessor_is_bound_to_its_source(kind: str) -> None:
    (predecessor,) = join_of(waiting_for(BY_KIND[kind])).content.predecessors
    assert (predecessor.source, predecessor.event, predecessor.trusts_account) == (SOURCES[kind], None, kind == "lambdaFunction")


def test_events_are_told_apart_by_everything_that_their_rule_says() -> None:
    whole = {
        **EVENT,
        "status": {"path": "detail.state", "succeeded": ["ok", "done"], "failed": ["bad"]},
        "startedAt": "detail.began",
        "stoppedAt": "detail.ended",
        "input": "detail.object",
    }
    (predecessor,) = join_of(waiting_for({"event": whole, "trust": "account"})).content.predecessors
    assert predecessor.event == EventRule(
        id="detail.object.key",
        pattern='{"detail":{"bucket":{"name":["inbox"]},"object":{"key":[{"prefix":"prices/"}]}}}',
        status=StatusWords("detail.state", ("done", "ok"), ("bad",)),
        started_at="detail.began",
        stopped_at="detail.ended",
        input="detail.object",
    )
    arns = {predecessor.source.arn}
    for name in ("pattern", "status", "startedAt", "stoppedAt", "input"):
        less = {key: value for key, value in whole.items() if key != name}
        (other,) = join_of(waiting_for({"event": less, "trust": "account"})).content.predecessors
        assert other.source.route == predecessor.source.route == "event:111111111111:us-east-1:aws.s3/Object Created"
        arns.add(other.source.arn)
    assert len(arns) == 6


def test_the_same_rule_is_the_same_source_in_every_join_and_spelling() -> None:
    pattern = {"detail": {"object": {"key": [{"prefix": "prices/"}]}, "bucket": {"name": ["inbox"]}}}
    one, other = (join_of(waiting_for({"event": event, "trust": "account"})) for event in (EVENT, {**EVENT, "pattern": pattern}))
    assert one.digest == other.digest
    assert one.content.predecessors[0].source == other.content.predecessors[0].source


@pytest.mark.parametrize("kind", BY_KIND)
def test_a_plan_of_any_kind_survives_being_stored(kind: str) -> None:
    plan = join_of(waiting_for(BY_KIND[kind])).to_plan(1)
    document = json.loads(json.dumps(plan_to_document(plan)))
    assert plan_from_document(document) == plan
    assert document["format"] == (1 if kind == "stateMachine" else 3)


@pytest.mark.parametrize("kind", BY_KIND)
def test_an_account_that_the_hub_does_not_hear_is_refused(kind: str) -> None:
    joins, problems = compiled(waiting_for(BY_KIND[kind]), frozenset({"999999999999"}))
    if kind == "join":
        assert (len(joins), problems) == (1, [])
    else:
        assert [one.code for one in problems] == [Code.ACCOUNT_NOT_ALLOWED]
    assert compiled(waiting_for(BY_KIND[kind]), frozenset({"111111111111"}))[1] == []


@pytest.mark.parametrize("kind", BY_KIND)
def test_one_source_cannot_fill_two_slots(kind: str) -> None:
    document = {**a_definition(), "predecessors": {"one": BY_KIND[kind], "other": BY_KIND[kind]}}
    (problem,) = problems_of(document)
    assert (problem.path, problem.code) == (("predecessors", "other", kind), Code.DUPLICATE_SOURCE)
    assert "'one'" in problem.message


def test_two_rules_for_the_same_events_are_two_sources() -> None:
    other = {"event": {**EVENT, "pattern": {"detail": {"bucket": {"name": ["outbox"]}}}}, "trust": "account"}
    join_of({**a_definition(), "predecessors": {"one": BY_KIND["event"], "other": other}})


def test_a_tag_is_a_key() -> None:
    key = join_of(waiting_for(BY_KIND["ecsTask"], key={"tag": "business-date", "offset": "-1d"})).content.key
    assert (key.kind, key.expression, key.offset_days) == (KeyKind.TAG, "business-date", -1)


ECS, GLUE, BUILD, EVENT_AT = (
    ("predecessors", "p", "ecsTask"),
    ("predecessors", "p", "glueJob"),
    ("predecessors", "p", "codeBuildProject"),
    ("predecessors", "p", "event"),
)
P: Path = ("predecessors", "p")


def event(**changes: object) -> dict[str, object]:
    return {"event": {**EVENT, **changes}, "trust": "account"}


REFUSED: list[tuple[dict[str, object], Path, Code]] = [
    ({}, P, Code.SOURCE_CHOICE),
    ({"trust": "account"}, P, Code.SOURCE_CHOICE),
    ({"stateMachine": LEDGER, "glueJob": JOB}, P, Code.SOURCE_CHOICE),
    ({"lambdaFunction": FUNCTION}, P, Code.TRUST_MISSING),
    ({"event": EVENT}, P, Code.TRUST_MISSING),
    *(({**BY_KIND[kind], "trust": "account"}, P, Code.TRUST_MISPLACED) for kind in SOURCES if kind != "lambdaFunction"),
    ({"lambdaFunction": FUNCTION, "trust": "everybody"}, (*P, "trust"), Code.VALUE_UNKNOWN),
    ({"ecstask": TASK}, (*P, "ecstask"), Code.UNKNOWN_FIELD),
    ({"ecsTask": CLUSTER}, ECS, Code.WRONG_TYPE),
    ({"ecsTask": {"cluster": CLUSTER}}, (*ECS, "family"), Code.MISSING_FIELD),
    ({"ecsTask": {**TASK, "familly": "x"}}, (*ECS, "familly"), Code.UNKNOWN_FIELD),
    ({"ecsTask": {**TASK, "cluster": "batch"}}, (*ECS, "cluster"), Code.ARN_INVALID),
    ({"ecsTask": {**TASK, "cluster": CLUSTER.replace("batch", "*")}}, (*ECS, "cluster"), Code.ARN_WILDCARD),
    ({"ecsTask": {**TASK, "cluster": CLUSTER.replace("111111111111", "1")}}, (*ECS, "cluster"), Code.ARN_ACCOUNT),
    ({"ecsTask": {**TASK, "family": "nightly-load:7"}}, (*ECS, "family"), Code.NAME_INVALID),
    ({"ecsTask": {**TASK, "family": "a b"}}, (*ECS, "family"), Code.NAME_INVALID),
    ({"ecsTask": {**TASK, "family": 7}}, (*ECS, "family"), Code.WRONG_TYPE),
    ({"glueJob": "load"}, GLUE, Code.ARN_INVALID),
    ({"glueJob": LEDGER}, GLUE, Code.ARN_INVALID),
    ({"batchJob": {**BATCH, "definition": "load:4"}}, (*P, "batchJob", "definition"), Code.NAME_INVALID),
    ({"batchJob": {**BATCH, "queue": "nightly"}}, (*P, "batchJob", "queue"), Code.ARN_INVALID),
    ({"codeBuildProject": PROJECT.replace("project/", "build/")}, BUILD, Code.ARN_INVALID),
    ({"lambdaFunction": f"{FUNCTION}:live", "trust": "account"}, (*P, "lambdaFunction"), Code.ARN_QUALIFIED),
    ({"join": "Not a name"}, (*P, "join"), Code.NAME_INVALID),
    ({"join": "daily-close"}, (*P, "join"), Code.JOIN_CYCLE),
    (event(account=111111111111), (*EVENT_AT, "account"), Code.WRONG_TYPE),
    (event(account="11111111111"), (*EVENT_AT, "account"), Code.NAME_INVALID),
    (event(region="Frankfurt"), (*EVENT_AT, "region"), Code.NAME_INVALID),
    (event(source=""), (*EVENT_AT, "source"), Code.NAME_INVALID),
    (event(source="a#b"), (*EVENT_AT, "source"), Code.NAME_INVALID),
    (event(detailType="x" * 129), (*EVENT_AT, "detailType"), Code.NAME_INVALID),
    (event(source="aws.ecs", detailType="ECS Task State Change"), EVENT_AT, Code.EVENT_HAS_KIND),
    (event(source="fanin.hub", detailType="Fan-in Notice"), EVENT_AT, Code.EVENT_HAS_KIND),
    (event(id="'x'"), (*EVENT_AT, "id"), Code.KEY_CONSTANT),
    (event(id="detail.object-key"), (*EVENT_AT, "id"), Code.BAD_JMESPATH),
    (event(id="x" * 257), (*EVENT_AT, "id"), Code.TEXT_TOO_LONG),
    (event(input="[[@,@],[@,@]] | [[@,@],[@,@]] | [[@,@],[@,@]] | [[@,@],[@,@]]"), (*EVENT_AT, "input"), Code.JMESPATH_MAY_GROW),
    (event(status={"path": "detail.state"}), (*EVENT_AT, "status", "succeeded"), Code.MISSING_FIELD),
    (event(status={"path": "detail.state", "succeeded": []}), (*EVENT_AT, "status", "succeeded"), Code.STATUS_EMPTY),
    (event(status={"path": "detail.state", "succeeded": ["a"], "failed": ["a"]}), (*EVENT_AT, "status"), Code.STATUS_REPEATED),
    (event(pattern=["x"]), (*EVENT_AT, "pattern"), Code.WRONG_TYPE),
    (event(pattern={}), (*EVENT_AT, "pattern"), Code.BAD_PATTERN),
    (event(pattern={"detail": {"a": "x"}}), (*EVENT_AT, "pattern"), Code.BAD_PATTERN),
]


@pytest.mark.parametrize(("predecessor", "path", "code"), REFUSED, ids=lambda value: ascii(value)[:60])
def test_a_wrong_predecessor_is_told_at_its_place(predecessor: dict[str, object], path: Path, code: Code) -> None:
    (problem,) = problems_of(waiting_for(predecessor))
    assert (problem.path, problem.code) == (path, code)
    assert problem.message
    assert "\n" not in problem.message


def test_a_misspelt_kind_comes_with_the_near_one() -> None:
    for wrong, near in (
        ("glueJobs", "glueJob"),
        ("lambda", "lambdaFunction"),
        ("codebuildProject", "codeBuildProject"),
        ("ecs", "ecsTask"),
    ):
        (problem,) = problems_of(waiting_for({wrong: JOB}))
        assert problem.hint == f"did you mean {near}?"


def keyed(kinds: Iterable[str], key: dict[str, object], unsaid: str | None) -> list[tuple[str, dict[str, object], str | None]]:
    return [(kind, key, unsaid) for kind in kinds]


KEYS = [
    *keyed(sorted(set(BY_KIND) - {"stateMachine", "lambdaFunction"}), {"output": "x"}, "output"),
    *keyed(sorted(set(BY_KIND) - {"stateMachine", "join", "event"}), {"name": "^(a)$"}, "name"),
    *keyed(sorted(set(BY_KIND) - {"ecsTask", "batchJob"}), {"tag": "x"}, "tag"),
    *keyed(("lambdaFunction", "join", "event"), {"window": {"every": "day"}}, "window"),
    *keyed(BY_KIND, {"window": {"every": "day", "by": "stop"}}, None),
    *keyed(BY_KIND, {"input": "x"}, None),
    *keyed(BY_KIND, {"detail": "x"}, None),
    *keyed(BY_KIND, {"latest": True}, None),
    *keyed(("ecsTask", "batchJob"), {"tag": "x"}, None),
]


@pytest.mark.parametrize(("kind", "key", "unsaid"), KEYS)
def test_a_key_must_be_one_that_the_kind_can_say(kind: str, key: dict[str, object], unsaid: str | None) -> None:
    if unsaid is None:
        join_of(waiting_for(BY_KIND[kind], key=key))
        return
    (problem,) = problems_of(waiting_for(BY_KIND[kind], key=key))
    assert (problem.path, problem.code) == (("predecessors", "p", kind), Code.KEY_NOT_OF_KIND)
    (own,) = problems_of(waiting_for({**BY_KIND[kind], "key": key}, key={"input": "x"}))
    assert (own.path, own.code) == (("predecessors", "p", "key", unsaid), Code.KEY_NOT_OF_KIND)


def test_an_event_that_says_when_it_started_lies_in_a_window() -> None:
    join_of(waiting_for({"event": {**EVENT, "startedAt": "detail.began"}, "trust": "account"}, key={"window": {"every": "day"}}))


@pytest.mark.parametrize("kind", BY_KIND)
def test_only_what_reports_its_start_can_be_optional(kind: str) -> None:
    document = waiting_for({**BY_KIND[kind], "optional": True}, deadlines=[{"after": "PT1H", "then": "fail"}])
    problems = compiled(document)[1]
    expected = [Code.START_UNREPORTED] if kind in ("glueJob", "lambdaFunction", "join", "event") else []
    assert [one.code for one in problems] == expected


def test_cloudformations_texts_are_read_where_only_a_number_or_a_flag_can_stand() -> None:
    pattern = {"detail": {"size": [{"numeric": [">", "0"]}], "error": [{"exists": "false"}], "code": ["7"]}}
    (predecessor,) = join_of(waiting_for(event(pattern=pattern)), coerce=True).content.predecessors
    assert predecessor.event is not None
    assert predecessor.event.pattern == '{"detail":{"code":["7"],"error":[{"exists":false}],"size":[{"numeric":[">",0]}]}}'
    assert [one.code for one in problems_of(waiting_for(event(pattern=pattern)))] == [Code.BAD_PATTERN]


SAID = {
    "stateMachine": LEDGER,
    "ecsTask": f"a task nightly-load in {CLUSTER}",
    "glueJob": JOB,
    "batchJob": f"a job load in {QUEUE}",
    "codeBuildProject": PROJECT,
    "lambdaFunction": f"{FUNCTION}, as anybody in that account may say",
    "join": "the release of the join chain",
    "event": "an event Object Created of aws.s3 in account 111111111111, us-east-1 that matches "
    '{"detail":{"bucket":{"name":["inbox"]},"object":{"key":[{"prefix":"prices/"}]}}} read by id: detail.object.key, '
    "as anybody in that account may say",
}


@pytest.mark.parametrize("kind", SAID)
def test_what_is_waited_for_is_explained(kind: str) -> None:
    assert f"p is {SAID[kind]}." in explain(join_of(waiting_for(BY_KIND[kind])).to_plan(1), 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "id"},
        {"pattern": {"detail": {"bucket": {"name": ["outbox"]}}}},
        {"status": {"path": "detail.reason", "succeeded": ["a"]}},
        {"status": {"path": "detail.reason", "succeeded": ["a"], "failed": ["b"]}},
        {"startedAt": "detail.at"},
        {"stoppedAt": "detail.at"},
        {"input": "detail.object"},
        {"region": "eu-west-1"},
    ],
)
def test_every_change_of_a_rule_is_told(changes: dict[str, object]) -> None:
    before, now = (join_of(waiting_for(one)).to_plan(1) for one in (BY_KIND["event"], event(**changes)))
    (told,) = differences(before, now)
    assert told.startswith("The predecessor p is an event")


DRAWN = {
    "ecsTask": '["ecs nightly-load<br/>111111111111"]',
    "glueJob": '["glue load<br/>111111111111"]',
    "batchJob": '["batch load<br/>111111111111"]',
    "codeBuildProject": '["codebuild report<br/>111111111111"]',
    "lambdaFunction": '["lambda prices<br/>111111111111"]',
    "join": '{{"chain"}}',
    "event": '[/"aws.s3/Object Created<br/>111111111111"/]',
}


@pytest.mark.parametrize("kind", DRAWN)
def test_what_is_waited_for_is_drawn(kind: str) -> None:
    assert DRAWN[kind] in mermaid([join_of(waiting_for(BY_KIND[kind])).to_plan(1)])
