"""requirements/byte-code, which make build and make deploy call after sam build."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
CHECKED_HASH = 0b11  # PEP 552: by hash, and compared with the source


def compiled(build_dir: Path) -> str:
    finished = subprocess.run([ROOT / "requirements" / "byte-code", build_dir], capture_output=True, text=True, check=True)
    return finished.stderr


def built(directory: Path, python: str) -> Path:
    """One built function, with a wheel for a Python; its source."""
    (directory / f"native.cpython-{python}-x86_64-linux-gnu.so").touch()
    source = directory / "app.py"
    source.write_text("answer = 42\n", encoding="utf-8")
    return source


@pytest.mark.skipif(not (ROOT / ".venv" / "bin" / "python").exists(), reason="make has not made .venv")
def test_what_was_built_for_the_toolchains_python_is_compiled_and_bound_to_its_source(tmp_path: Path) -> None:
    source = built(tmp_path, f"3{sys.version_info.minor}")
    assert compiled(tmp_path) == ""
    byte_code = Path(cache_from_source(str(source))).read_bytes()
    assert int.from_bytes(byte_code[4:8], "little") == CHECKED_HASH
    assert str(tmp_path).encode() not in byte_code


def test_what_was_built_for_a_python_that_is_not_here_is_left_as_it_is(tmp_path: Path) -> None:
    built(tmp_path, "399")
    assert "no Python 3.99 here" in compiled(tmp_path)
    assert not list(tmp_path.rglob("*.pyc"))


def test_a_stack_without_functions_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").touch()
    assert compiled(tmp_path) == ""
