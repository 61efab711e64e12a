"""A batch: every message gets its own verdict, and one message's trouble is nobody else's."""

from __future__ import annotations

import json

import pytest

from fanin.domain.errors import RejectedError
from fanin.domain.run import RunState
from tests.unit.sources.events import event, status_change
from tests.unit.use_cases.faults import Fault
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, TWO, Landscape, definition, successor

pytestmark = pytest.mark.unit


def test_a_poison_message_is_quarantined_and_the_rest_of_its_batch_goes_on(landscape: Landscape) -> None:
    poison = ["{", "[]", json.dumps(event({}, source="aws.states")), status_change(LEDGER, changes={"input": "{}"})]
    landscape.arrive(poison[0], status_change(LEDGER), poison[1], poison[2], status_change(POSITIONS), poison[3])
    collected = landscape.collect()
    assert collected is not None
    assert not collected.failed
    assert [(kept.body, kept.code, kept.message_id, kept.kept_at_ms) for kept in landscape.quarantine.kept] == [
        (poison[0], "json-malformed", "m-1", landscape.clock.at_ms),
        (poison[1], "event-not-an-object", "m-3", landscape.clock.at_ms),
        (poison[2], "event-malformed", "m-4", landscape.clock.at_ms),
        (poison[3], "key-absent", "m-6", landscape.clock.at_ms),
    ]
    assert {message: error.code for message, error in collected.rejected.items()} == {
        "m-1": "json-malformed",
        "m-3": "event-not-an-object",
        "m-4": "event-malformed",
        "m-6": "key-absent",
    }
    landscape.settle()
    assert len(landscape.inputs()) == 1


def test_a_message_that_the_quarantine_does_not_take_stays_in_its_queue(landscape: Landscape) -> None:
    landscape.quarantine.refusing = True
    landscape.arrive("{", status_change(LEDGER))
    collected = landscape.collect()
    assert collected is not None
    assert list(collected.failed) == ["m-1"]
    landscape.quarantine.refusing = False
    landscape.settle()
    assert [kept.body for kept in landscape.quarantine.kept] == ["{"]
    assert landscape.run() is not None


def test_a_run_that_fails_does_not_fail_the_messages_of_other_runs(landscape: Landscape) -> None:
    keys = ["2026-03-29", "2026-03-30", "2026-03-31"]
    landscape.arrive(*(status_change(machine, key=key) for key in keys for machine in TWO.values()))
    # Each run is merged, released and woken for in three calls: the fourth from the first merge is the second run's merge.
    twin = Landscape()
    twin.apply(definition(TWO))
    twin.collector()(landscape.arrivals)
    second_merge = twin.faults.calls.index("MemoryRuns.merge") + 4
    assert twin.faults.calls[second_merge - 1] == "MemoryRuns.merge"
    landscape.faults.planned = {second_merge: Fault.REFUSED}
    collected = landscape.collect()
    assert collected is not None
    assert list(collected.failed) == ["m-3", "m-4"]
    states = [landscape.run(key) for key in keys]
    assert [run and run.state for run in states] == [RunState.SATISFIED, None, RunState.SATISFIED]
    landscape.settle()
    assert sorted(str(said["key"]) for said in landscape.inputs()) == keys


def test_the_arrivals_of_one_run_in_a_batch_are_one_write(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER, "l1"), status_change(LEDGER, "l2"), status_change(POSITIONS), status_change(LEDGER, "l1"))
    landscape.collect()
    assert landscape.faults.calls.count("MemoryRuns.merge") == 1
    run = landscape.run()
    assert run is not None
    assert run.rev == 2  # the merge and the release


def one_of_two() -> Landscape:
    """A completion that one join wants and another cannot find its key in."""
    landscape = Landscape()
    landscape.apply(definition(TWO), definition(TWO, join="by-desk", key={"input": "desk"}, successors=[successor("report")]))
    landscape.arrive(status_change(LEDGER))
    return landscape


def test_a_message_for_two_joins_is_recorded_for_one_and_quarantined_for_the_other() -> None:
    landscape = one_of_two()
    collected = landscape.collect()
    assert collected is not None
    assert not collected.failed
    assert [kept.code for kept in landscape.quarantine.kept] == ["key-absent"]
    assert landscape.run() is not None


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.ANSWER_LOST])
def test_a_message_that_one_join_refuses_and_another_fails_is_quarantined_only_when_it_is_recorded(fault: Fault) -> None:
    twin, landscape = one_of_two(), one_of_two()
    twin.collect()
    landscape.faults.planned = {twin.faults.calls.index("MemoryRuns.merge") + 1: fault}
    collected = landscape.collect()
    assert collected is not None
    assert list(collected.failed) == ["m-1"]
    assert not landscape.quarantine.kept
    landscape.settle()
    assert [kept.code for kept in landscape.quarantine.kept] == ["key-absent"]
    assert landscape.run() is not None


def test_an_empty_batch_is_nothing(landscape: Landscape) -> None:
    collected = landscape.collector()([])
    assert (collected.outcomes, collected.rejected, collected.failed) == ({}, {}, {})


def test_an_unexpected_error_is_a_message_given_back_not_an_answer(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER))
    landscape.faults.planned = {1: Fault.REFUSED}
    collected = landscape.collect()
    assert collected is not None
    assert isinstance(collected.failed["m-1"], TimeoutError)
    assert not isinstance(collected.failed["m-1"], RejectedError)


def test_receipts_rechecks_and_completions_share_a_batch(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER, key="first"), status_change(POSITIONS, key="first"))
    landscape.collect()
    landscape.forward()
    landscape.carry()
    landscape.start()
    landscape.carry()
    landscape.arrive(
        json.dumps({"v": 1, "recheck": {"join": "daily-close", "key": "first"}}),
        json.dumps({"v": 1, "recheck": {"join": "daily-close", "key": "never"}}),
        status_change(LEDGER, key="second"),
        "{",
    )
    collected = landscape.collect()
    assert collected is not None
    assert collected.outcomes == {"run-acknowledged": 1, "recheck-closed": 2, "waiting": 1}
    assert not collected.failed
