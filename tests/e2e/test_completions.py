"""Reports of executions that are odd, and count all the same: partial, repeated, contradicted, too large for their event."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from local.landscape import DAILY_CLOSE, HUB
from tests.e2e.events import body, changed, completion, without
from tests.e2e.world import BY_DATE, World, definition, hub_machine, to

pytestmark = pytest.mark.e2e

JOIN = "odd"
A, B = hub_machine("odd-a"), hub_machine("odd-b")
OPAQUE = '{"a": 1, "a": NaN, "b": 1e400, "c": "\\ud83d"'


@pytest.fixture(scope="module", autouse=True)
def joins(world: World) -> None:
    world.apply(definition(JOIN, {"a": A, "b": B}, to(DAILY_CLOSE, outputs=True), key=BY_DATE))


def state_of(world: World, key: str) -> Any:
    run = world.show(JOIN, key)
    return run and (run["state"], {slot: arrival and arrival["status"] for slot, arrival in run["arrivals"].items()})


def report(world: World, *events: dict[str, Any]) -> None:
    world.send_arrivals(*(body(event) for event in events))
    world.settle()


def released(world: World, key: str) -> dict[str, Any]:
    world.wait_for_state(JOIN, key, "ACKNOWLEDGED")
    (given,) = [given for given in world.executions_of(JOIN, DAILY_CLOSE) if given["key"] == key]
    return given


def test_a_status_that_is_not_terminal_opens_nothing(world: World) -> None:
    ids = world.send_arrivals(*(body(completion(A, status, status, businessDate="running")) for status in ("RUNNING", "PENDING_REDRIVE")))
    world.settle()
    assert state_of(world, "running") is None
    assert [world.arrivals_quarantine.of(one) for one in ids] == [None, None]


def test_a_success_stays_whatever_is_reported_of_the_execution_afterwards(world: World) -> None:
    a = completion(A, "stays", businessDate="stays")
    report(world, a, changed(a, {"status": "RUNNING"}), changed(a, {"status": "FAILED", "stopDate": a["detail"]["stopDate"] + 1000}))
    assert state_of(world, "stays") == ("OPEN", {"a": "SUCCEEDED", "b": None})


def test_a_redriven_execution_turns_its_failure_into_a_success(world: World) -> None:
    failed = completion(A, "redriven", "FAILED", businessDate="redriven")
    report(world, completion(B, "redriven", businessDate="redriven"), failed)
    assert state_of(world, "redriven") == ("OPEN", {"a": "FAILED", "b": "SUCCEEDED"})
    later = completion(A, "redriven", businessDate="redriven")
    report(world, later)
    assert released(world, "redriven")["predecessors"]["a"]["executionArn"] == failed["detail"]["executionArn"]


def test_an_execution_without_a_stop_time_counts(world: World) -> None:
    lacking = without(completion(A, "no-stop", businessDate="no-stop"), "stopDate", "startDate", "outputDetails", "inputDetails", "name")
    report(world, lacking, completion(B, "no-stop", businessDate="no-stop"))
    assert released(world, "no-stop")["predecessors"]["a"]["startedAt"] is None


@pytest.mark.parametrize("qualifier", ["7", "live"])
def test_a_qualified_state_machine_is_the_state_machine(world: World, qualifier: str) -> None:
    a = completion(A, qualifier, businessDate=f"qualified-{qualifier}")
    report(world, changed(a, {"stateMachineArn": f"{A}:{qualifier}"}), completion(B, qualifier, businessDate=f"qualified-{qualifier}"))
    assert released(world, f"qualified-{qualifier}")["predecessors"]["a"]["executionArn"] == a["detail"]["executionArn"]


def test_another_partition_is_right_when_the_definition_says_so(world: World) -> None:
    machine = f"arn:aws-cn:states:cn-north-1:{HUB}:stateMachine:odd-cn"
    world.apply(definition("partition", {"it": machine}, to(DAILY_CLOSE), key=BY_DATE))
    here, there = completion(machine.replace("aws-cn", "aws"), "x", businessDate="here"), completion(machine, "x", businessDate="there")
    report(world, *({**event, "region": "cn-north-1"} for event in (here, there)))
    world.wait_for_state("partition", "there", "ACKNOWLEDGED")
    assert world.show("partition", "here") is None


def test_an_output_travels_as_the_text_it_is(world: World) -> None:
    report(
        world,
        changed(completion(A, "opaque", businessDate="opaque"), {"output": OPAQUE}),
        changed(completion(B, "opaque", businessDate="opaque"), {"output": None}),
    )
    given = released(world, "opaque")["predecessors"]
    assert given["a"]["output"] == OPAQUE
    assert given["b"].get("output") is None


def test_an_integer_key_is_its_decimal_form(world: World) -> None:
    report(world, completion(A, "int", businessDate=20260331), completion(B, "int", businessDate="20260331"))
    assert released(world, "20260331")["reason"] == "satisfied"


def test_the_same_execution_under_a_new_event_is_no_second_arrival(world: World) -> None:
    a = completion(A, "new-id", businessDate="new-id")
    report(world, a, a, {**a, "id": "00000000-0000-4000-8000-000000000000"})
    assert state_of(world, "new-id") == ("OPEN", {"a": "SUCCEEDED", "b": None})


def test_a_completion_that_comes_after_the_release_changes_nothing_and_is_counted(world: World) -> None:
    report(world, *(completion(machine, "closed", businessDate="closed") for machine in (A, B)))
    before = released(world, "closed")
    late = world.counted("fanin-collector", "ArrivalsLate")
    report(world, completion(A, "closed-late", businessDate="closed"), completion(B, "closed-late", "FAILED", businessDate="closed"))
    assert released(world, "closed") == before
    world.wait_for_count("fanin-collector", "ArrivalsLate", late + 2)


def test_a_completion_that_no_join_wants_is_counted_and_dropped(world: World) -> None:
    before = world.counted("fanin-collector", "CompletionsNotWanted")
    (message,) = world.send_arrivals(body(completion(hub_machine("odd-unwanted"), "x", businessDate="2026-03-31")))
    world.settle()
    world.wait_for_count("fanin-collector", "CompletionsNotWanted", before + 1)
    assert world.arrivals_quarantine.of(message) is None


def test_an_input_too_large_for_its_event_is_asked_for(world: World) -> None:
    machine = world.job(HUB, "odd-large")
    world.apply(definition("large", {"it": machine}, to(DAILY_CLOSE), key=BY_DATE))
    world.run(machine, "large", businessDate="2026-03-31", padding="x" * 255_000)
    world.wait_for_state("large", "2026-03-31", "ACKNOWLEDGED")
    (told,) = world.completions.events(lambda event: event["detail"]["stateMachineArn"] == machine)
    assert (told["detail"]["input"], told["detail"]["inputDetails"]) == (None, {"included": False})


def test_an_input_that_nobody_can_be_asked_for_is_refused(world: World) -> None:
    left_out = changed(completion(A, "never-ran", businessDate="-"), {"input": None, "inputDetails": {"included": False}})
    (message,) = world.send_arrivals(body(left_out))
    assert world.arrivals_quarantine.wait_for(message).code == "input-unavailable"


def test_outputs_that_together_are_too_large_are_left_out_and_the_release_says_so(world: World) -> None:
    large = json.dumps({"text": "x" * 120_000})
    report(world, *(changed(completion(machine, "heavy", businessDate="heavy"), {"output": large}) for machine in (A, B)))
    given = released(world, "heavy")["predecessors"]
    left_out = [slot for slot in ("a", "b") if not given[slot]["outputDetails"]["included"]]
    assert len(left_out) == 1
    details = given[left_out[0]]["outputDetails"]
    assert (details["bytes"], len(details["sha256"]), given[left_out[0]].get("output")) == (len(large), 64, None)


def test_a_burst_of_reports_for_one_run_is_one_release(world: World) -> None:
    started = time.monotonic()
    report(world, *(completion(machine, f"burst-{number}", businessDate="burst") for number in range(20) for machine in (A, B)))
    assert released(world, "burst")["attempt"] == 1
    assert time.monotonic() - started < 30
