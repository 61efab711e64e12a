"""Reading a file: a regular file of plain UTF-8, or one line that says what it is instead."""

import os
from pathlib import Path

import pytest

from fanin.definitions.source_file import MAX_FILE_BYTES, RefusedFileError, read_source
from fanin.definitions.yaml_source import read_definitions

pytestmark = pytest.mark.unit


def refusal_of(file: Path | str) -> tuple[int, int, str]:
    documents, (problem,) = read_definitions(str(file))
    assert documents == []
    assert str(problem).startswith(f"{file}:")
    assert "\n" not in str(problem)
    return (problem.position.line, problem.position.column, problem.problem.code)


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes("join: é\r\n".encode())
    assert read_source(str(file)) == "join: é\r\n"
    assert read_definitions(str(file))[0][0].document == {"join": "é"}


def test_a_missing_file_a_directory_a_fifo_and_a_device_are_refused_without_waiting(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert refusal_of(tmp_path / "missing.yaml") == (1, 1, "file-missing")
    assert refusal_of(tmp_path) == (1, 1, "file-not-regular")
    assert refusal_of(fifo) == (1, 1, "file-not-regular")
    assert refusal_of("/dev/zero") == (1, 1, "file-not-regular")


def test_what_the_system_will_not_open_is_refused(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert refusal_of(loop) == (1, 1, "file-unreadable")
    assert refusal_of(tmp_path / ("a" * 300)) == (1, 1, "file-unreadable")
    assert refusal_of("a\0b") == (1, 1, "file-unreadable")
    assert refusal_of(tmp_path / "a" / "..") == (1, 1, "file-missing")


def test_a_file_has_a_size_limit(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"#" * MAX_FILE_BYTES)
    assert refusal_of(file) == (1, 1, "yaml-empty")
    file.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    assert refusal_of(file) == (1, 1, "file-too-large")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_refused(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes("join: a\n".encode(encoding))
    assert refusal_of(file) == (1, 1, "file-bom")


def test_a_byte_that_is_not_utf_8_is_told_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes("join: a\n# é ".encode() + b"\xe9\n")
    assert refusal_of(file) == (2, 5, "file-not-utf8")
    with pytest.raises(RefusedFileError, match="0xe9"):
        read_source(str(file))
