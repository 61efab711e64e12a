"""What is broken outside the hub holds up nothing else, and what waits for it goes on by itself when it is mended."""

from __future__ import annotations

import time
from typing import Any

import pytest

from local.landscape import DAILY_CLOSE, HUB, SUCCESSOR, SUCCESSOR_NAME
from tests.e2e.deployment import AUDIT
from tests.e2e.events import body, completion
from tests.e2e.faults import closed
from tests.e2e.grants import role_of
from tests.e2e.watching import DEADLINE_S, eventually
from tests.e2e.world import BY_DATE, World, definition, hub_machine, to

pytestmark = pytest.mark.e2e

NUMBER = 20
# Every five seconds at first, then twice as long each time: after a minute of refusals the next try is 80 s away at the most.
BACKED_OFF_S = 180.0


def took_ms(run: dict[str, Any]) -> int:
    """From the last completion to the acknowledgement."""
    last = max(one["stoppedAtMs"] for one in run["arrivals"].values())
    acknowledged: int = run["deliveries"][0]["acknowledgedAtMs"]
    return acknowledged - int(last)


def test_releases_wait_for_a_bus_and_hold_up_no_other_join(world: World) -> None:
    keys = [f"{number:02d}" for number in range(NUMBER)]
    waiting, others = hub_machine("waits-for-bus"), hub_machine("does-not-wait")
    world.apply(
        definition("waits-for-bus", {"it": waiting}, to(DAILY_CLOSE), key=BY_DATE),
        definition("does-not-wait", {"it": others}, to(AUDIT), key=BY_DATE),
    )
    world.send_arrivals(body(completion(others, "first", businessDate="first")))
    arrived(world, "does-not-wait", "first", BACKED_OFF_S)
    # As it is without a broken bus, on whatever machine this runs, once every function has run.
    world.send_arrivals(*(body(completion(others, "before", businessDate=f"{key}-before")) for key in keys))
    before = [took_ms(arrived(world, "does-not-wait", f"{key}-before")) for key in keys]
    with closed(world, SUCCESSOR, SUCCESSOR_NAME, role_of(world.aws, HUB, "fanin-forwarder")):
        world.send_arrivals(*(body(completion(machine, "x", businessDate=key)) for key in keys for machine in (waiting, others)))
        meanwhile = [took_ms(arrived(world, "does-not-wait", key)) for key in keys]
        for key in keys:
            run = eventually(lambda key=key: refused(world, key), "the bus's refusal")  # type: ignore[misc]  # the key of this round
            assert (run["state"], run["deliveries"][0]["state"]) == ("SATISFIED", "DUE")
        assert world.executions_of("waits-for-bus", DAILY_CLOSE) == []
    restored = time.monotonic()
    # Nobody sweeps and nothing is made due: the schedule's sweeps, and the deliveries' own times.
    for key in keys:
        arrived(world, "waits-for-bus", key, BACKED_OFF_S)
    print(f"others: {max(before)} ms before, {max(meanwhile)} ms meanwhile; all {NUMBER} out {time.monotonic() - restored:.0f} s after")  # noqa: T201
    # Twice as many releases in the queue, half of them refused: in the same breath, not in another minute.
    assert max(meanwhile) < 3 * max(before) + 5_000
    assert [given["key"] for given in world.executions_of("waits-for-bus", DAILY_CLOSE)] == keys


def test_a_source_that_cannot_be_asked_is_counted_and_asked_again(world: World) -> None:
    """The alarm on reconciliation watches this count."""
    machine = world.job(HUB, "throttled-source")
    world.apply(definition("throttled-source", {"it": machine}, to(AUDIT), key=BY_DATE))
    before = world.counted("fanin-sweeper", "SourcesFailed")
    world.aws.throttle({"states:ListExecutions": 1.0})
    try:
        world.table.make_watch_due(machine)
        world.sweep()
    finally:
        world.aws.throttle({})
    world.wait_for_count("fanin-sweeper", "SourcesFailed", before + 1)
    asked = world.counted("fanin-sweeper", "SourcesAsked")
    world.table.make_watch_due(machine)
    world.sweep()
    world.wait_for_count("fanin-sweeper", "SourcesAsked", asked + 1)


def refused(world: World, key: str) -> dict[str, Any] | None:
    run = world.show("waits-for-bus", key)
    return run if run and run["deliveries"] and run["deliveries"][0]["lastError"] == "AccessDeniedException" else None


def arrived(world: World, join: str, key: str, within_s: float = DEADLINE_S) -> dict[str, Any]:
    """The run, as soon as its release's receipt is written down: after the run itself is closed."""

    def acknowledged() -> dict[str, Any] | None:
        run = world.show(join, key)
        return run if run and run["deliveries"] and run["deliveries"][0]["state"] == "ACKNOWLEDGED" else None

    return eventually(acknowledged, f"the release of {join}/{key} to be acknowledged", within_s)
