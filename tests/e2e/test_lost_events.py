"""Lost events: rules that match nothing, a sweeper that is away, an input that was left out; the sources know, and are asked."""

from __future__ import annotations

import pytest

from local.landscape import DAILY_CLOSE, HUB, HUB_NAME
from tests.e2e.faults import silent
from tests.e2e.world import BY_DATE, World, definition, to

pytestmark = pytest.mark.e2e

DATE = "2026-03-31"
RULE = f"{HUB_NAME}-completions"
SWEEP_RULE = f"{HUB_NAME}-sweep"


def ask_again(world: World, *machines: str) -> None:
    """A minute passes, and the sweeper comes by."""
    for machine in machines:
        world.table.make_watch_due(machine)
    world.sweep()
    world.settle()


def test_a_completion_whose_event_is_lost_is_found_within_two_sweeps(world: World) -> None:
    heard, lost = world.job(HUB, "lost-events-heard"), world.job(HUB, "lost-events-lost")
    world.apply(definition("lost-events", {"heard": heard, "lost": lost}, to(DAILY_CLOSE), key=BY_DATE))
    with silent(world, HUB, SWEEP_RULE):
        world.run(heard, "h", businessDate=DATE)
        world.wait_for_state("lost-events", DATE, "OPEN")
        world.settle()
        with silent(world, HUB, RULE):
            world.sweep()
            world.run(lost, "l", businessDate=DATE)
        world.settle()
        assert world.executions_of("lost-events", DAILY_CLOSE) == []
        ask_again(world, lost)
    run = world.wait_for_state("lost-events", DATE, "ACKNOWLEDGED")
    assert run["arrivals"]["lost"]["executionArn"].endswith(":lost-events-lost:l")
    (given,) = world.executions_of("lost-events", DAILY_CLOSE)
    assert given["key"] == DATE
