"""Time, failures and attempts on deployed stacks: timers are real delayed messages, and nobody sweeps but where a test says so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from local.landscape import DAILY_CLOSE, SECOND_TARGET
from tests.e2e.events import body, completion
from tests.e2e.watching import eventually
from tests.e2e.world import BY_DATE, World, definition, hub_machine, to

pytestmark = pytest.mark.e2e

DATE = "2026-03-31"
MINUTE_S = 75.0


def report(world: World, machine: str, name: str, status: str = "SUCCEEDED") -> None:
    world.send_arrivals(body(completion(machine, name, status, businessDate=DATE)))


def join_of(name: str, *successors: dict[str, Any], **more: Any) -> tuple[dict[str, Any], str, str]:
    """A join over two machines of its own, and their ARNs."""
    left, right = hub_machine(f"{name}-left"), hub_machine(f"{name}-right")
    return definition(name, {"left": left, "right": right}, *successors, key=BY_DATE) | more, left, right


def test_at_the_deadline_what_is_there_is_released(world: World) -> None:
    document, left, _ = join_of("deadline", to(DAILY_CLOSE), deadlines=[{"after": "PT3S", "then": "release"}])
    world.apply(document)
    report(world, left, "l")
    world.wait_for_state("deadline", DATE, "OPEN")
    world.wait_for_state("deadline", DATE, "ACKNOWLEDGED")
    (given,) = world.executions_of("deadline", DAILY_CLOSE)
    assert (given["reason"], list(given["predecessors"])) == ("deadline", ["left"])
    run = world.show("deadline", DATE)
    assert run is not None
    waited_ms = given["releasedAt"] - run["openedAtMs"]
    assert 3_000 <= waited_ms < 5_000


def test_a_failure_release_goes_to_whoever_asked_and_a_redrive_opens_the_next_attempt(world: World) -> None:
    document, left, right = join_of("failing", to(DAILY_CLOSE), {**to(SECOND_TARGET), "on": ["failed"]}, onFailure="fail")
    world.apply(document)
    report(world, left, "l", "FAILED")
    world.wait_for_state("failing", DATE, "FAILED")
    (told,) = eventually(lambda: world.executions_of("failing", SECOND_TARGET), "the failure release")
    assert (told["outcome"], told["reason"], told["predecessors"]["left"]["status"]) == ("failed", "impossible", "FAILED")
    assert world.executions_of("failing", DAILY_CLOSE) == []
    report(world, left, "l")  # redriven: the same execution, now a success
    report(world, right, "r")
    world.wait_for_state("failing", DATE, "ACKNOWLEDGED")
    (given,) = world.executions_of("failing", DAILY_CLOSE)
    assert (given["attempt"], given["outcome"]) == (2, "released")
    assert len(world.executions_of("failing", SECOND_TARGET)) == 1
    eventually(lambda: {"FAILED", "REOPENED", "RELEASED"} <= set(world.notices_of("failing", DATE)), "the notices")


def test_a_late_arrival_opens_the_next_attempt_with_the_other_slots_kept(world: World) -> None:
    document, left, right = join_of("once-more", to(DAILY_CLOSE), afterRelease="again")
    world.apply(document)
    report(world, left, "l")
    report(world, right, "r")
    world.wait_for_state("once-more", DATE, "ACKNOWLEDGED")
    report(world, left, "l")  # a repeat is no news
    world.settle()
    assert len(world.executions_of("once-more", DAILY_CLOSE)) == 1
    report(world, left, "l-corrected")
    first, second = eventually(lambda: _pair(world.executions_of("once-more", DAILY_CLOSE)), "the second attempt")
    assert (first["attempt"], second["attempt"]) == (1, 2)
    assert second["predecessors"]["left"]["executionArn"].endswith(":l-corrected")
    assert second["predecessors"]["right"] == first["predecessors"]["right"]


def test_a_run_settles_before_it_is_released(world: World) -> None:
    document, left, right = join_of("settling", to(DAILY_CLOSE), settle="PT3S")
    world.apply(document)
    report(world, left, "l")
    report(world, right, "r")
    world.wait_for_state("settling", DATE, "ACKNOWLEDGED")
    (given,) = world.executions_of("settling", DAILY_CLOSE)
    run = world.show("settling", DATE)
    assert run is not None
    assert given["releasedAt"] - run["openedAtMs"] >= 3_000


def test_an_expected_run_that_nobody_started_is_opened_and_misses_its_deadline(world: World) -> None:
    machine = hub_machine("expected")
    document = definition("expected", {"it": machine}, to(DAILY_CLOSE), key={"window": {"cron": "* * * * *", "zone": "UTC"}})
    world.apply(document | {"expect": True, "deadlines": [{"after": "PT1S", "then": "alert"}]})

    def missed() -> list[dict[str, Any]] | None:
        world.sweep()
        return [run for run in world.runs("expected") if "DEADLINE_MISSED" in world.notices_of("expected", run["key"])] or None

    (run, *_) = eventually(missed, "an expected run that missed its deadline", MINUTE_S)
    assert (run["state"], run["arrived"]) == ("OPEN", 0)
    opened = datetime.fromtimestamp(run["openedAtMs"] / 1000, UTC)
    assert opened.second < 10
    assert world.executions_of("expected", DAILY_CLOSE) == []
    answer = world.ask_operator(action="delete", join="expected")
    assert answer["ok"]


def _pair(found: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    if len(found) < 2:
        return None
    first, second = sorted(found, key=lambda given: int(given["attempt"]))
    return first, second
