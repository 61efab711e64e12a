"""Each transition that people are told of has a schema of its own, which what is told keeps to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from referencing.jsonschema import EMPTY_REGISTRY, SchemaResource

from fanin.domain.run import RunId
from fanin.use_cases import noticing
from fanin.use_cases.noticing import notice_detail

pytestmark = pytest.mark.unit

SCHEMAS = Path(__file__).parents[3] / "schemas"
TRANSITIONS = sorted(value for name, value in vars(noticing).items() if name.isupper() and isinstance(value, str) and name == value)
NEEDS: dict[str, dict[str, Any]] = {
    "RELEASED": {"reason": "satisfied"},
    "FAILED": {"reason": "deadline"},
    "DEADLINE_MISSED": {"reason": "deadline-2"},
    "LATE_ARRIVAL": {"reason": "timed-out", "predecessors": ("ledger",)},
    "COUNT_CHANGED": {"reason": "from-3-to-4", "predecessors": ("loads",)},
    "GIVEN_UP": {"reason": "not-acknowledged"},
}


def loaded(path: Path) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


NOTICE = loaded(SCHEMAS / "notice.schema.json")
REGISTRY = EMPTY_REGISTRY.with_resource(NOTICE["$id"], SchemaResource.from_contents(NOTICE))


def validator(transition: str) -> Draft202012Validator:
    schema = loaded(SCHEMAS / "notices" / f"{transition.lower().replace('_', '-')}.schema.json")
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, registry=REGISTRY)


def test_there_is_a_schema_for_each_transition_and_no_other() -> None:
    assert TRANSITIONS
    named = sorted(path.name.removesuffix(".schema.json").upper().replace("-", "_") for path in (SCHEMAS / "notices").iterdir())
    assert named == TRANSITIONS


@pytest.mark.parametrize("transition", TRANSITIONS)
def test_what_is_told_keeps_to_its_schema(transition: str) -> None:
    told = json.loads(notice_detail(RunId("daily-close", "k"), 1, transition, 1_774_939_402_518, **NEEDS.get(transition, {})))
    validator(transition).validate(told)
    for example in loaded(SCHEMAS / "notices" / f"{transition.lower().replace('_', '-')}.schema.json")["examples"]:
        validator(transition).validate(example)


@pytest.mark.parametrize("transition", TRANSITIONS)
def test_a_schema_refuses_every_other_transition(transition: str) -> None:
    other = next(one for one in TRANSITIONS if one != transition)
    told = json.loads(notice_detail(RunId("daily-close", "k"), 1, other, 1, reason="satisfied", predecessors=("ledger",)))
    with pytest.raises(ValidationError):
        validator(transition).validate(told)
