"""Receipts: from the delivery's own account, for what this hub has sent, and as often as they come."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from fanin.domain.delivery import DeliveryState
from fanin.domain.run import RunState
from tests.unit.sources.events import HUB, OTHER, status_change
from tests.unit.use_cases.faults import Fault
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, SECOND_SUCCESSOR, SUCCESSOR, TWO, Landscape, definition, successor

pytestmark = pytest.mark.unit


def sent(successors: int = 1) -> Landscape:
    """A run whose releases were started; the receipts are in the arrivals queue."""
    landscape = Landscape()
    landscape.apply(definition(TWO, successors=[successor(), successor("report", SECOND_SUCCESSOR)][:successors]))
    landscape.arrive(status_change(LEDGER), status_change(POSITIONS))
    landscape.collect()
    landscape.forward()
    landscape.carry()
    landscape.start()
    landscape.carry()
    assert len(landscape.arrivals) == successors
    return landscape


def state(landscape: Landscape) -> RunState:
    run = landscape.run()
    assert run is not None
    return run.state


def taken(landscape: Landscape, body: str) -> str:
    """The outcome of one receipt, or the code under which it was quarantined."""
    before = len(landscape.quarantine.kept)
    landscape.arrivals.clear()
    landscape.arrive(body)
    collected = landscape.collect()
    assert collected is not None
    assert not collected.failed
    if len(landscape.quarantine.kept) > before:
        return landscape.quarantine.kept[-1].code
    (outcome,) = collected.outcomes
    return outcome


def forged(landscape: Landscape, changes: Mapping[str, object], account: str | None = None) -> str:
    """The receipt, as somebody else would like it to be."""
    event = json.loads(landscape.arrivals[0].body)
    event["detail"].update(changes)
    return json.dumps({**event, "account": account or event["account"]})


def test_a_receipt_is_written_down_and_closes_the_run() -> None:
    landscape = sent()
    assert taken(landscape, landscape.arrivals[0].body) == "run-acknowledged"
    (delivery,) = landscape.deliveries()
    (execution_arn,) = landscape.machines.executions
    assert delivery.state is DeliveryState.ACKNOWLEDGED
    assert delivery.execution_arn == execution_arn
    assert delivery.due_at_ms is None
    assert delivery.acknowledged_at_ms == delivery.verified_at_ms == delivery.started_at_ms == landscape.clock.at_ms
    assert state(landscape) is RunState.ACKNOWLEDGED


def test_a_receipt_that_comes_again_changes_nothing() -> None:
    landscape = sent()
    body = landscape.arrivals[0].body
    taken(landscape, body)
    before = dict(landscape.table.deliveries), dict(landscape.table.runs)
    landscape.clock.advance(60_000)
    assert taken(landscape, body) == "delivery-acknowledged"
    assert (landscape.table.deliveries, landscape.table.runs) == before


def test_the_run_is_closed_by_the_last_of_its_receipts() -> None:
    landscape = sent(successors=2)
    first, second = (message.body for message in landscape.arrivals)
    assert taken(landscape, first) == "delivery-acknowledged"
    assert state(landscape) is RunState.SATISFIED
    assert taken(landscape, first) == "delivery-acknowledged"
    assert taken(landscape, second) == "run-acknowledged"
    assert state(landscape) is RunState.ACKNOWLEDGED


TAKING = [
    "MemoryDeliveries.of_run",
    "MemoryRuns.acknowledge",
    "MemoryWakeups.wake",
    "MemoryDeliveries.save",
]


def crashed(name: str, fault: Fault) -> Landscape:
    """A landscape whose collector crashed on the one receipt, at the first call of that name."""
    twin = sent()
    twin.faults.calls.clear()
    twin.collect()
    landscape = sent()
    landscape.faults.calls.clear()
    landscape.faults.planned = {twin.faults.calls.index(name) + 1: fault}
    assert landscape.collect() is None
    return landscape


@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER])
@pytest.mark.parametrize("name", TAKING)
def test_a_redelivered_receipt_finishes_what_a_crash_left(name: str, fault: Fault) -> None:
    landscape = crashed(name, fault)
    landscape.clock.advance(1_000)
    assert landscape.collect() is not None
    assert state(landscape) is RunState.ACKNOWLEDGED
    assert landscape.all_acknowledged()
    landscape.until_quiet(waits_s=(20,))
    assert landscape.told() == ["RELEASED 2026-03-31", "ACKNOWLEDGED 2026-03-31"]


@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER])
@pytest.mark.parametrize("name", TAKING)
def test_a_receipt_that_a_crash_sends_to_the_dead_letters_leaves_nothing_waiting_for_it(name: str, fault: Fault) -> None:
    """Found by the model (models/narrow_run.pml): the run is closed first, so whatever is left undone is still due."""
    landscape = crashed(name, fault)
    landscape.arrivals.clear()
    landscape.until_quiet()
    assert state(landscape) is RunState.ACKNOWLEDGED
    assert landscape.all_acknowledged()
    assert len(landscape.machines.executions) == 1
    assert sorted(landscape.told()) == ["ACKNOWLEDGED 2026-03-31", "RELEASED 2026-03-31"]


@pytest.mark.parametrize("at", range(1, 4))
def test_the_last_two_receipts_may_be_taken_at_one_time(at: int) -> None:
    landscape = sent(successors=2)
    first, second = landscape.arrivals
    landscape.arrivals[:] = [first]
    landscape.faults.calls.clear()
    other = landscape.collector()
    met: list[object] = []
    landscape.faults.planned = {at: lambda: met.append(other([second]))}
    landscape.collect()
    assert met
    assert state(landscape) is RunState.ACKNOWLEDGED
    assert landscape.all_acknowledged()


def test_an_acknowledgement_in_the_way_of_another_transaction_is_made_again() -> None:
    landscape = sent()
    # of_run, then the transaction
    landscape.faults.planned = {len(landscape.faults.calls) + 2: Fault.CONFLICT}
    assert landscape.collect() is not None
    assert state(landscape) is RunState.ACKNOWLEDGED
    assert landscape.faults.calls.count("MemoryRuns.acknowledge") == 2
    assert landscape.all_acknowledged()


def test_a_receipt_whose_run_never_lets_go_is_redelivered() -> None:
    landscape = sent()
    landscape.faults.planned = {len(landscape.faults.calls) + call: Fault.CONFLICT for call in range(2, 100)}
    collected = landscape.collect()
    assert collected is not None
    assert collected.failed
    assert state(landscape) is RunState.SATISFIED
    landscape.faults.planned = {}
    landscape.until_quiet()
    assert state(landscape) is RunState.ACKNOWLEDGED


def test_a_receipt_of_an_attempt_that_was_reopened_closes_nothing() -> None:
    landscape = sent()
    run = landscape.run()
    assert run is not None
    landscape.table.runs[run.id] = run._replace(attempt=run.attempt + 1)
    assert taken(landscape, landscape.arrivals[0].body) == "delivery-acknowledged"
    assert state(landscape) is RunState.SATISFIED
    assert landscape.all_acknowledged()


UNKNOWN = "receipt-unknown"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"jti": "x" * 43}, UNKNOWN),
        ({"iss": "urn:fanin:aws:us-east-1:999999999999:fanin"}, UNKNOWN),
        ({"target": "report"}, UNKNOWN),
        ({"sub": "daily-close/1/released/2026-04-01"}, UNKNOWN),
        ({"sub": "daily-close/2/released/2026-03-31"}, UNKNOWN),
        ({"sub": "daily-close/1/failed/2026-03-31"}, UNKNOWN),
        ({"sub": "daily-close/01/released/2026-03-31"}, UNKNOWN),
        ({"sub": "another/1/released/2026-03-31"}, UNKNOWN),
        ({"sub": "daily-close"}, "receipt-malformed"),
        ({"sub": "daily-close/1/released/" + "k" * 300, "jti": "x" * 43}, UNKNOWN),
        ({"executionArn": f"arn:aws:states:us-east-1:{HUB}:execution:daily-close:x"}, "receipt-account"),
        ({"executionArn": "close"}, "receipt-account"),
    ],
)
def test_a_receipt_for_what_was_not_sent_acknowledges_nothing(changes: dict[str, object], code: str) -> None:
    landscape = sent()
    assert taken(landscape, forged(landscape, changes)) == code
    assert state(landscape) is RunState.SATISFIED
    assert not landscape.all_acknowledged()


@pytest.mark.parametrize("account", [HUB, OTHER, SECOND_SUCCESSOR])
def test_a_receipt_from_another_account_acknowledges_nothing(account: str) -> None:
    landscape = sent(successors=2)
    mine = next(message for message in landscape.arrivals if json.loads(message.body)["account"] == SUCCESSOR)
    landscape.arrivals.remove(mine)
    landscape.arrivals.insert(0, mine)
    assert taken(landscape, forged(landscape, {}, account)) == "receipt-account"
    assert not any(one.state is DeliveryState.ACKNOWLEDGED for one in landscape.deliveries())


def test_a_forged_receipt_raises_an_alarm() -> None:
    landscape = sent()
    body = forged(landscape, {}, OTHER)
    landscape.arrivals.clear()
    landscape.arrive(body)
    collected = landscape.collect()
    assert collected is not None
    (error,) = collected.rejected.values()
    assert type(error).__name__ == "SecurityError"
