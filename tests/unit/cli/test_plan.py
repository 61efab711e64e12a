"""fanin plan: told from the operator's answer, and against the real operator over tables in memory."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.hub import FakeHub, JsonObject, refusal, run
from tests.unit.cli.test_definitions import GOOD, written
from tests.unit.cli.test_real_answers import World, world

__all__ = ["world"]

pytestmark = pytest.mark.unit

PLANNED: JsonObject = {
    "ok": True,
    "joins": [
        {
            "join": "daily-close",
            "change": "changed",
            "version": 4,
            "sentences": ["The predecessor prices is removed."],
            "openRuns": [{"version": 3, "count": 7, "keys": ["2026-03-31", "2026-03-30"]}],
            "openRunsAreMore": True,
            "effectiveFromMs": 1_774_983_630_000,
        },
        {
            "join": "nightly",
            "change": "unchanged",
            "version": 1,
            "sentences": [],
            "openRuns": [],
            "openRunsAreMore": False,
            "effectiveFromMs": 1_774_983_630_000,
        },
    ],
}


@pytest.fixture
def good(tmp_path: Path) -> str:
    return written(tmp_path / "good.yaml", GOOD)


def test_what_would_change_is_told_with_the_runs_that_stay(good: str) -> None:
    hub = FakeHub().answering("operator", "plan", PLANNED)
    result = run("plan", good, "--zone", "Asia/Tokyo", hub=hub)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "~ daily-close: changed, version 4",
        "    The predecessor prices is removed.",
        "    7 open runs on version 3: 2026-03-31, 2026-03-30, …",
        "    There are more runs than were looked at.",
        "    These runs go on by their versions; runs that open later are version 4.",
        "    Applied now, it would hold everywhere from 2026-04-01 04:00:30+09:00.",
        "  nightly: unchanged, version 1",
        "0 created, 1 changed, 1 unchanged. Nothing was written; joins that no file names stay as they are.",
    ]
    [(function, question)] = hub.asked
    assert (function, set(question)) == ("fanin-operator", {"action", "definitions"})


def test_as_json_it_is_the_operators_answer(good: str) -> None:
    hub = FakeHub().answering("operator", "plan", PLANNED)
    assert json.loads(run("plan", "--json", good, hub=hub).stdout) == PLANNED


def test_what_only_the_hub_finds_is_located(good: str) -> None:
    hub = FakeHub().answering("operator", "plan", refusal("bus-not-allowed", label=good, path=["successors", 0, "bus"]))
    result = run("plan", good, hub=hub)
    assert (result.exit_code, result.stderr.startswith(f"{good}:11:10: bus-not-allowed")) == (2, True)


def test_the_real_operator_plans_and_writes_nothing(world: World) -> None:
    def said(*arguments: str) -> list[str]:
        result = run(*arguments, hub=world.hub)
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout.splitlines()

    assert said("plan", world.file)[:2] == [
        "+ daily-close: created, version 1",
        "    The join daily-close is new: 2 predecessors, satisfied by ledger and positions, releasing daily-close on "
        "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor.",
    ]
    assert said("joins") == ["The hub fanin has no joins yet; apply one with: fanin apply FILE"]
    said("apply", world.file)
    assert said("plan", world.file)[0] == "  daily-close: unchanged, version 1"
    world.arrive(0)
    written(Path(world.file), GOOD + "description: other\n")
    assert said("plan", world.file)[:3] == [
        "~ daily-close: changed, version 2",
        "    The description is other (was: empty).",
        "    1 open run on version 1: 2026-03-31",
    ]
    assert said("apply", world.file)[0].startswith("daily-close: changed (version 2")
    said("delete", "daily-close", "--yes")
    assert said("plan", world.file)[:2] == [
        "+ daily-close: created, version 3",
        "    The join daily-close was deleted at version 2, and begins anew.",
    ]


def test_the_real_operator_refuses_what_apply_refuses(world: World) -> None:
    written(Path(world.file), GOOD.replace("333333333333", "444444444444"))
    planned, applied = run("plan", world.file, hub=world.hub), run("apply", world.file, hub=world.hub)
    assert (planned.exit_code, "account-not-allowed" in planned.stderr) == (2, True)
    assert planned.stderr == applied.stderr
