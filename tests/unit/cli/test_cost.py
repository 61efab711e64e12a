"""fanin cost: measured units times list prices, for a user's own joins."""

import json
from pathlib import Path

import pytest

from benchmarks import cost as benchmark
from fanin_cli.cost.model import Load, at_rest, cost_of
from fanin_cli.cost.prices import prices
from fanin_cli.cost.units import BATCHES, measured, units_of
from tests.unit.cli.hub import run
from tests.unit.cli.test_definitions import GOOD, written

pytestmark = pytest.mark.unit

COUNTED = """
join: load-files
key: {input: businessDate}
predecessors:
  loads:
    stateMachine: arn:aws:states:us-east-1:333333333333:stateMachine:load
    count: announced
successors:
  - {target: report, bus: "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"}
"""


@pytest.fixture
def good(tmp_path: Path) -> str:
    return written(tmp_path / "good.yaml", GOOD)


@pytest.fixture
def counted(tmp_path: Path) -> str:
    return written(tmp_path / "counted.yaml", COUNTED)


def test_the_units_are_those_that_the_benchmark_measures() -> None:
    benchmark.hold_to_measured((2, 8, 24, 25, 128))


def test_a_month_is_told_with_what_dominates_it_and_what_is_assumed(good: str) -> None:
    result = run("cost", good, "--rate", "1000000")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "daily-close: 1,000,000 completions a day, 500,000.0 runs of 2, 1 a batch" in result.stdout
    assert "Most of it is for" in result.stdout
    assert "List prices of us-east-1 on 2026-11-25" in result.stdout
    assert "  - every function has 512 MB, as the templates say" in result.stdout


def test_json_has_the_same_sums(good: str) -> None:
    said = json.loads(run("cost", good, "--rate", "daily-close=3000", "--batch", "10", "--json").stdout)
    [join] = said["joins"]
    expected = cost_of(Load("daily-close", 2, 3000, 10), prices())
    assert join["usdPerMonthInAll"] == pytest.approx(expected.month_usd, abs=1e-5)
    assert join["usdPerMillionCompletionsInAll"] == pytest.approx(expected.million_usd, abs=1e-5)
    assert join["usdPerMonthInAll"] == pytest.approx(sum(join["usdPerMonth"].values()), abs=1e-5)
    assert said["usdPerMonthInAll"] == pytest.approx(join["usdPerMonthInAll"] + sum(said["atRestUsdPerMonth"].values()), abs=1e-4)
    assert join["dominant"] == max(join["usdPerMonth"], key=join["usdPerMonth"].get)


def test_completions_of_the_hubs_own_account_cross_nothing(good: str) -> None:
    def crossing(*options: str) -> float:
        said = json.loads(run("cost", good, "--rate", "1000", "--json", *options).stdout)
        found: float = said["joins"][0]["usdPerMillionCompletions"]["completions of other accounts"]
        return found

    assert crossing() == 1.0
    assert crossing("--hub-account", "111111111111") == 0.5


def test_a_count_that_only_an_event_says_is_asked_for(counted: str) -> None:
    result = run("cost", counted, "--rate", "5000")
    assert result.exit_code == 2
    assert "count-unknown" in result.stderr
    assert "--count load-files=NUMBER" in result.stderr
    said = json.loads(run("cost", counted, "--rate", "5000", "--count", "1000", "--json").stdout)
    assert said["joins"][0]["width"] == 1000


@pytest.mark.parametrize(
    "options",
    [
        ["--rate", "many"],
        ["--rate", "0"],
        ["--rate", "other=5"],
        ["--rate", "5", "--batch", "7"],
        ["--rate", "5", "--count", "daily-close"],
        [],
    ],
)
def test_wrong_use_is_two(good: str, options: list[str]) -> None:
    result = run("cost", good, *options)
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_run_wider_than_any_is_not_guessed(counted: str) -> None:
    result = run("cost", counted, "--rate", "5", "--count", "100000000")
    assert result.exit_code == 2
    assert "too-wide" in result.stderr


def test_wrong_definitions_are_two(tmp_path: Path) -> None:
    assert run("cost", written(tmp_path / "bad.yaml", "join: x\n"), "--rate", "5").exit_code == 2


@pytest.mark.parametrize("batch", BATCHES)
def test_between_measured_widths_units_lie_on_a_straight_line(batch: int) -> None:
    at = measured()[batch]
    half = units_of(16, batch)
    assert half == at[8].between(at[24], 0.5)
    assert units_of(128, batch) == at[128]
    assert units_of(1, batch) == at[2]
    assert units_of(1_000_000, batch).write_units == pytest.approx(at[100_000].write_units * 10, rel=0.01)


def test_costs_grow_with_successors_outputs_and_smaller_batches() -> None:
    def usd(**changes: float) -> float:
        return cost_of(
            Load("x", 1000, 1000.0, int(changes.get("batch", 10)), int(changes.get("successors", 1)), bool(changes.get("outputs", 0))),
            prices(),
        ).month_usd

    assert usd(batch=1) > usd(batch=10) > usd(batch=1000)
    assert usd(successors=2) > usd()
    assert usd(outputs=1) > usd()


def test_every_price_has_a_page_and_every_sum_its_parts() -> None:
    table = prices()
    assert all(usd > 0 for usd in table.usd.values())
    assert len(table.pages) >= 8
    assert sum(at_rest(table).values()) > table.usd["kms_key_month"]
