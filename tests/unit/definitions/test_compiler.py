"""What a definition compiles to, and that everything wrong is told at once."""

import pytest

from fanin.definitions.compiler import CompiledJoin, LabelledProblem, compile_documents
from fanin.definitions.listening import Listening
from fanin.definitions.problems import Path
from fanin.domain.completion import Source, SourceKind
from fanin.domain.condition import all_of
from fanin.domain.plan import KeyKind, KeyRule, Predecessor, Successor
from tests.unit.definitions.documents import BUS, LEDGER, POSITIONS, a_definition, changed

pytestmark = pytest.mark.unit


def compiled(*documents: object, coerce_scalars: bool = False) -> tuple[list[CompiledJoin], list[LabelledProblem]]:
    labelled = [(f"{number}.yaml", document) for number, document in enumerate(documents)]
    return compile_documents(labelled, allowed_accounts=None, allowed_buses=None, coerce_scalars=coerce_scalars)


def the_join(document: object) -> CompiledJoin:
    joins, problems = compiled(document)
    assert problems == []
    return joins[0]


def test_a_definition_becomes_a_plan_without_its_version() -> None:
    plan = the_join(a_definition()).to_plan(3)
    assert (plan.join, plan.version, plan.description) == ("daily-close", 3, "Closes the books.")
    assert plan.key == KeyRule(KeyKind.INPUT, "businessDate")
    assert plan.predecessors == (
        Predecessor("ledger", Source(SourceKind.STEP_FUNCTIONS, LEDGER)),
        Predecessor("positions", Source(SourceKind.STEP_FUNCTIONS, POSITIONS)),
    )
    assert plan.condition == all_of(2)
    assert plan.successors == (Successor("daily-close", BUS, outputs=True),)


def test_what_may_be_left_out_has_the_documented_default() -> None:
    document = {name: value for name, value in a_definition().items() if name not in ("description", "key", "require")}
    plan = the_join({**document, "successors": [{"target": "daily-close", "bus": BUS}]}).to_plan(1)
    assert (plan.description, plan.key, plan.condition) == ("", KeyRule(KeyKind.LATEST), all_of(2))
    assert not plan.projects_outputs


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ({"latest": True}, KeyRule(KeyKind.LATEST)),
        ({"name": "^close-([0-9]+)"}, KeyRule(KeyKind.NAME, "^close-([0-9]+)")),
        ({"input": "a.b || c"}, KeyRule(KeyKind.INPUT, "a.b || c")),
    ],
)
def test_each_kind_of_key_becomes_a_rule(key: object, rule: KeyRule) -> None:
    assert the_join(changed(("key",), key)).to_plan(1).key == rule


def test_the_order_of_fields_and_predecessors_changes_neither_slots_nor_digest() -> None:
    document = a_definition()
    predecessors = {"positions": {"stateMachine": POSITIONS}, "ledger": {"stateMachine": LEDGER}}
    turned = {name: document[name] for name in reversed(document)} | {"predecessors": predecessors}
    assert the_join(turned) == the_join(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("description",), "Closes the books!"),
        (("key",), {"latest": True}),
        (("predecessors", "ledger", "stateMachine"), LEDGER + "2"),
        (("successors", 0, "payload"), {"outputs": False}),
    ],
)
def test_any_change_of_content_changes_the_digest(path: tuple[str | int, ...], value: object) -> None:
    assert the_join(changed(path, value)).digest != the_join(a_definition()).digest


def test_spelling_defaults_out_changes_nothing() -> None:
    short = {name: value for name, value in a_definition().items() if name not in ("key", "require")}
    assert the_join(short).digest == the_join({**short, "key": {"latest": True}, "require": "all"}).digest


def test_the_digest_is_stable_over_releases_of_fanin() -> None:
    assert the_join(a_definition()).digest == "32d6f263ff20fc80ead12deec43c9aab871428361b5256ada15359ccf28c9ccf"


def test_joins_of_other_partitions_are_as_good() -> None:
    document = a_definition() | {
        "predecessors": {"ledger": {"stateMachine": "arn:aws-cn:states:cn-north-1:111111111111:stateMachine:ledger"}},
        "successors": [{"target": "x", "bus": "arn:aws-us-gov:events:us-gov-west-1:222222222222:event-bus/default"}],
    }
    assert the_join(document).join == "daily-close"


def test_cloudformation_text_is_taken_for_booleans_where_asked_only() -> None:
    document = changed(("successors", 0, "payload"), {"outputs": "true"})
    joins, problems = compiled(document, coerce_scalars=True)
    assert problems == []
    assert joins[0].digest == the_join(a_definition()).digest
    assert [labelled.problem.code for labelled in compiled(document)[1]] == ["wrong-type"]
    wrong = changed(("successors", 0, "payload"), {"outputs": "yes"})
    assert [labelled.problem.code for labelled in compiled(wrong, coerce_scalars=True)[1]] == ["wrong-type"]


def test_everything_wrong_in_every_document_is_told_at_once() -> None:
    first = changed(("key", "input"), "a-b") | {"require": "most", "extra": 1}
    first["predecessors"] = {"a": {"stateMachine": LEDGER}, "b": {"stateMachine": LEDGER}}
    second = changed(("successors", 0, "bus"), BUS + "*")
    joins, problems = compiled(first, second, a_definition() | {"join": "fine"})
    assert [join.join for join in joins] == ["fine"]
    assert [(labelled.label, labelled.problem.code) for labelled in problems] == [
        ("0.yaml", "bad-jmespath"),
        ("0.yaml", "value-unknown"),
        ("0.yaml", "unknown-field"),
        ("0.yaml", "duplicate-source"),
        ("1.yaml", "arn-wildcard"),
        ("1.yaml", "join-duplicate"),
    ]


def test_a_join_is_defined_once_among_the_documents() -> None:
    _, problems = compiled(a_definition(), {}, a_definition())
    (duplicate,) = [labelled for labelled in problems if labelled.problem.code == "join-duplicate"]
    assert (duplicate.label, duplicate.problem.path) == ("2.yaml", ("join",))
    assert "0.yaml" in duplicate.problem.message


def test_only_accounts_and_buses_that_the_stack_may_reach_are_accepted() -> None:
    allowed = compile_documents(
        [("a", a_definition())], allowed_accounts=frozenset({"111111111111", "333333333333"}), allowed_buses=frozenset({BUS})
    )
    assert len(allowed[0]) == 1
    _, problems = compile_documents([("a", a_definition())], allowed_accounts=frozenset({"111111111111"}), allowed_buses=frozenset())
    assert [(labelled.problem.code, labelled.problem.path) for labelled in problems] == [
        ("account-not-allowed", ("predecessors", "positions", "stateMachine")),
        ("bus-not-allowed", ("successors", 0, "bus")),
    ]


def test_only_what_the_hub_hears_of_can_be_waited_for() -> None:
    """It would be waited for for ever."""
    queue = "arn:aws:batch:us-east-1:111111111111:job-queue/q"
    event = {"account": "111111111111", "region": "us-east-1", "source": "ours.jobs", "detailType": "Job Done", "id": "id"}
    predecessors = {
        "job": {"batchJob": {"queue": queue, "definition": "d"}},
        "machine": {"stateMachine": "arn:aws:states:us-east-1:111111111111:stateMachine:m"},
        "ours": {"event": event, "trust": "account"},
        "theirs": {"event": {**event, "source": "theirs.jobs"}, "trust": "account"},
    }
    document = {**a_definition(), "key": {"input": "date"}, "predecessors": predecessors}

    def problems(kinds: set[str], sources: set[str]) -> list[tuple[str, Path]]:
        listening = Listening(frozenset(kinds), frozenset(sources))
        _, found = compile_documents([("a", document)], allowed_accounts=None, allowed_buses=None, listening=listening)
        return [(labelled.problem.code, labelled.problem.path) for labelled in found]

    assert problems({"batch", "stepfunctions"}, {"ours.jobs", "theirs.jobs"}) == []
    assert problems({"stepfunctions"}, {"ours.jobs"}) == [
        ("kind-not-heard", ("predecessors", "job")),
        ("event-source-not-heard", ("predecessors", "theirs")),
    ]


def test_a_labelled_problem_is_told_as_json_values() -> None:
    (problem,) = compiled(changed(("successors", 0, "bus"), 5))[1]
    assert problem.to_document() == {
        "label": "0.yaml",
        "path": ["successors", 0, "bus"],
        "code": "wrong-type",
        "message": "this must be text, but is a number",
        "hint": "put it in quotes",
    }
