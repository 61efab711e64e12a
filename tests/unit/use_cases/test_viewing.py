"""Viewing: what people see of joins, runs and deliveries, as JSON."""

from __future__ import annotations

import json

import pytest

from fanin.adapters.memory_deliveries import MemoryDeliveries
from fanin.adapters.memory_journals import MemoryJournals
from fanin.adapters.memory_plans import MemoryPlans
from fanin.adapters.memory_runs import MemoryRuns
from fanin.adapters.memory_streams import MemoryStreams
from fanin.adapters.sequential import Sequential
from fanin.domain.errors import RejectedError
from fanin.domain.run import RunId, RunState
from fanin.use_cases.export_trust import ExportTrust
from fanin.use_cases.read_journal import ReadJournal
from fanin.use_cases.view_state import ViewState
from tests.unit.signing.keys import HUB_KEY
from tests.unit.sources.events import HUB, NOW_MS, execution_arn, machine_arn, status_change
from tests.unit.use_cases.landscape import ISSUER, LEDGER, POSITIONS, TWO, Landscape, bus_arn, definition, trusting
from tests.unit.use_cases.software_signer import one_key

pytestmark = pytest.mark.unit


def viewing(landscape: Landscape) -> ViewState:
    table = landscape.table
    deliveries = MemoryDeliveries(table)
    read_journal = ReadJournal(MemoryJournals(table), deliveries, Sequential())
    return ViewState(MemoryPlans(table), MemoryRuns(table), MemoryStreams(table), deliveries, read_journal)


@pytest.fixture
def landscape() -> Landscape:
    """One run open, one on its way, one acknowledged."""
    found = Landscape()
    found.apply(definition(TWO))
    found.arrive(status_change(LEDGER, key="a-done"), status_change(POSITIONS, key="a-done"))
    found.settle()
    found.arrive(
        status_change(LEDGER, key="b-on-its-way"), status_change(POSITIONS, key="b-on-its-way"), status_change(LEDGER, key="c-open")
    )
    found.collect()
    return found


def states(view: ViewState, state: RunState | None = None, limit: int = 50) -> list[tuple[object, object]]:
    found = view.runs_of("daily-close", state, limit)
    assert all(isinstance(one, dict) for one in found)
    return [(one["key"], one["state"]) for one in found if isinstance(one, dict)]


PLAIN = {"optional": False, "offsetDays": 0, "offsetInBusinessDays": False, "count": None}


def test_joins_are_listed_without_the_deleted_ones(landscape: Landscape) -> None:
    landscape.apply(definition(TWO, join="another"))
    landscape.operator().withdraw("another")
    assert viewing(landscape).joins() == [
        {
            "join": "daily-close",
            "version": 1,
            "description": "",
            "key": {"kind": "input", "expression": "businessDate"},
            "predecessors": [
                {"name": "ledger", "kind": "stepfunctions", "arn": LEDGER, **PLAIN},
                {"name": "positions", "kind": "stepfunctions", "arn": POSITIONS, **PLAIN},
            ],
            "successors": [{"target": "daily-close", "bus": bus_arn(), "outputs": False, "outcomes": ["released"]}],
            "appliedAtMs": NOW_MS,
            "liveVersions": [1],
        }
    ]


def test_runs_are_listed_greatest_key_first(landscape: Landscape) -> None:
    view = viewing(landscape)
    assert states(view) == [("c-open", "OPEN"), ("b-on-its-way", "SATISFIED"), ("a-done", "ACKNOWLEDGED")]
    assert states(view, limit=1) == [("c-open", "OPEN")]
    assert states(view, RunState.ACKNOWLEDGED, limit=1) == [("a-done", "ACKNOWLEDGED")]


def test_a_run_is_released_when_all_its_deliveries_are_sent(landscape: Landscape) -> None:
    landscape.forward()
    assert states(viewing(landscape))[1] == ("b-on-its-way", "RELEASED")


def test_a_waiting_run_shows_what_is_missing(landscape: Landscape) -> None:
    run = viewing(landscape).run(RunId("daily-close", "c-open"))
    assert (run["arrived"], run["needed"], run["missing"]) == (1, 2, ["positions"])
    assert run["arrivals"] == {
        "ledger": {
            "status": "SUCCEEDED",
            "executionArn": execution_arn(LEDGER, "close"),
            "startedAtMs": NOW_MS - 3_000,
            "stoppedAtMs": NOW_MS - 2_000,
        },
        "positions": None,
    }
    assert run["releases"] == run["deliveries"] == []


def test_a_done_run_shows_its_release_and_its_delivery(landscape: Landscape) -> None:
    run = viewing(landscape).run(RunId("daily-close", "a-done"))
    (delivery,) = landscape.deliveries()[:1]
    assert run["missing"] == []
    assert run["releases"] == [{"attempt": 1, "outcome": "released", "releasedAtMs": delivery.frozen_at_ms}]
    (shown,) = run["deliveries"] if isinstance(run["deliveries"], list) else []
    assert isinstance(shown, dict)
    assert (shown["state"], shown["jti"], shown["executionArn"]) == ("ACKNOWLEDGED", delivery.jti, delivery.execution_arn)
    json.dumps(run)


def test_a_stream_is_the_open_run_of_its_join() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO, key={"latest": True}))
    landscape.arrive(status_change(LEDGER, "l1"), status_change(POSITIONS, "p1"))
    landscape.settle()
    landscape.arrive(status_change(LEDGER, "l2", stopped_at_ms=NOW_MS))
    landscape.settle()
    view = viewing(landscape)
    assert states(view) == [("latest", "OPEN"), ("20260101T000000Z.000001", "ACKNOWLEDGED")]
    assert view.run(RunId("daily-close", "latest"))["missing"] == ["positions"]


def test_a_run_of_an_older_version_is_shown_by_its_own_plan(landscape: Landscape) -> None:
    landscape.apply(definition({"assets": machine_arn("assets"), **TWO}))
    arrivals = viewing(landscape).run(RunId("daily-close", "c-open"))["arrivals"]
    assert isinstance(arrivals, dict)
    assert set(arrivals) == set(TWO)


def test_what_is_not_there_is_said(landscape: Landscape) -> None:
    view = viewing(landscape)
    with pytest.raises(RejectedError, match="join-not-found"):
        view.runs_of("never", None, 1)
    with pytest.raises(RejectedError, match="join-not-found"):
        view.run(RunId("never", "x"))
    with pytest.raises(RejectedError, match="run-not-found"):
        view.run(RunId("daily-close", "never"))


def test_the_exported_trust_is_the_document_that_a_successor_pins() -> None:
    exported = ExportTrust(one_key(), ISSUER, HUB)()
    assert exported == trusting().members()
    assert list(exported["keys"]) == [HUB_KEY.kid()] if isinstance(exported["keys"], dict) else False


def test_a_counted_predecessor_is_shown_by_its_numbers() -> None:
    landscape = Landscape()
    loader = machine_arn("loader")
    document = {
        **definition({"ledger": LEDGER}),
        "predecessors": {"loads": {"stateMachine": loader, "count": 3, "failures": {"tolerate": 1}}},
    }
    landscape.apply(document)
    landscape.arrive(status_change(loader, "load-1"), status_change(loader, "load-2", "FAILED"), status_change(loader, "load-1"))
    landscape.collect_all(1)
    viewer = viewing(landscape)
    (listed,) = viewer.runs_of("daily-close", None, 10)
    assert isinstance(listed, dict)
    assert (listed["arrived"], listed["needed"]) == (3, 3)  # of a hint, which may count twice
    run = viewer.run(RunId("daily-close", "2026-03-31"))
    assert (run["arrived"], run["needed"], run["missing"]) == (1, 3, ["loads"])
    assert run["arrivals"] == {
        "loads": {
            "expected": 3,
            "succeeded": 1,
            "failed": 1,
            "failedExecutions": [{"execution": "load-2", "status": "FAILED", "stoppedAtMs": NOW_MS - 2_000}],
            "failedExecutionsLeftOut": 0,
        }
    }
    landscape.arrive(status_change(loader, "load-3"), status_change(loader, "load-4"))
    landscape.collect_all(1)
    closed = viewer.run(RunId("daily-close", "2026-03-31"))
    assert (closed["state"], closed["arrived"], closed["missing"]) == ("SATISFIED", 2, [])


def test_a_count_is_told_with_its_join() -> None:
    landscape = Landscape()
    loads = {"stateMachine": machine_arn("loader"), "count": "announced", "failures": {"tolerate": "2.5%"}}
    landscape.apply({**definition({"ledger": LEDGER}), "predecessors": {"loads": loads}})
    (join,) = viewing(landscape).joins()
    assert isinstance(join, dict)
    assert isinstance(join["predecessors"], list)
    (predecessor,) = join["predecessors"]
    assert isinstance(predecessor, dict)
    assert predecessor["count"] == {
        "number": None,
        "from": None,
        "output": None,
        "announced": True,
        "toleratedFailures": 0,
        "toleratedHundredthsOfPercent": 250,
    }
