"""The scenarios of all examples, and of what peers broke on: each goes as expected, and the command says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fanin_cli.scenario.loading import load_scripts, run
from fanin_cli.scenario.script import Script
from tests.unit.cli.hub import run as fanin

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "joins").glob("*.yaml"))
PEERS = sorted(file for file in (ROOT / "tests" / "scenarios" / "peers").glob("*.yaml") if "-changed" not in file.name)
SCENARIOS = [
    *((file, file.parent / "scenarios" / f"{file.stem}.scenario.yaml") for file in EXAMPLES),
    *((file, file.with_suffix(".scenario.yaml")) for file in PEERS if not file.name.endswith(".scenario.yaml")),
]


def scripts() -> Iterator[object]:
    for definitions, scenarios in SCENARIOS:
        loaded, problems = load_scripts(str(definitions), [str(scenarios)])
        assert problems == [], "\n".join(map(str, problems))
        yield from (pytest.param(script, id=f"{definitions.stem}: {script.name}") for script in loaded)


@pytest.mark.parametrize("script", list(scripts()))
def test_a_scenario_goes_as_expected(script: Script) -> None:
    result = run(script)
    assert result.comparison.is_met, "\n".join(result.lines())


@pytest.mark.parametrize(("definitions", "scenarios"), SCENARIOS, ids=lambda file: file.stem)
def test_the_command_says_so(definitions: Path, scenarios: Path) -> None:
    result = fanin("test", "--quiet", str(definitions), str(scenarios))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("as expected\n")
    assert len(result.stdout.splitlines()) == 1


def test_no_scenario_file_is_left_out() -> None:
    found = {*(ROOT / "joins").rglob("*.scenario.yaml"), *(ROOT / "tests" / "scenarios").rglob("*.scenario.yaml")}
    assert {scenarios for _, scenarios in SCENARIOS} == found


@pytest.mark.parametrize("file", PEERS, ids=lambda file: file.stem)
def test_a_peers_situation_says_where_it_is_from(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert "# https://github.com/" in text or file.name.endswith(".scenario.yaml")
