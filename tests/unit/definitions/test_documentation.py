"""docs/definitions.md tells of everything that the language has, and of nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanin.definitions import keying
from fanin.definitions.compiler import compile_documents
from fanin.definitions.json_schema import definition_schema
from fanin.definitions.problems import Code
from fanin.definitions.yaml_source import parse_definitions

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
DOCSTRINGS = f"{keying.derive_key.__doc__} {keying.slot_key.__doc__}"
KEY_CODES = set(re.findall(r"`([a-z]+-[a-z-]+)`", DOCSTRINGS))


def _field_names(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for name, value in schema.items():
            yield from _field_names(value) if name != "examples" else ()


def test_every_code_and_no_other_has_a_row() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| .+ \| .+ \|$", TEXT.partition("## Problems")[2], re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == {*Code, *KEY_CODES}


def test_every_field_and_no_other_has_a_row() -> None:
    rows = re.findall(r"^\| `(?:\S+\.)?(\w+)` \|", TEXT.partition("## Problems")[0], re.MULTILINE)
    assert set(rows) | {"payload"} == set(_field_names(definition_schema()))


@pytest.mark.parametrize("block", re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
def test_every_whole_definition_in_it_compiles(block: str) -> None:
    documents, problems = parse_definitions("docs", block)
    assert problems == []
    for document in (one.document for one in documents):
        if isinstance(document, dict) and "join" in document:
            assert compile_documents([("docs", document)], allowed_accounts=None, allowed_buses=None, this_year=2026)[1] == []
