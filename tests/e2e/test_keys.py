"""Keys other than a member of the input: the execution's name, and `latest`, which is what users of metric math alarms have."""

from __future__ import annotations

from typing import Any

import pytest

from local.landscape import DAILY_CLOSE, HUB, PREDECESSOR
from tests.e2e.watching import eventually
from tests.e2e.world import World, definition, to

pytestmark = pytest.mark.e2e


def test_a_part_of_the_executions_name_may_be_the_key(world: World) -> None:
    a, b = world.job(HUB, "ledger-named"), world.job(PREDECESSOR, "positions-named")
    world.apply(definition("by-name", {"a": a, "b": b}, to(DAILY_CLOSE), key={"name": r"^close-(\d{4}-\d{2}-\d{2})"}))
    world.run(a, "close-2026-03-30", businessDate="of no interest")
    world.run(b, "close-2026-03-31-2nd", businessDate="nor this")
    world.run(a, "close-2026-03-31", businessDate="-")
    world.wait_for_state("by-name", "2026-03-31", "ACKNOWLEDGED")
    world.run(b, "close-2026-03-30", businessDate="-")
    world.wait_for_state("by-name", "2026-03-30", "ACKNOWLEDGED")
    assert [given["key"] for given in world.executions_of("by-name", DAILY_CLOSE)] == ["2026-03-30", "2026-03-31"]


def test_without_a_key_each_generation_takes_the_newest_completions_since_the_last(world: World) -> None:
    a, b = world.job(HUB, "ledger-latest"), world.job(PREDECESSOR, "positions-latest")
    world.apply(definition("by-latest", {"a": a, "b": b}, to(DAILY_CLOSE)))

    def generations(number: int) -> list[str]:
        acknowledged = [run["key"] for run in world.runs("by-latest") if run["state"] == "ACKNOWLEDGED"]
        return sorted(acknowledged) if len(acknowledged) == number else []

    world.run(a, "first", businessDate="-")
    world.run(b, "first", businessDate="-")
    eventually(lambda: generations(1), "the first generation")

    def ended(event: dict[str, Any]) -> bool:
        return event["detail"].get("stateMachineArn") in {a, b} and event["detail"]["status"] == "SUCCEEDED"

    of_the_first = [*world.completions.bodies(ended), *world.hub_bus.bodies(ended)]
    assert len(of_the_first) == 2

    # What has been released is no news, however often it comes.
    world.send_arrivals(*of_the_first, *of_the_first)
    world.settle()
    assert len(world.executions_of("by-latest", DAILY_CLOSE)) == 1

    world.run(a, "second", businessDate="-")
    world.run(a, "second-again", businessDate="-")
    world.send_arrivals(*of_the_first)
    world.settle()
    assert len(world.executions_of("by-latest", DAILY_CLOSE)) == 1
    world.run(b, "second", businessDate="-")
    keys = eventually(lambda: generations(2), "the second generation")

    first, second = world.executions_of("by-latest", DAILY_CLOSE)
    assert [first["key"], second["key"]] == keys
    assert {key.rpartition(".")[0] for key in keys} == {keys[0].rpartition(".")[0]}
    names = [[given["predecessors"][slot]["executionArn"].rsplit(":", 1)[-1] for slot in ("a", "b")] for given in (first, second)]
    assert names == [["first", "first"], ["second-again", "second"]]
