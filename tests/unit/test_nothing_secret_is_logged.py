"""Every handler at DEBUG, over what is honest, what is forged and what is broken: no input, output, payload or signature is in any log."""

from __future__ import annotations

import importlib.util
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from fanin import bootstrap
from fanin.adapters.memory_bus import MemoryBus
from fanin.adapters.memory_clock import MemoryClock
from fanin.adapters.memory_deliveries import MemoryDeliveries
from fanin.adapters.memory_journals import MemoryJournals
from fanin.adapters.memory_machines import MemoryMachines
from fanin.adapters.memory_plans import MemoryPlans
from fanin.adapters.memory_queues import MemoryQuarantine
from fanin.adapters.memory_runs import MemoryRuns
from fanin.adapters.memory_streams import MemoryStreams
from fanin.adapters.memory_trust import MemoryTrust
from fanin.adapters.sequential import Sequential
from fanin.use_cases.quarantine_message import QuarantineMessage
from fanin.use_cases.read_journal import ReadJournal
from fanin.use_cases.start_successor import StartSuccessor, Successor
from fanin.use_cases.view_state import ViewState
from tests.unit.signing.dishonest_releases import DISHONEST
from tests.unit.signing.releases import AUDIENCE, NOW_EPOCH_S, SECRET_OUTPUT, TARGET, TRUST, honest_body
from tests.unit.sources.events import OTHER, machine_arn, status_change
from tests.unit.use_cases.landscape import HUB_BUS, Landscape, definition, successor

pytestmark = pytest.mark.unit

FUNCTIONS = Path(__file__).parents[2] / "functions"
SECRET = "do not log me"
LEDGER, POSITIONS = machine_arn("ledger"), machine_arn("positions", OTHER)
CONTEXT = SimpleNamespace(
    function_name="it", memory_limit_in_mb=128, invoked_function_arn="arn:aws:lambda:us-east-1:1:function:it", aws_request_id="r"
)
INPUT = json.dumps({"businessDate": "2026-03-31", "password": SECRET})
SAYING = {"input": INPUT, "output": SECRET_OUTPUT}


@dataclass
class Logged:
    """A handler, and everything that was logged since it was loaded."""

    module: ModuleType
    capsys: pytest.CaptureFixture[str]
    caplog: pytest.LogCaptureFixture

    def __call__(self, event: object) -> Any:
        return self.module.handler(event, CONTEXT)

    def text(self) -> str:
        said = self.capsys.readouterr()
        return "\n".join([said.out, said.err, *(f"{record.getMessage()} {record.__dict__}" for record in self.caplog.records)])


Load = Callable[[str], Logged]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, request: Any) -> Load:
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "fanin")
    caplog.set_level(logging.DEBUG)

    def loaded(name: str) -> Logged:
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"{name}-{request.node.name}")
        spec = importlib.util.spec_from_file_location(f"app_{name}", FUNCTIONS / name / "app.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return Logged(module, capsys, caplog)

    return loaded


def batch(bodies: Sequence[str]) -> dict[str, object]:
    return {"Records": [{"messageId": f"m-{number}", "body": body, "eventSource": "aws:sqs"} for number, body in enumerate(bodies)]}


def landscape() -> Landscape:
    found = Landscape()
    found.apply(definition({"ledger": LEDGER, "positions": POSITIONS}, successors=[successor(outputs=True)]))
    return found


BROKEN = [
    SECRET,
    f'{{"detail": "{SECRET}"',
    json.dumps({"v": 1, "recheck": {"join": SECRET}}),
    json.dumps({"v": 1, "found": {"input": SECRET}}),
    json.dumps({"detail": {"input": SECRET}, "source": "aws.states", "detail-type": "Step Functions Execution Status Change"}),
    status_change(LEDGER, "x", "UNKNOWN-STATUS", changes=SAYING),
    status_change(LEDGER, "x", changes={**SAYING, "input": f'["{SECRET}"]'}),
    status_change(LEDGER, "x", changes={**SAYING, "input": f'{{"businessDate": {{"a": "{SECRET}"}}}}'}),
    status_change(LEDGER, "x", changes={**SAYING, "executionArn": "arn:aws:states:us-east-1:1:execution:other:x"}),
    status_change(LEDGER, "x", changes={"input": f'"{SECRET}', "output": f"NaN {SECRET}"}),
]


def test_the_collector_logs_no_input_and_no_output(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    hub, collector = landscape(), load("collector")
    monkeypatch.setattr(bootstrap, "collector", hub.collector)
    honest = [status_change(arn, "x", changes=SAYING) for arn in (LEDGER, POSITIONS)]
    assert collector(batch([*honest, *honest, *BROKEN])) == {"batchItemFailures": []}
    assert hub.deliveries()
    assert SECRET in hub.table.payloads[hub.deliveries()[0].id.run, hub.deliveries()[0].payload]
    logged = collector.text()
    assert logged.count('"message":"message quarantined"') >= len(BROKEN) - 2
    assert SECRET not in logged


def test_the_forwarder_logs_no_payload_and_no_signature(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = landscape()
    hub.arrive(*(status_change(arn, "x", changes=SAYING) for arn in (LEDGER, POSITIONS)))
    hub.collect_all()
    forwarder = load("forwarder")
    monkeypatch.setattr(bootstrap, "forwarder", hub.forwarder)
    departures = [json.dumps({"v": 1, "join": one.run.join, "key": one.run.key, "delivery": one.name}) for one in hub.wakeups.sent]
    forwarder(batch([*departures, SECRET, json.dumps({"v": 1, "join": SECRET})]))
    sent = [put.detail for put in hub.hub_bus.put_events if put.bus_arn != HUB_BUS]
    assert any(SECRET in detail for detail in sent)
    logged = forwarder.text()
    assert "delivery handled" in logged
    assert not any(text in logged for text in (SECRET, *(json.loads(detail)["sig"].split(".")[2] for detail in sent)))


def test_the_starter_logs_no_payload_and_no_signature_of_honest_or_forged_releases(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = MemoryClock(NOW_EPOCH_S * 1000)
    machines = MemoryMachines(clock)
    start = StartSuccessor(MemoryTrust(TRUST), machines, MemoryBus(), clock, Successor(AUDIENCE, {TARGET: machine_arn("it")}, HUB_BUS))
    starter = load("starter")
    monkeypatch.setattr(bootstrap, "starter", lambda: start)
    monkeypatch.setattr(bootstrap, "releases_quarantine", lambda: QuarantineMessage(MemoryQuarantine(), clock))
    bodies = [body for _, make, _ in DISHONEST if isinstance(body := make(), str) and len(body) < 500_000]
    assert starter(batch([honest_body(), *bodies])) == {"batchItemFailures": []}
    assert len(machines.executions) == 1
    logged = starter.text()
    assert logged.count('"message":"message quarantined"') == len(bodies)
    assert SECRET not in logged
    assert "eyJ" not in logged  # how every token and every payload of one begins


def test_the_viewer_logs_nothing_of_what_it_shows(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = landscape()
    hub.arrive(*(status_change(arn, "x", changes=SAYING) for arn in (LEDGER, POSITIONS)))
    hub.settle()
    viewer = load("viewer")
    table = hub.table
    read_journal = ReadJournal(MemoryJournals(table), MemoryDeliveries(table), Sequential())
    view = ViewState(MemoryPlans(table), MemoryRuns(table), MemoryStreams(table), MemoryDeliveries(table), read_journal)
    monkeypatch.setattr(bootstrap, "viewer", lambda: view)
    for question in (
        {"action": "show", "join": "daily-close", "key": "2026-03-31"},
        {"action": SECRET},
        {"action": "show", "join": [SECRET]},
    ):
        viewer(question)
    assert SECRET not in viewer.text()


def test_the_operator_logs_nothing_of_a_definition_that_it_refuses(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    hub, operator = landscape(), load("operator")
    monkeypatch.setattr(bootstrap, "operator", hub.operator)
    refused = operator({"action": "apply", "definitions": [{"label": "it", "document": {"join": SECRET, "key": {"input": SECRET}}}]})
    assert refused["ok"] is False
    assert SECRET not in operator.text()
