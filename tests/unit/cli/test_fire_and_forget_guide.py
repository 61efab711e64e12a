"""docs/fire-and-forget.md: what it says to copy is right, and is what lint writes out for it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fanin.definitions.compiler import compile_documents
from fanin.definitions.yaml_source import parse_definitions
from tests.unit.cli.test_lint import look, machine

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "fire-and-forget.md").read_text(encoding="utf-8")
SECTIONS = {section.partition("\n")[0]: section for section in GUIDE.split("\n## ")[1:]}
SUCCESSORS = "successors:\n  - target: c\n    bus: arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor\n"


def blocks(section: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", SECTIONS[section], re.DOTALL)


def predecessors(text: str) -> dict[str, Any]:
    """The predecessors of a right definition."""
    (source,), problems = parse_definitions("x.yaml", text)
    assert problems == []
    _, wrong = compile_documents([("x", source.document)], allowed_accounts=None, allowed_buses=None, this_year=2026)
    assert wrong == []
    assert isinstance(source.document, dict)
    found: dict[str, Any] = source.document["predecessors"]
    return found


def wrapped(predecessor: str) -> str:
    return f"join: x\nkey: {{input: day}}\npredecessors:\n{predecessor}{SUCCESSORS}"


def written_out(state: dict[str, Any]) -> Any:
    """What lint writes out to wait for instead of the state."""
    (finding,) = look(machine({"Do": {"Type": "Task", "End": True, **state}}))
    return predecessors(wrapped("\n".join(finding.snippet[1:]) + "\n"))["do"]


@pytest.mark.parametrize("section", ["Glue", "Batch", "CodeBuild", "Lambda"])
def test_the_predecessor_of_each_section_waits_for_the_state_beside_it(section: str) -> None:
    (state,), (predecessor,) = blocks(section, "json"), blocks(section, "yaml")
    (said,) = predecessors(wrapped(predecessor)).values()
    assert written_out(json.loads(f"{{{state}}}")) == said


@pytest.mark.parametrize(("number", "language"), [(1, "JSONPath"), (2, "JSONata")])
def test_both_languages_pass_the_date_to_the_task(number: int, language: str) -> None:
    state = json.loads(f"{{{blocks('Which key', 'json')[number]}}}")
    found = written_out({"Resource": "arn:aws:states:::ecs:runTask", "QueryLanguage": language, **state})
    (definition,) = blocks("Which key", "yaml")
    assert predecessors(definition)["load"] == found


def test_the_input_of_a_task_is_json() -> None:
    assert list(json.loads(blocks("Which key", "json")[0])) == ["environment", "command", "startedBy", "group"]


def test_every_file_that_the_guide_names_is_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", GUIDE):
        assert (ROOT / "docs" / link).exists(), link
