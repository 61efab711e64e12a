"""What asking sources costs: API calls an hour for 1,000 runs that wait, by how many sources they wait for, beside the quotas.

The deployed functions' own code runs for an hour of virtual time over a metered table: runs open, wait, and are looked at; the sweeper
comes by every minute. All sources are in one account and Region, which is the worst case: quotas are per account and Region. Nothing that
is waited for ends, and every source lists a hundred executions of yesterday. The time of a sweep is the processor time measured here, and
with every call answered after the times named in `ANSWERED_MS`, one call after the other, as the sweeper makes them.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from benchmarks.artefacts import RESULTS
from benchmarks.hub import BenchedHub
from benchmarks.metering.table import MeteredTable
from benchmarks.workload import NOW_MS, batches, completion, machine_arn
from fanin import bootstrap
from fanin.domain.asking import Api, allowance, refill_per_s
from fanin.use_cases.gather_wakeups import CollectThenWake
from fanin.use_cases.sweep_due import SweepDue

RUNS, HOUR_SWEEPS, SWEEP_MS, LISTED = 1_000, 60, 60_000, 100
SOURCES = (2, 20, 200)
ANSWERED_MS = {"list_executions": 60, "describe_execution": 40, "query": 5, "get_item": 3, "put_item": 5, "send_message_batch": 10}
REGIONS = {"us-east-1": "us-east-1, us-west-2, eu-west-1", "eu-central-1": "all other Regions"}


@dataclass(frozen=True, slots=True)
class Cost:
    """One hour of waiting for so many sources, where a quota is that of a Region."""

    region: str
    sources: int
    runs: int
    lists_per_hour: int
    describes_per_hour: int
    most_lists_a_sweep: int
    asked_every_s: float
    share_per_hour: int
    quota_per_hour: int
    table_reads_per_hour: int
    table_writes_per_hour: int
    sweep_cpu_ms: float
    sweep_ms: float


@dataclass(slots=True)
class StepFunctions:
    """Every state machine has the same hundred executions, of long ago."""

    calls: Counter[str] = field(default_factory=Counter)

    def list_executions(self, *, stateMachineArn: str, nextToken: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803  boto3's names
        self.calls["list_executions"] += 1
        if nextToken:
            return {"executions": []}
        then = datetime.fromtimestamp(NOW_MS / 1000 - 86_400, UTC)
        executions = [
            {"executionArn": f"{stateMachineArn}:{number}", "name": str(number), "status": "SUCCEEDED", "startDate": then, "stopDate": then}
            for number in range(LISTED)
        ]
        return {"executions": executions, "nextToken": "more"}


class IndexedTable(MeteredTable):
    """With the due index, which the sweeper reads; what that costs is its calls."""

    def query(self, **request: Any) -> dict[str, Any]:
        if "IndexName" not in request:
            return super().query(**request)
        values = request["ExpressionAttributeValues"]
        until_ms = int(values[":until"]["N"])
        due = [one for one in self.items() if one.get("duePart") == values[":part"] and int(one["dueAt"]["N"]) <= until_ms]
        return {"Items": sorted(due, key=lambda one: int(one["dueAt"]["N"]))[: request["Limit"]]}


class Clients:
    """Gives the one client, for every source."""

    def __init__(self, client: StepFunctions) -> None:
        self._client = client

    def client(self, service: str, source: object) -> StepFunctions:  # noqa: ARG002  the adapter's signature
        return self._client


@dataclass(slots=True)
class AskingHub(BenchedHub):
    """A hub whose sweeper asks."""

    table: Any = field(default_factory=IndexedTable)
    states: StepFunctions = field(default_factory=StepFunctions)

    def sweeper(self) -> SweepDue:
        with patch("fanin.adapters.source_clients.SourceClients", lambda *_: Clients(self.states)):
            return self._wired("sweeper", bootstrap.sweeper.__wrapped__)


def run(console: Console | None = None) -> dict[str, Any]:
    """Measure, print, write build/bench/reconciliation.json, and give what goes into the summary."""
    costs = [measure(sources, RUNS, region) for region in REGIONS for sources in SOURCES]
    (console or Console(width=140)).print(table_of(costs))
    RESULTS.mkdir(parents=True, exist_ok=True)
    found = {"answered_ms": ANSWERED_MS, "costs": [asdict(one) for one in costs]}
    (RESULTS / "reconciliation.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return {"reconciliation_lists_per_hour": {f"{one.sources} sources, {one.region}": one.lists_per_hour for one in costs}}


def measure(sources: int, runs: int, region: str, sweeps: int = HOUR_SWEEPS) -> Cost:
    """So many runs wait for so many sources for an hour; RuntimeError when one of them was not asked at all."""
    large = frozenset({"us-east-1"} if region == "us-east-1" else ())
    with patch("fanin.domain.asking._LARGE_REGIONS", large):
        return _measured(sources, runs, region, sweeps)


def _measured(sources: int, runs: int, region: str, sweeps: int) -> Cost:
    hub = AskingHub()
    hub.apply(*(_join(number) for number in range(sources)))
    collector, sweeper = hub.collector(), hub.sweeper()
    bodies = [completion(f"heard-{run % sources}", f"run-{run}", f"key-{run}", hub.clock.at_ms) for run in range(runs)]
    for batch in batches(bodies, 10):
        hub.collect(collector, batch)
    # The cursors go from where the sources were first watched to where they stay: a first hour is not the cost of waiting.
    for _ in range(sources // 20 + 2):
        _sweep(hub, collector, sweeper)
    before, trips = hub.states.calls["list_executions"], Counter(hub.trips.calls)
    told = [_sweep(hub, collector, sweeper) for _ in range(sweeps)]
    asked = {item["pk"]["S"] for item in hub.table.items() if item["pk"]["S"].startswith("WATCH#") and "passed" in item}
    if len([pk for pk in asked if ":waited-" in pk]) < sources:
        raise RuntimeError(f"of {sources} sources only {len(asked)} were asked")
    hours = sweeps / HOUR_SWEEPS
    lists, spent = hub.states.calls["list_executions"] - before, hub.trips.calls - trips
    slowest = max(told, key=lambda one: one.answered_ms)
    return Cost(
        region=region,
        sources=sources,
        runs=runs,
        lists_per_hour=round(lists / hours),
        describes_per_hour=round(hub.states.calls["describe_execution"] / hours),
        most_lists_a_sweep=max(one.lists for one in told),
        asked_every_s=round(sources * sweeps * 60 / lists, 1),
        share_per_hour=allowance(Api.LIST_EXECUTIONS, region) * 60,
        quota_per_hour=refill_per_s(Api.LIST_EXECUTIONS, region) * 3_600,
        table_reads_per_hour=round((spent["query"] + spent["get_item"]) / hours),
        table_writes_per_hour=round((spent["put_item"] + spent["update_item"]) / hours),
        sweep_cpu_ms=round(max(one.cpu_ms for one in told), 1),
        sweep_ms=round(slowest.answered_ms + slowest.cpu_ms, 1),
    )


@dataclass(frozen=True, slots=True)
class _Sweep:
    lists: int
    cpu_ms: float
    answered_ms: float


def _sweep(hub: AskingHub, collector: CollectThenWake, sweeper: SweepDue) -> _Sweep:
    """A minute passes: the sweeper comes by, and what it nominated is looked at when it is due, which is within the next minute."""
    hub.clock.at_ms += SWEEP_MS
    before, lists, started = Counter(hub.trips.calls), hub.states.calls["list_executions"], time.process_time()
    swept = sweeper()
    cpu_ms = (time.process_time() - started) * 1000
    if swept.asked.failed:
        raise RuntimeError(str(swept.asked.failed))
    calls = hub.trips.calls - before
    calls["list_executions"] = hub.states.calls["list_executions"] - lists
    hub.clock.at_ms += SWEEP_MS - 1
    for batch in batches(hub.queues.taken("fanin-arrivals"), 10):
        hub.collect(collector, batch)
    hub.clock.at_ms -= SWEEP_MS - 1
    return _Sweep(calls["list_executions"], cpu_ms, sum(ANSWERED_MS.get(name, 5) * number for name, number in calls.items()))


def _join(number: int) -> dict[str, object]:
    machines = {"heard": machine_arn(f"heard-{number}"), "waited": machine_arn(f"waited-{number}")}
    return {
        "join": f"join-{number}",
        "key": {"input": "businessDate"},
        "predecessors": {name: {"stateMachine": arn} for name, arn in machines.items()},
        "successors": [{"target": "daily-close", "bus": "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"}],
    }


def table_of(costs: list[Cost]) -> Table:
    """What is printed."""
    table = Table(title=f"{RUNS:,} waiting runs, one account and Region: ListExecutions an hour, and one sweep", title_justify="left")
    columns: dict[str, Callable[[Cost], str]] = {
        "quota of": lambda one: REGIONS[one.region],
        "sources waited for": lambda one: f"{one.sources}",
        "calls an hour": lambda one: f"{one.lists_per_hour:,}",
        "our share": lambda one: f"{one.share_per_hour:,}",
        "the quota": lambda one: f"{one.quota_per_hour:,}",
        "asked every": lambda one: f"{one.asked_every_s:,.0f} s",
        "most in a sweep": lambda one: f"{one.most_lists_a_sweep}",
        "one sweep, processor": lambda one: f"{one.sweep_cpu_ms:,.0f} ms",
        "one sweep": lambda one: f"{one.sweep_ms / 1000:,.1f} s",
        "table calls an hour": lambda one: f"{one.table_reads_per_hour:,} + {one.table_writes_per_hour:,}",
    }
    for heading in columns:
        table.add_column(heading, justify="left" if heading == "quota of" else "right")
    for one in costs:
        table.add_row(*(told(one) for told in columns.values()))
    return table
