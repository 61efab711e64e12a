"""What the collector imports of the language pulls in neither pydantic nor PyYAML."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import fanin

pytestmark = pytest.mark.unit


def _reached(module: str, seen: set[str]) -> set[str]:
    """The modules of ours, and the roots of others, that importing a module imports."""
    if module in seen:
        return seen
    seen.add(module)
    found = importlib.util.find_spec(module)
    assert found is not None
    assert found.origin is not None
    for node in ast.walk(ast.parse(Path(found.origin).read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            if name.startswith("fanin."):
                _reached(name, seen)
            else:
                seen.add(name.split(".")[0])
    return seen


@pytest.mark.parametrize("module", ["keying", "plan_document"])
def test_the_collector_reads_plans_without_the_libraries_that_compile(module: str) -> None:
    reached = _reached(f"fanin.definitions.{module}", set())
    assert "fanin.domain.plan" in reached
    assert not reached & {"pydantic", "pydantic_core", "yaml", "boto3", "fanin.definitions.document"}


@pytest.mark.parametrize("module", ["keying", "plan_document", "windows"])
def test_a_cold_start_pays_for_no_library_that_it_may_not_need(module: str) -> None:
    code = f"import sys, fanin.definitions.{module}; print(*sorted(sys.modules.keys() & {{'cronsim', 'holidays', 'pydantic', 'yaml'}}))"
    path = str(Path(fanin.__file__).parents[1])
    ran = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert (ran.stdout.strip(), ran.stderr) == ("", "")


def test_compiling_needs_no_yaml() -> None:
    assert "yaml" not in _reached("fanin.definitions.compiler", set())
