"""Reading YAML: only the part that is JSON with comments, and where everything stood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.definitions.locations import Position
from fanin.definitions.problems import Code, Problem
from fanin.definitions.yaml_source import parse_definitions

pytestmark = pytest.mark.unit

TEXT = """\
# a comment
join: daily-close
key:
  input: businessDate
predecessors:
  ledger: {stateMachine: x}
successors:
  - target: a
    bus: b
  -
    target: c
---
join: second
"""


def value_of(text: str) -> object:
    documents, problems = parse_definitions("a.yaml", text)
    assert [str(problem) for problem in problems] == []
    return documents[0].document


def refusals(text: str) -> list[tuple[int, int, str]]:
    documents, problems = parse_definitions("a.yaml", text)
    assert documents == []
    for problem in problems:
        assert "\n" not in str(problem)
    return [(problem.position.line, problem.position.column, problem.problem.code) for problem in problems]


def test_documents_are_json_values_with_labels_of_their_own() -> None:
    documents, problems = parse_definitions("a.yaml", TEXT)
    assert problems == []
    assert [document.label for document in documents] == ["a.yaml", "a.yaml#2"]
    assert documents[0].document == {
        "join": "daily-close",
        "key": {"input": "businessDate"},
        "predecessors": {"ledger": {"stateMachine": "x"}},
        "successors": [{"target": "a", "bus": "b"}, {"target": "c"}],
    }
    assert documents[1].document == {"join": "second"}


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 2, 1),
        (("join",), 2, 7),
        (("key",), 3, 1),
        (("key", "input"), 4, 10),
        (("predecessors", "ledger"), 6, 3),
        (("predecessors", "ledger", "stateMachine"), 6, 26),
        (("predecessors", "missing"), 5, 1),
        (("predecessors", "missing", "stateMachine"), 5, 1),
        (("successors", 1), 11, 5),
        (("successors", 1, "bus"), 11, 5),
        (("require",), 2, 1),
    ],
)
def test_a_path_is_located_where_its_value_is_or_what_lacks_it(path: tuple[str | int, ...], line: int, column: int) -> None:
    (document, _), _ = parse_definitions("a.yaml", TEXT)
    assert document.locate(path) == Position(line, column)


def test_an_unknown_field_is_located_at_its_name_and_told_in_one_line() -> None:
    (document, second), _ = parse_definitions("a.yaml", TEXT)
    located = document.located(Problem(("key", "input"), Code.UNKNOWN_FIELD, "there is no field 'input'", "did you mean output?"))
    assert str(located) == "a.yaml:4:3: unknown-field: key.input: there is no field 'input' (did you mean output?)"
    assert str(second.located(Problem((), Code.WRONG_TYPE, "wrong"))) == "a.yaml:13:1: wrong-type: wrong"


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("2026-03-31", "2026-03-31"),
        ("2026-03-31T01:02:03Z", "2026-03-31T01:02:03Z"),
        ("05:00", "05:00"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("12", 12),
        ("-12", -12),
        ("0", 0),
        ("0o14", 12),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("'12'", "12"),
        ('"true"', "true"),
        ("<<", "<<"),
        ("=", "="),
        ("111111111111", 111111111111),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(scalar: str, value: object) -> None:
    read = value_of(f"a: {scalar}\n")
    assert read == {"a": value}
    assert isinstance(read, dict)
    assert type(read["a"]) is type(value)


@pytest.mark.parametrize("number", ["012345678901", "-007", "00", "00.5", "9007199254740992", "1e999", ".inf", "-.INF", ".nan", "9" * 5000])
def test_a_number_that_readers_read_differently_is_refused(number: str) -> None:
    assert refusals(f"a: {number}\n") == [(1, 4, "yaml-number")]


@pytest.mark.parametrize("name", ["on", "2026", "true", "null", "<<", "0123", "1.5"])
def test_the_name_of_a_field_is_always_text(name: str) -> None:
    assert value_of(f"{name}: a\n") == {name: "a"}


def test_anchors_aliases_and_tags_are_refused_each_at_its_place() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: !!python/object/apply:os.system [ls]\nd: !local x\n"
    assert refusals(bomb) == [
        (1, 4, "yaml-alias"),
        (2, 4, "yaml-alias"),
        (2, 8, "yaml-alias"),
        (2, 12, "yaml-alias"),
        (3, 4, "yaml-tag"),
        (4, 4, "yaml-tag"),
    ]


@pytest.mark.parametrize("text", ["a: 1\nb: 2\na: 3\n", "{a: 1, b: 2,\n\n'a': 3}\n"])
def test_a_field_that_stands_there_twice_is_refused(text: str) -> None:
    assert refusals(text) == [(3, 1, "yaml-duplicate-key")]


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("a: [1\n", (2, 1, "yaml-syntax")),
        ("a: b: c\n", (1, 5, "yaml-syntax")),
        ("a: 'x\n", (2, 1, "yaml-syntax")),
        ("a:\n\t- b\n", (2, 1, "yaml-syntax")),
        ("a: x\x07\n", (1, 5, "yaml-syntax")),
        ('a: "\\UFFFFFFFF"\n', (1, 1, "yaml-syntax")),
        ("%YAML 2.0\n---\na: 1\n", (1, 1, "yaml-syntax")),
        ("%YAML 1." + "1" * 5000 + "\n---\na: 1\n", (1, 1, "yaml-syntax")),
        ("? [a]\n: b\n", (1, 3, "yaml-key")),
        ("? {a: b}\n: b\n", (1, 3, "yaml-key")),
        ("", (1, 1, "yaml-empty")),
        ("# only a comment\n---\n...\n", (1, 1, "yaml-empty")),
        ("[" * 100_000, (1, 49, "yaml-too-deep")),
        ("{a: " * 100_000, (1, 193, "yaml-too-deep")),
        ("a: 1\n---\n" * 101, (200, 1, "yaml-too-many-documents")),
    ],
)
def test_what_cannot_be_read_is_one_located_line(text: str, refusal: tuple[int, int, str]) -> None:
    assert refusals(text) == [refusal]


def test_a_hundred_documents_are_read_and_empty_ones_do_not_count() -> None:
    documents, problems = parse_definitions("a.yaml", "a: 1\n---\n---\n" * 100)
    assert (len(documents), problems) == (100, [])


@given(st.text(alphabet="ab:-[]{}&*!|>'\"%#?,\\ \n\t0x.~\ud800\x85") | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    documents, problems = parse_definitions("a.yaml", text)
    assert bool(documents) != bool(problems)
    for problem in problems:
        assert problem.position >= Position(1, 1)


def test_of_very_many_problems_in_a_file_a_hundred_are_told() -> None:
    documents, problems = parse_definitions("a.yaml", "join: a\n" * 5_000)
    assert (documents, len(problems)) == ([], 101)
    assert [one.problem.code for one in problems[99:]] == [Code.YAML_DUPLICATE_KEY, Code.TOO_MANY_PROBLEMS]
