"""State machines out of files: JSON with places, and what is no JSON, in one line each."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fanin.definitions.locations import Position
from fanin.definitions.source_file import RefusedFileError
from fanin_cli.lint.json_source import MAX_DEPTH, parse_json
from fanin_cli.lint.machines import machine_in_file

pytestmark = pytest.mark.unit

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 1, "\t"]), st.booleans())
@example({"": [{}, [], ""]}, "\t", True)
def test_json_is_read_as_the_standard_library_reads_it(value: object, indent: int | str | None, ascii_: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_)
    assert parse_json("x", text).document == json.loads(text)


@given(JSON)
def test_every_value_stands_where_it_says(value: object) -> None:
    text = json.dumps(value, indent=1)
    source = parse_json("x", text)
    lines = text.split("\n")
    for path, at in source.values.items():
        here: object = source.document
        for step in path:
            here = here[step]  # type: ignore[index]  # the path was read out of this very document
        rest = lines[at.line - 1][at.column - 1 :]
        assert rest.startswith(json.dumps(here)[0])


def test_a_name_and_its_value_have_places_of_their_own() -> None:
    source = parse_json("x", '{\r\n\t"StartAt" :\t"A"}')
    assert (source.names["StartAt",], source.values["StartAt",]) == (Position(2, 2), Position(2, 14))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "x:1:1: asl-not-json: the JSON value ends too early"),
        ("{", "x:1:2: asl-not-json: a name in double quotes is missing"),
        ("{'a': 1}", "x:1:2: asl-not-json: a name in double quotes is missing"),
        ('{"a" 1}', "x:1:6: asl-not-json: ':' is missing"),
        ('{"a": 1,\n}', "x:2:1: asl-not-json: a name in double quotes is missing"),
        ("[1\n 2]", "x:2:2: asl-not-json: ',' is missing"),
        ("[01]", "x:1:3: asl-not-json: ',' is missing"),
        ("[NaN]", "x:1:2: asl-not-json: this is no JSON value"),
        ("[1]]", "x:1:4: asl-not-json: something follows the end of the JSON value"),
        ('["a', "x:1:2: asl-not-json: the text in double quotes does not end"),
        ('["\\x"]', "x:1:3: asl-not-json: the text in double quotes does not end, or has a control character or a wrong escape"),
        ('{"a": 1,\n "a": 2}', "x:2:2: asl-duplicate-name: the name 'a' stands twice in one object"),
        ("# YAML\na: 1", "x:1:1: asl-not-json: this is no JSON value"),
        ("[" * 100_000, f"x:1:{MAX_DEPTH + 1}: asl-too-deep: the definition is more than {MAX_DEPTH} levels deep"),
        ('{"a":' * 100_000, f"x:1:{5 * MAX_DEPTH + 1}: asl-too-deep: the definition is more than {MAX_DEPTH} levels deep"),
        ("9" * 100_000, "x:1:102: asl-not-json: something follows the end"),
    ],
)
def test_what_is_no_json_is_told_in_one_line(text: str, told: str) -> None:
    with pytest.raises(RefusedFileError) as caught:
        parse_json("x", text)
    assert str(caught.value.located).startswith(told)
    assert "\n" not in str(caught.value.located)


@given(st.text(alphabet='{}[]",:\\ntrue019.eE- \n\tu', max_size=60) | st.text(max_size=60))
def test_any_text_is_json_or_refused(text: str) -> None:
    try:
        found = parse_json("x", text).document
    except RefusedFileError:
        return
    assert "${" in text or found == json.loads(text)


def test_what_a_template_fills_in_may_stand_without_quotes() -> None:
    assert parse_json("x", '{"Seconds": ${Wait}, "All": [${A.B}, "${C}"]}').document == {"Seconds": "${Wait}", "All": ["${A.B}", "${C}"]}
    for text in ("${", "${}", "${a b}", "${a", "{${Name}: 1}"):
        with pytest.raises(RefusedFileError):
            parse_json("x", text)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.json", b'{"join": "close"}', "asl-no-states: this is no state machine's definition"),
        ("x.json", b'{"States": {}}', "asl-no-states"),
        ("x.json", b"[]", "asl-no-states"),
        ("x.json", b"\xff{", "file-not-utf8"),
        ("x.json", b" " * 1_000_001, "file-too-large"),
        ("x.yaml", b"a: &x 1\nb: *x\n", "yaml-alias"),
        ("x.yml", b"a: [", "yaml-syntax"),
    ],
)
def test_a_file_without_a_state_machine_is_refused(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(RefusedFileError, match=told):
        machine_in_file(str(file), None)


def test_a_definition_may_be_yaml(tmp_path: Path) -> None:
    file = tmp_path / "x.asl.yaml"
    file.write_text("StartAt: A\nStates:\n  A: {Type: Succeed}\n")
    machine = machine_in_file(str(file), None)
    assert [(state.name, machine.source.locate(state.path)) for state in machine.states()] == [("A", Position(3, 3))]
