"""Scenario files: every problem at its place with its code, and the schema and the documentation in step."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from fanin_cli.scenario.codes import ScenarioCode
from fanin_cli.scenario.document import EXPECTATIONS, STEPS, ExpectationDocument, ScenarioDocument, StepDocument
from fanin_cli.scenario.json_schema import schema_text
from fanin_cli.scenario.loading import load_scripts
from tests.unit.cli.test_definitions import GOOD, written

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
DOCUMENTATION = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
HEAD = "scenario: s\nstart: 2026-03-31T04:00\n"


def problems_of(tmp_path: Path, scenario: str, definitions: str = GOOD) -> list[tuple[int, str]]:
    definition_file, file = written(tmp_path / "d.yaml", definitions), written(tmp_path / "s.yaml", scenario)
    scripts, problems = load_scripts(definition_file, [file])
    assert bool(scripts) is not bool(problems)
    return [(one.position.line, str(one.problem.code)) for one in problems]


@pytest.mark.parametrize(
    ("rest", "line", "code"),
    [
        ("expect: []\nextra: 1", 4, "unknown-field"),
        ("steps: []", 1, "missing-field"),
        ("expect: {}", 3, "wrong-type"),
        ("expect:\n  - {released: 5}", 4, "wrong-type"),
        ("expect: []\nsteps:\n  - {succeeded: []}", 5, "value-invalid"),
        ("expect: []\nsteps:\n  - {at: '05:00'}", 5, "step-choice"),
        ("expect: []\nsteps:\n  - {succeeded: ledger, failed: ledger}", 5, "step-choice"),
        ("expect: []\nsteps:\n  - {outage: PT1H, input: {}}", 5, "step-misplaced"),
        ("expect: []\nsteps:\n  - {succeeded: [ledger, positions], execution: x}", 5, "step-misplaced"),
        ("expect: []\nsteps:\n  - {at: '05:00', after: PT1S, succeeded: ledger}", 5, "moment-choice"),
        ("expect: []\nsteps:\n  - {at: 25h, succeeded: ledger}", 5, "moment-invalid"),
        ("expect: []\nsteps:\n  - {at: 2026-02-30T00:00, succeeded: ledger}", 5, "moment-invalid"),
        ("expect: []\nsteps:\n  - {at: 2026-03-30T00:00, succeeded: ledger}", 5, "step-order"),
        ("expect: []\nsteps:\n  - {after: 5m, succeeded: ledger}", 5, "duration-invalid"),
        ("expect: []\nsteps:\n  - {succeeded: ledgr}", 5, "predecessor-unknown"),
        ("expect: []\nsteps:\n  - {repeat: ledger-1}", 5, "execution-unknown"),
        ("expect: []\nsteps:\n  - {succeeded: ledger, execution: x}\n  - {failed: positions, execution: x}", 6, "execution-taken"),
        ("expect: []\nsteps:\n  - {delete: other}", 5, "join-unknown"),
        ("expect: []\nsteps:\n  - {apply: missing.yaml}", 1, "file-missing"),
        ("expect:\n  - {key: x}", 4, "expect-choice"),
        ("expect:\n  - {released: daily-close, code: x}", 4, "expect-misplaced"),
        ("expect:\n  - {released: daily-close, at: '05:00', after: '04:00'}", 4, "moment-choice"),
        ("expect:\n  - {released: daily}", 4, "join-unknown"),
        ("expect: []\nuntil: 2026-03-30T00:00", 4, "until-range"),
        ("expect: []\nuntil: 2028-03-30T00:00", 4, "until-range"),
        ("expect: []\nzone: Asia/Tokio", 4, "zone-unknown"),
        ("expect: []\n---\n" + HEAD + "expect: []", 5, "scenario-duplicate"),
        ("expect: &a []", 3, "yaml-alias"),
    ],
)
def test_a_problem_has_its_place_and_its_code(tmp_path: Path, rest: str, line: int, code: str) -> None:
    assert problems_of(tmp_path, HEAD + rest + "\n") == [(line, code)]


def test_joins_in_several_zones_need_one_for_the_scenario(tmp_path: Path) -> None:
    definitions = GOOD + "---\n" + GOOD.replace("daily-close", "other").replace("ledger", "book") + "zone: Asia/Tokyo\n"
    assert problems_of(tmp_path, HEAD + "expect: []\n", definitions) == [(1, "zone-choice")]
    assert problems_of(tmp_path, HEAD + "expect: []\nzone: UTC\n", definitions) == []


def test_a_name_that_means_two_machines_needs_its_join(tmp_path: Path) -> None:
    definitions = GOOD + "---\n" + GOOD.replace("daily-close", "other").replace("stateMachine:ledger", "stateMachine:book")
    step = "expect: []\nsteps:\n  - {succeeded: %s}\n"
    assert problems_of(tmp_path, HEAD + step % "ledger", definitions) == [(5, "predecessor-ambiguous")]
    assert problems_of(tmp_path, HEAD + step % "other/ledger", definitions) == []
    assert problems_of(tmp_path, HEAD + step % "positions", definitions) == []


def test_a_join_that_expects_runs_needs_an_end(tmp_path: Path) -> None:
    definitions = GOOD.replace("input: businessDate", "window: {every: day}") + "expect: true\n"
    assert problems_of(tmp_path, HEAD + "expect: []\n", definitions) == [(1, "until-missing")]


def test_wrong_definitions_are_told_beside_wrong_scenarios(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, HEAD, GOOD.replace("key:", "keys:"))
    assert [code for _, code in problems] == ["unknown-field", "missing-field"]


def test_the_schema_is_up_to_date_and_takes_what_is_right() -> None:
    text = (ROOT / "schemas" / "scenario.schema.json").read_text(encoding="utf-8")
    assert text == schema_text(), "run: python -m fanin_cli.scenario.json_schema > schemas/scenario.schema.json"
    schema = json.loads(text)
    Draft202012Validator(schema).validate(schema["examples"][0])


def test_every_code_has_a_row_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| .+ \| .+ \|$", DOCUMENTATION.partition("## Problems")[2], re.MULTILINE)
    assert sorted(rows) == sorted(ScenarioCode)


def test_every_field_has_a_row_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", DOCUMENTATION.partition("## Problems")[0], re.MULTILINE)
    models = (ScenarioDocument, StepDocument, ExpectationDocument)
    assert set(rows) == {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert {*STEPS, *EXPECTATIONS} <= set(rows)
