"""docs/definitions.md tells of everything that the language has, and of nothing else."""

import re
from pathlib import Path

import pytest
import yaml

from fanin.definitions import keying
from fanin.definitions.compiler import compile_documents
from fanin.definitions.json_schema import definition_schema
from fanin.definitions.problems import Code

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
KEY_CODES = {code for code in re.findall(r'RejectedError\("([a-z-]+)"', Path(keying.__file__).read_text(encoding="utf-8"))}


def test_every_code_and_no_other_has_a_row() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| .+ \| .+ \|$", TEXT, re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == {*Code, *KEY_CODES}


def test_every_field_is_told_of() -> None:
    fields = set(re.findall(r'"([A-Za-z]+)": \{"', repr(definition_schema()).replace("'", '"')))
    assert {field for field in fields if f"`{field}" not in TEXT and f".{field}`" not in TEXT} <= {"$defs", "properties"}


@pytest.mark.parametrize("block", re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
def test_every_whole_definition_in_it_compiles(block: str) -> None:
    document = yaml.safe_load(block)
    if "join" in document:
        assert compile_documents([("docs", document)], allowed_accounts=None, allowed_buses=None)[1] == []
