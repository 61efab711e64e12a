"""The promise: when all predecessors have finished for a key, each successor starts once, and the hub knows it."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from fanin.domain.delivery import DeliveryState
from fanin.domain.run import RunState
from tests.unit.sources.events import NOW_MS, execution_arn, machine_arn, status_change
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, SECOND_SUCCESSOR, TWO, Landscape, definition, successor

pytestmark = pytest.mark.unit

RISK = machine_arn("risk")
THREE = {**TWO, "risk": RISK}


def test_two_predecessors_start_the_successor_with_proof_of_both(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER, "ledger-1"), status_change(POSITIONS, "positions-1"))
    landscape.settle()
    assert landscape.inputs() == [
        {
            "v": 1,
            "join": "daily-close",
            "key": "2026-03-31",
            "attempt": 1,
            "outcome": "released",
            "reason": "satisfied",
            "releasedAt": landscape.clock.at_ms,
            "planVersion": 1,
            "predecessors": {
                name: {
                    "executionArn": execution_arn(machine, f"{name}-1"),
                    "status": "SUCCEEDED",
                    "startedAt": NOW_MS - 3_000,
                    "stoppedAt": NOW_MS - 2_000,
                }
                for name, machine in TWO.items()
            },
        }
    ]
    run = landscape.run()
    assert run is not None
    assert run.state is RunState.ACKNOWLEDGED
    assert landscape.all_acknowledged()
    assert landscape.told() == ["RELEASED 2026-03-31", "ACKNOWLEDGED 2026-03-31"]
    assert not landscape.quarantine.kept


def test_one_of_two_starts_nothing(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER))
    landscape.until_quiet()
    run = landscape.run()
    assert run is not None
    assert run.state is RunState.OPEN
    assert landscape.inputs() == []


def test_the_same_predecessor_twice_is_not_both(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER, "first"), status_change(LEDGER, "second"), status_change(LEDGER, "first"))
    landscape.until_quiet()
    assert landscape.inputs() == []


@pytest.mark.parametrize("order", list(permutations(THREE)), ids=" ".join)
@pytest.mark.parametrize("batch", [1, 10])
def test_three_predecessors_in_any_order_and_any_batch(order: tuple[str, ...], batch: int) -> None:
    landscape = Landscape()
    landscape.apply(definition(THREE))
    landscape.arrive(*(status_change(THREE[name], name) for name in order))
    landscape.collect_all(batch=batch)
    landscape.settle()
    (found,) = landscape.inputs()
    assert isinstance(found["predecessors"], dict)
    assert set(found["predecessors"]) == set(THREE)


def test_interleaved_keys_never_mix(landscape: Landscape) -> None:
    keys = [f"2026-03-{day:02d}" for day in range(1, 11)]
    bodies = [status_change(machine, f"{name}-{key}", key=key) for key in keys for name, machine in TWO.items()]
    missing = bodies.pop()
    shuffled = bodies * 2
    random.Random(7).shuffle(shuffled)
    landscape.arrive(*shuffled)
    landscape.settle(rounds=30)
    assert sorted(str(one["key"]) for one in landscape.inputs()) == keys[:-1]
    for one in landscape.inputs():
        assert isinstance(one["predecessors"], dict)
        assert {said["executionArn"].rpartition(":")[2] for said in one["predecessors"].values()} == {
            f"{name}-{one['key']}" for name in TWO
        }
    landscape.arrive(missing)
    landscape.settle()
    assert len(landscape.inputs()) == len(keys)


def test_two_joins_may_wait_for_one_predecessor() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO), definition({"ledger": LEDGER, "risk": RISK}, join="risk-report", successors=[successor("report")]))
    landscape.arrive(status_change(LEDGER), status_change(POSITIONS), status_change(RISK))
    landscape.settle()
    assert sorted(str(one["join"]) for one in landscape.inputs()) == ["daily-close", "risk-report"]


def test_two_successors_start_once_each_and_the_run_waits_for_both_receipts() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO, successors=[successor(), successor("report", SECOND_SUCCESSOR)]))
    landscape.hub_bus.refusals["arn:aws:events:us-east-1:444444444444:event-bus/fanin-successor"] = "AccessDeniedException"
    landscape.arrive(status_change(LEDGER), status_change(POSITIONS))
    landscape.settle()
    run = landscape.run()
    assert run is not None
    assert run.state is RunState.SATISFIED
    assert sorted(one.state for one in landscape.deliveries()) == [DeliveryState.ACKNOWLEDGED, DeliveryState.DUE]
    landscape.hub_bus.refusals.clear()
    landscape.until_quiet()
    run = landscape.run()
    assert run is not None
    assert run.state is RunState.ACKNOWLEDGED
    assert sorted(name.split(":")[6] for name in landscape.machines.executions) == ["daily-close", "report"]
    assert landscape.told() == ["RELEASED 2026-03-31", "ACKNOWLEDGED 2026-03-31"]


def test_two_targets_of_one_bus_start_once_each() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO, successors=[successor(), successor("report")]))
    landscape.arrive(status_change(LEDGER), status_change(POSITIONS))
    landscape.settle()
    assert sorted(name.split(":")[6] for name in landscape.machines.executions) == ["daily-close", "report"]
    assert len({one.jti for one in landscape.deliveries()}) == 2
    assert len(landscape.table.payloads) == 1


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_failure_waits_and_a_rerun_releases(landscape: Landscape, status: str) -> None:
    landscape.arrive(status_change(LEDGER, "first", status), status_change(POSITIONS))
    landscape.until_quiet()
    assert landscape.inputs() == []
    landscape.arrive(status_change(LEDGER, "second", stopped_at_ms=NOW_MS))
    landscape.settle()
    assert predecessor_of(landscape, "ledger") == "second"


def test_a_redriven_execution_that_succeeds_releases(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER, "close", "FAILED"), status_change(POSITIONS))
    landscape.settle()
    landscape.arrive(
        status_change(LEDGER, "close", "PENDING_REDRIVE", stopped_at_ms=NOW_MS),
        status_change(LEDGER, "close", "SUCCEEDED", stopped_at_ms=NOW_MS + 5, changes={"redriveCount": 1, "redriveDate": "2026-03-31"}),
    )
    landscape.settle()
    assert predecessor_of(landscape, "ledger") == "close"


def test_a_redrive_reported_before_its_own_failure_releases(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER, "close", "SUCCEEDED", stopped_at_ms=NOW_MS), status_change(LEDGER, "close", "FAILED"))
    landscape.arrive(status_change(POSITIONS))
    landscape.settle()
    assert predecessor_of(landscape, "ledger") == "close"


def test_a_failure_after_the_success_takes_nothing_back(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER, "first"), status_change(LEDGER, "second", "FAILED", stopped_at_ms=NOW_MS))
    landscape.arrive(status_change(POSITIONS))
    landscape.settle()
    assert predecessor_of(landscape, "ledger") == "first"


def test_the_later_of_two_successes_is_released(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER, "second", stopped_at_ms=NOW_MS), status_change(LEDGER, "first"), status_change(POSITIONS))
    landscape.settle()
    assert predecessor_of(landscape, "ledger") == "second"


def test_having_started_is_wanted_by_nobody_where_no_predecessor_is_optional(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER, status="RUNNING"))
    collected = landscape.collect()
    assert collected is not None
    assert collected.outcomes == {"not-wanted": 1}
    assert landscape.run() is None


def test_what_comes_after_the_release_is_late_or_a_duplicate_and_changes_nothing(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER, "first"), status_change(POSITIONS))
    landscape.settle()
    before = landscape.run()
    landscape.arrive(
        status_change(LEDGER, "first"),
        status_change(LEDGER, "first", stopped_at_ms=NOW_MS - 1),
        status_change(LEDGER, "second", stopped_at_ms=NOW_MS),
        status_change(LEDGER, "first", "FAILED"),
        status_change(LEDGER, "first", "RUNNING"),
    )
    outcomes = {}
    while landscape.arrivals:
        collected = landscape.collect(batch=1)
        assert collected is not None
        assert not collected.failed
        outcomes[len(landscape.arrivals)] = dict(collected.outcomes)
    assert outcomes == {4: {"duplicate": 1}, 3: {"duplicate": 1}, 2: {"late": 1}, 1: {"late": 1}, 0: {"not-wanted": 1}}
    landscape.until_quiet()
    assert landscape.run() == before
    assert len(landscape.inputs()) == 1


def predecessor_of(landscape: Landscape, name: str) -> str:
    """The name of the execution that the one release says stands for a predecessor."""
    (found,) = landscape.inputs()
    predecessors = found["predecessors"]
    assert isinstance(predecessors, dict)
    arn: str = predecessors[name]["executionArn"]
    return arn.rpartition(":")[2]
