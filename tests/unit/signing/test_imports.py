"""What the signing package may lean on: little, and the JOSE library in one module only."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import fanin.signing

pytestmark = pytest.mark.unit

MODULES = sorted(Path(str(fanin.signing.__file__)).parent.glob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_imports_only_what_it_may(path: Path) -> None:
    third_party = {"rfc8785"} if path.stem == "canonical_json" else {"joserfc"} if path.stem == "verification" else set()
    names = set(imported(path))
    assert {name for name in names if name.startswith("fanin.") and not name.startswith("fanin.signing.")} <= {"fanin.domain.errors"}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names | {"fanin"} | third_party
    assert not {"time", "datetime", "os", "socket"} & names


def test_nobody_in_the_package_imports_verification() -> None:
    assert not any("fanin.signing.verification" in set(imported(path)) for path in MODULES)
