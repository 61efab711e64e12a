"""The JSON Schemas: valid themselves, described throughout, and in agreement with the code that they speak of."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from referencing.jsonschema import EMPTY_REGISTRY, SchemaResource

from fanin.definitions.compiler import compile_documents
from fanin.definitions.json_schema import definition_schema, schema_text
from fanin.definitions.yaml_source import parse_definitions, read_definitions
from fanin.domain.arrival import Arrival
from fanin.domain.completion import Source, SourceKind, Status
from fanin.domain.condition import all_of
from fanin.domain.outcome import Outcome
from fanin.domain.plan import KeyKind, KeyRule, Plan, Predecessor, Successor
from fanin.domain.release import Frozen, JsonValue, kept_output, release_data
from fanin.domain.run import RunId
from tests.unit.definitions.documents import ABSENT, LEDGER, a_definition, changed
from tests.unit.definitions.documents import Path as DocumentPath

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "schemas").glob("*.schema.json"))
EXAMPLES = sorted((ROOT / "joins").glob("*.yaml"))
Schema = dict[str, object]


def schema_of(file: Path) -> Schema:
    return cast(Schema, json.loads(file.read_text(encoding="utf-8")))


def registered(file: Path) -> tuple[str, SchemaResource]:
    return cast(str, schema_of(file)["$id"]), SchemaResource.from_contents(schema_of(file))


REGISTRY = EMPTY_REGISTRY.with_resources(map(registered, FILES))


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema_of(ROOT / "schemas" / f"{name}.schema.json"), registry=REGISTRY, format_checker=FormatChecker())


def properties_of(schema: object) -> Iterator[tuple[str, Schema]]:
    if isinstance(schema, list):
        for item in schema:
            yield from properties_of(item)
    elif isinstance(schema, dict):
        if schema.get("type") == "object":
            yield from schema.get("properties", {}).items()
        for name, value in schema.items():
            yield from properties_of(value) if name not in ("examples", "if") else ()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_schema_is_valid_closed_described_and_names_itself(file: Path) -> None:
    schema = schema_of(file)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:fanin:schema:{file.name.removesuffix('.schema.json')}:1"
    assert schema["title"]
    assert schema["description"]
    assert schema["additionalProperties"] is False
    assert [name for name, described in properties_of(schema) if not described.get("description")] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_examples_of_a_schema_are_valid(file: Path) -> None:
    examples = cast(list[object], schema_of(file)["examples"])
    assert examples
    for example in examples:
        validator(file.name.removesuffix(".schema.json")).validate(example)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_member_of_an_event_counts(file: Path) -> None:
    example = cast(list[Schema], schema_of(file)["examples"])[0]
    checked = validator(file.name.removesuffix(".schema.json"))
    assert not checked.is_valid({**example, "extra": 1})
    for name in cast(list[str], schema_of(file)["required"]):
        assert not checked.is_valid({member: value for member, value in example.items() if member != name})


def test_the_schema_of_definitions_is_up_to_date() -> None:
    text = (ROOT / "schemas" / "join.schema.json").read_text(encoding="utf-8")
    assert text == schema_text(), "run: python -m fanin.definitions.json_schema > schemas/join.schema.json"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_an_example_join_compiles_and_suits_the_schema(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../schemas/join.schema.json\n#\n# ")
    for written in parse_definitions(str(file), text)[0]:
        validator("join").validate(written.document)
    documents, unreadable = read_definitions(str(file))
    labelled = [(one.label, one.document) for one in documents]
    joins, problems = compile_documents(labelled, allowed_accounts=None, allowed_buses=None, this_year=2026)
    assert [*unreadable, *problems] == []
    assert joins[0].join == file.stem


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("join",), "Daily"),
        (("join",), 5),
        (("join",), ABSENT),
        (("description",), None),
        (("key",), {}),
        (("key",), {"input": "a", "latest": True}),
        (("key",), {"latest": False}),
        (("predecessors",), {}),
        (("predecessors", "Ledger"), {"stateMachine": LEDGER + "2"}),
        (("predecessors", "ledger", "stateMachine"), LEDGER + ":3"),
        (("predecessors", "ledger", "stateMachine"), LEDGER.replace("ledger", "*")),
        (("require",), "most"),
        (("require",), {"any": []}),
        (("zone",), ""),
        (("settle",), "30s"),
        (("successors", 0, "on"), ["released", "released"]),
        (("successors",), []),
        (("successors", 0, "bus"), "default"),
        (("successors", 0, "payload", "outputs"), "true"),
        (("extra",), 1),
    ],
)
def test_the_schema_and_the_compiler_refuse_alike(path: DocumentPath, value: object) -> None:
    validator("join").validate(a_definition())
    with pytest.raises(ValidationError):
        validator("join").validate(changed(path, value))
    assert compile_documents([("a", changed(path, value))], allowed_accounts=None, allowed_buses=None)[1]


def test_the_schema_of_definitions_offers_no_nulls() -> None:
    assert "null" not in json.dumps(definition_schema())


def _release(successor: Successor, outcome: Outcome) -> dict[str, JsonValue]:
    names = ("whole", "large", "none")
    sources = [Source(SourceKind.STEP_FUNCTIONS, f"{LEDGER}-{name}") for name in names]
    predecessors = tuple(Predecessor(name, source) for name, source in zip(names, sources, strict=True))
    plan = Plan("daily-close", 3, "", "", KeyRule(KeyKind.LATEST), predecessors, all_of(3), (successor,))
    slots = {slot: Arrival(Status.SUCCEEDED, 1_774_994_400_000, f"e-{slot}", None).encode() for slot in range(3)}
    frozen = Frozen(RunId("daily-close", "2026-03-31"), 1, outcome, "satisfied", 1_774_994_400_123, slots)
    outputs = {0: kept_output('{"a":1}', 100), 1: kept_output("x" * 200, 100), 2: kept_output(None, 100)}
    return release_data(plan, frozen, successor, outputs)


@pytest.mark.parametrize("outputs", [True, False])
@pytest.mark.parametrize("outcome", Outcome)
def test_the_data_of_a_release_is_what_its_schema_says(outputs: bool, outcome: Outcome) -> None:
    data = _release(Successor("daily-close", "arn:aws:events:us-east-1:222222222222:event-bus/b", outputs=outputs), outcome)
    validator("release-data").validate(data)


@pytest.mark.parametrize(
    "change",
    [
        {"output": "{}"},
        {"outputDetails": {"included": True}},
        {"output": "{}", "outputDetails": {"included": False}},
        {"status": "RUNNING"},
        {"stoppedAt": 1.5},
        {"stoppedAt": None},
    ],
)
def test_a_release_does_not_contradict_itself_about_outputs_and_has_no_floats(change: dict[str, object]) -> None:
    example = cast(list[Schema], schema_of(ROOT / "schemas" / "release-data.schema.json")["examples"])[1]
    (predecessor,) = cast(dict[str, Schema], example["predecessors"]).values()
    assert not validator("release-data").is_valid({**example, "predecessors": {"a": {**predecessor, **change}}})
