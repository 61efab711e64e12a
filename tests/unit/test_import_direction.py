"""Arrows point one way: domain <- definitions, signing <- sources <- use_cases <- adapters <- bootstrap <- functions, cli, local.

A layer may import itself and the layers named for it below, and nothing else of ours. The domain takes the standard library
alone, and the AWS SDK is imported by adapters only (the command line and the local AWS are clients of their own).
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "fanin" / "fanin"

INNER = frozenset({"domain", "definitions", "signing"})
WIRING = INNER | {"sources", "use_cases", "ports", "adapters", "settings", "observability"}
ALLOWED: dict[str, frozenset[str]] = {
    "composed": frozenset(),
    "domain": frozenset(),
    "definitions": frozenset({"domain"}),
    "signing": frozenset({"domain"}),
    "sources": frozenset({"domain", "signing"}),
    "ports": INNER,
    "settings": INNER,
    "observability": frozenset({"domain", "use_cases"}),
    "answers": frozenset({"domain", "definitions"}),
    "use_cases": INNER | {"composed", "ports", "sources"},
    "adapters": INNER | {"composed", "use_cases", "sources", "ports", "settings", "observability"},
    "bootstrap": WIRING,
}
OUTER = WIRING | {"bootstrap"}
SDK = frozenset({"boto3", "botocore"})


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            if node.module == "fanin":
                yield from (f"fanin.{alias.name}" for alias in node.names)


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def layer_modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.name != "__init__.py")


@pytest.mark.parametrize("path", layer_modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_layer_imports_only_what_lies_below_it(path: Path) -> None:
    layer = layer_of(path)
    assert layer in ALLOWED, f"{layer} is new: say in ALLOWED what it may import"
    ours = {name.split(".")[1] for name in imported_modules(path) if name.startswith("fanin.")}
    assert ours <= ALLOWED[layer] | {layer}


@pytest.mark.parametrize("path", layer_modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_sdk_is_imported_by_adapters_only(path: Path) -> None:
    roots = {name.split(".")[0] for name in imported_modules(path)}
    assert layer_of(path) == "adapters" or not roots & SDK


def test_the_domain_needs_the_standard_library_alone() -> None:
    roots = {name.split(".")[0] for path in (PACKAGE / "domain").rglob("*.py") for name in imported_modules(path)}
    assert roots <= sys.stdlib_module_names | {"fanin"}


def test_the_layer_knows_nothing_of_what_stands_on_it() -> None:
    roots = {name.split(".")[0] for path in PACKAGE.rglob("*.py") for name in imported_modules(path)}
    assert not roots & {"fanin_cli", "local", "functions", "tests", "benchmarks"}


@pytest.mark.parametrize("path", sorted((ROOT / "functions").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_reaches_aws_through_the_layer(path: Path) -> None:
    assert not {name.split(".")[0] for name in imported_modules(path)} & (SDK | {"fanin_cli", "local"})
