"""The command line against the real operator and viewer, over the in-memory table: the answers in the other tests have not drifted."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fanin import bootstrap
from fanin.adapters.memory_clock import MemoryClock
from fanin.adapters.memory_deliveries import MemoryDeliveries
from fanin.adapters.memory_expectations import MemoryExpectations
from fanin.adapters.memory_journals import MemoryJournals
from fanin.adapters.memory_plans import MemoryPlans
from fanin.adapters.memory_queues import MemoryRechecks, MemoryWakeups
from fanin.adapters.memory_runs import MemoryRuns
from fanin.adapters.memory_streams import MemoryStreams
from fanin.adapters.memory_table import MemoryTable
from fanin.adapters.sequential import Sequential
from fanin.domain.arrival import Arrival
from fanin.domain.completion import Status
from fanin.domain.run import RunId
from fanin.use_cases.apply_definitions import ApplyDefinitions
from fanin.use_cases.decide_run import DecideRun
from fanin.use_cases.export_trust import ExportTrust
from fanin.use_cases.hub import Hub
from fanin.use_cases.read_journal import ReadJournal
from fanin.use_cases.record_after_closing import RecordAfterClosing
from fanin.use_cases.record_arrivals import RecordArrivals
from fanin.use_cases.view_state import ViewState
from fanin.use_cases.wide_runs import wide_runs
from functions.operator import app as operator
from functions.viewer import app as viewer
from tests.unit.cli import test_state
from tests.unit.cli.hub import FakeFunctions, FakeHub, run
from tests.unit.cli.test_definitions import GOOD
from tests.unit.signing.releases import HUB_ACCOUNT, ISSUER
from tests.unit.use_cases.software_signer import one_key

pytestmark = pytest.mark.unit

NOW_MS = 1_774_983_600_000
BUS = "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"
KEY = "2026-03-31"


@dataclass
class LambdaContext:
    """What Powertools reads of Lambda's context."""

    function_name: str
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:111111111111:function:fanin"
    aws_request_id: str = "1"


@dataclass
class RealFunctions(FakeFunctions):
    """The handlers themselves."""

    def invoke(self, name: str, payload: bytes) -> bytes:
        handlers: dict[str, Callable[..., Any]] = {"fanin-operator": operator.handler, "fanin-viewer": viewer.handler}
        return json.dumps(handlers[name](json.loads(payload), LambdaContext(name))).encode()


@dataclass
class World:
    """A hub in memory. `arrive` is a predecessor's success for the key."""

    hub: FakeHub
    file: str
    plans: MemoryPlans
    record: RecordArrivals

    def arrive(self, slot: int) -> None:
        plan = self.plans.plan("daily-close", 1)
        assert plan is not None
        arrival = Arrival(Status.SUCCEEDED, NOW_MS + slot, f"close-{slot}", NOW_MS).encode()
        self.record(plan, RunId("daily-close", KEY), {slot: arrival}, may_open=True)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    table, clock = MemoryTable(), MemoryClock(NOW_MS)
    plans, runs, streams = MemoryPlans(table), MemoryRuns(table), MemoryStreams(table)
    apply = ApplyDefinitions(
        registry=plans,
        runs=runs,
        streams=streams,
        expectations=MemoryExpectations(table),
        clock=clock,
        allowed_accounts=frozenset({"111111111111", "333333333333"}),
        allowed_buses=frozenset({BUS}),
        plan_cache_s=30,
    )
    monkeypatch.setattr(bootstrap, "operator", lambda: apply)
    read_journal = ReadJournal(MemoryJournals(table), MemoryDeliveries(table), Sequential())
    monkeypatch.setattr(bootstrap, "viewer", lambda: ViewState(plans, runs, streams, MemoryDeliveries(table), read_journal))
    monkeypatch.setattr(bootstrap, "trust_exporter", lambda: ExportTrust(one_key(), ISSUER, HUB_ACCOUNT))
    (tmp_path / "join.yaml").write_text(GOOD, encoding="utf-8")
    hub, wakeups = Hub(ISSUER, BUS), MemoryWakeups()
    deliveries, rechecks = MemoryDeliveries(table), MemoryRechecks()
    wide = wide_runs(runs, MemoryJournals(table), deliveries, wakeups, rechecks, clock, hub, Sequential(), clock.advance)
    decide = DecideRun(runs, wakeups, rechecks, clock, hub, wide.look_into_journal)
    after_closing = RecordAfterClosing(runs, MemoryDeliveries(table), wakeups, clock, hub)
    return World(FakeHub(RealFunctions()), str(tmp_path / "join.yaml"), plans, RecordArrivals(runs, decide, after_closing, clock))


def test_a_definition_is_tried_created_unchanged_changed_and_deleted(world: World) -> None:
    def said(*arguments: str) -> str:
        result = run(*arguments, hub=world.hub)
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout

    assert said("apply", "--dry-run", world.file) == "daily-close: would be created (version 1)\n"
    assert said("apply", world.file, "--zone=UTC") == "daily-close: created (version 1, everywhere from 2026-03-31 19:00:30.000+00:00)\n"
    assert said("apply", world.file).startswith("daily-close: unchanged (version 1")
    Path(world.file).write_text(GOOD + "description: other\n", encoding="utf-8")
    assert said("apply", world.file).startswith("daily-close: changed (version 2")
    assert said("joins").splitlines()[1].startswith("daily-close  2        input businessDate  ledger, positions")
    assert said("delete", "daily-close", "--yes") == "daily-close: deleted\n"
    assert said("joins").startswith("The hub fanin has no joins yet")


def test_what_the_operator_refuses_is_located_in_the_file(world: World) -> None:
    Path(world.file).write_text(GOOD.replace(":333333333333:", ":444444444444:").replace("/fanin-successor", "/other"), encoding="utf-8")
    result = run("apply", world.file, hub=world.hub)
    assert result.exit_code == 2
    assert [line.removeprefix(world.file).split(": ")[:2] for line in result.stderr.splitlines()] == [
        [":8:19", "account-not-allowed"],
        [":11:10", "bus-not-allowed"],
    ]


def test_a_run_is_drawn_while_it_waits_and_once_it_is_released(world: World) -> None:
    run("apply", world.file, hub=world.hub)
    world.arrive(0)
    waiting = run("show", "daily-close", KEY, hub=world.hub)
    assert waiting.stdout.splitlines()[0] == f"daily-close / {KEY}   OPEN   1 of 2 arrived, plan version 1"
    assert waiting.stdout.splitlines()[-1] == "  waiting for positions"
    world.arrive(1)
    released = run("show", "daily-close", KEY, hub=world.hub)
    assert released.stdout.splitlines()[0] == f"daily-close / {KEY}   SATISFIED   2 of 2 arrived, plan version 1"
    assert "   └─▶ daily-close  DUE" in released.stdout.splitlines()
    assert run("runs", "daily-close", "--state", "satisfied", hub=world.hub).stdout.splitlines()[1].startswith(f"{KEY}  SATISFIED  2 of 2")


def test_the_answers_of_the_other_tests_have_the_members_of_the_real_ones(world: World) -> None:
    run("apply", world.file, hub=world.hub)
    world.arrive(0)
    world.arrive(1)
    [join] = json.loads(run("joins", "--json", hub=world.hub).stdout)["joins"]
    [summary] = json.loads(run("runs", "daily-close", "--json", hub=world.hub).stdout)["runs"]
    shown = json.loads(run("show", "daily-close", KEY, "--json", hub=world.hub).stdout)["run"]
    assert join.keys() == test_state.JOINS["joins"][0].keys()
    assert summary.keys() == test_state.SUMMARY.keys()
    assert shown.keys() == test_state.CLOSED_RUN.keys()
    assert shown["deliveries"][0].keys() == test_state.CLOSED_RUN["deliveries"][0].keys()
    assert shown["releases"][0].keys() == test_state.CLOSED_RUN["releases"][0].keys()
    assert shown["arrivals"]["ledger"].keys() == test_state.CLOSED_RUN["arrivals"]["ledger"].keys()


@pytest.mark.parametrize("arguments", [["runs", "nope"], ["show", "nope", KEY], ["delete", "nope", "--yes"]])
def test_a_join_that_is_not_there_is_exit_code_1(world: World, arguments: list[str]) -> None:
    result = run(*arguments, hub=world.hub)
    assert (result.exit_code, result.stdout, result.stderr.split(": ")[1]) == (1, "", "join-not-found")


def test_a_run_that_is_not_there_is_exit_code_1(world: World) -> None:
    run("apply", world.file, hub=world.hub)
    result = run("show", "daily-close", "1999-01-01", hub=world.hub)
    assert (result.exit_code, result.stderr.split(": ")[1]) == (1, "run-not-found")


def test_the_real_trust_document_is_exported(world: World) -> None:
    result = run("trust", "export", "--targets", "daily-close", hub=world.hub)
    assert run("trust", "show", "-", typed=result.stdout).stdout.splitlines()[1].endswith("  daily-close")
