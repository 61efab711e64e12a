"""Files of holidays: put into the definition that names them, or told where they are wrong."""

from pathlib import Path

import pytest

from fanin.definitions.compiler import compile_documents
from fanin.definitions.problems import Code
from fanin.definitions.yaml_source import read_definitions
from tests.unit.definitions.documents import BUS, LEDGER

pytestmark = pytest.mark.unit

DEFINITION = f"""join: settlement
key: {{input: day, offset: -1bd}}
calendar:
  holidays: ["2026-01-02"]
  holidaysFile: days/off.txt
predecessors:
  ledger: {{stateMachine: "{LEDGER}"}}
successors:
  - {{target: a, bus: "{BUS}"}}
"""


def written(directory: Path, holidays: str | None, definition: str = DEFINITION) -> str:
    file = directory / "settlement.yaml"
    file.write_text(definition, encoding="utf-8")
    (directory / "days").mkdir()
    if holidays is not None:
        (directory / "days" / "off.txt").write_text(holidays, encoding="utf-8")
    return str(file)


def test_the_dates_of_the_file_join_those_of_the_definition(tmp_path: Path) -> None:
    documents, problems = read_definitions(written(tmp_path, "# closed\n2026-12-31  # year end\n\n  2026-01-02\r\n"))
    assert problems == []
    joins, refused = compile_documents([("a", documents[0].document)], allowed_accounts=None, allowed_buses=None)
    assert refused == []
    assert joins[0].content.calendar is not None
    assert sorted(map(str, joins[0].content.calendar.holidays)) == ["2026-01-02", "2026-12-31"]


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    assert read_definitions(written(tmp_path, ""))[1] == []


def test_each_wrong_line_is_told_at_its_place(tmp_path: Path) -> None:
    documents, problems = read_definitions(written(tmp_path, "2026-12-31\n31.12.2026\n2026-02-30\n"))
    assert documents == []
    assert [(Path(one.file).name, one.position.line, one.problem.code) for one in problems] == [
        ("off.txt", 2, Code.DATE_INVALID),
        ("off.txt", 3, Code.DATE_INVALID),
    ]


def test_a_file_that_cannot_be_read_is_told_where_it_is_named(tmp_path: Path) -> None:
    _, problems = read_definitions(written(tmp_path, None))
    assert [(one.position.line, one.problem.path, one.problem.code) for one in problems] == [
        (5, ("calendar", "holidaysFile"), Code.FILE_MISSING)
    ]


@pytest.mark.parametrize("name", ["5", "[a]", "''"])
def test_what_is_no_name_of_a_file_is_left_to_the_compiler(tmp_path: Path, name: str) -> None:
    documents, problems = read_definitions(written(tmp_path, "", DEFINITION.replace("days/off.txt", name)))
    assert problems == []
    (refused,) = compile_documents([("a", documents[0].document)], allowed_accounts=None, allowed_buses=None)[1]
    assert refused.problem.code in (Code.WRONG_TYPE, Code.HOLIDAYS_FILE)


def test_wrong_holidays_beside_a_file_are_still_told(tmp_path: Path) -> None:
    documents, _ = read_definitions(written(tmp_path, "2026-12-31\n", DEFINITION.replace('["2026-01-02"]', "soon")))
    (refused,) = compile_documents([("a", documents[0].document)], allowed_accounts=None, allowed_buses=None)[1]
    assert (refused.problem.path, refused.problem.code) == (("calendar", "holidays"), Code.WRONG_TYPE)
