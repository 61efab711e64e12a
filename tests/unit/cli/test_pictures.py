"""explain and graph."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.hub import FakeHub, JsonObject, run
from tests.unit.cli.test_definitions import BAD, GOOD, written

pytestmark = pytest.mark.unit

BUS = "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"
LEDGER = "arn:aws:states:us-east-1:111111111111:stateMachine:ledger"
JOIN: JsonObject = {
    "join": "daily-close",
    "version": 3,
    "description": "",
    "key": {"kind": "input", "expression": "businessDate"},
    "predecessors": [
        {"name": "ledger", "kind": "stepfunctions", "arn": LEDGER, "optional": True, "offsetDays": 1, "offsetInBusinessDays": True},
        {"name": "prices", "kind": "stepfunctions", "arn": LEDGER.replace("ledger", "prices")},
    ],
    "successors": [{"target": "ledger", "bus": BUS.replace("222222222222", "111111111111"), "outputs": False, "outcomes": ["failed"]}],
    "appliedAtMs": 1,
    "liveVersions": [3],
}
CIRCLE = (
    GOOD
    + "---\n"
    + GOOD.replace("join: daily-close", "join: again")
    .replace("target: daily-close", "target: ledger")
    .replace("us-east-1:111111111111:stateMachine:ledger", "us-east-1:222222222222:stateMachine:daily-close")
    .replace("us-east-1:222222222222:event-bus", "us-east-1:111111111111:event-bus")
)


@pytest.fixture
def good(tmp_path: Path) -> str:
    return written(tmp_path / "good.yaml", GOOD)


def test_explain_says_sentences_and_asks_nobody(good: str) -> None:
    result = run("explain", good)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "It is satisfied when ledger and positions have succeeded." in result.stdout.splitlines()


def test_explain_as_json_has_the_joins_in_order(tmp_path: Path) -> None:
    several = written(tmp_path / "two.yaml", GOOD + "---\n" + GOOD.replace("join: daily-close", "join: another"))
    joins = json.loads(run("explain", "--json", several).stdout)["joins"]
    assert [one["join"] for one in joins] == ["daily-close", "another"]
    assert all(one["sentences"] for one in joins)


@pytest.mark.parametrize("command", ["explain", "graph", "plan"])
def test_wrong_definitions_are_told_as_validate_tells_them(tmp_path: Path, command: str) -> None:
    bad = written(tmp_path / "bad.yaml", BAD)
    result = run(command, bad)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == run("validate", bad).stderr


def test_graph_is_a_mermaid_flowchart(good: str) -> None:
    result = run("graph", good)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("flowchart LR\n")


def test_a_circle_is_drawn_named_and_1(tmp_path: Path) -> None:
    circle = written(tmp_path / "circle.yaml", CIRCLE)
    assert run("validate", circle).exit_code == 2
    result = run("graph", circle)
    assert result.exit_code == 1
    assert "circle" in result.stdout
    assert result.stderr == "fanin: join-cycle: the joins start one another in a circle: again -> daily-close -> again\n"
    assert json.loads(run("graph", "--json", circle).stdout)["cycles"] == [["again", "daily-close"]]


def test_what_is_applied_is_drawn_without_its_files() -> None:
    hub = FakeHub().answering("viewer", "joins", {"ok": True, "joins": [JOIN]})
    result = run("graph", "--applied", hub=hub)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "-.->" in result.stdout
    assert "failed" in result.stdout
    assert hub.asked == [("fanin-viewer", {"action": "joins"})]


def test_how_often_an_applied_predecessor_completes_is_drawn() -> None:
    count: JsonObject = {"number": None, "from": "ledger", "output": "started"}
    counted: JsonObject = {"name": "loads", "kind": "stepfunctions", "arn": LEDGER.replace("ledger", "loads"), "count": count}
    hub = FakeHub().answering("viewer", "joins", {"ok": True, "joins": [{**JOIN, "predecessors": [counted]}]})
    assert '|"as often as started in the output of ledger says"|' in run("graph", "--applied", hub=hub).stdout


@pytest.mark.parametrize(
    "change",
    [
        {"key": {"kind": "moon", "expression": None}},
        {"predecessors": [{"name": "a", "kind": "moon", "arn": LEDGER}]},
        {"predecessors": [{"name": "a", "kind": "stepfunctions", "arn": "ledger"}]},
        {"successors": [{"target": "a", "bus": "b", "outputs": False}]},
    ],
)
def test_what_this_release_cannot_draw_is_said(change: JsonObject) -> None:
    hub = FakeHub().answering("viewer", "joins", {"ok": True, "joins": [JOIN | change]})
    result = run("graph", "--applied", hub=hub)
    assert (result.exit_code, "hub-answer" in result.stderr) == (3, True)


@pytest.mark.parametrize("arguments", [(), ("--applied", "x.yaml")])
def test_graph_wants_files_or_the_hub(arguments: tuple[str, ...]) -> None:
    assert run("graph", *arguments).exit_code == 2
