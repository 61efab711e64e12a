"""Benchmark 4: from the last completion to the successor's start on the local AWS, and a burst; beside the usual metric-math alarm.

Every hop is real: an execution ends in one account, its event crosses to the hub's queue, collector, table, queue, forwarder, key, the
successor's bus, rule, queue and starter, and an execution begins in the other account, with every permission asked. The emulator stands
for the services' own time, which is not AWS's; what the functions do is what they do on AWS.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

from benchmarks import metric_math
from benchmarks.artefacts import RESULTS
from benchmarks.peers.figures import beside, read
from benchmarks.processes import Descendants
from benchmarks.workload import batches, completion, machine_arn
from fanin.adapters.dynamodb_layout import run_key
from fanin.domain.run import RunId
from local.aws import DEFAULT_REGION, LocalAws
from local.landscape import (
    DAILY_CLOSE,
    HUB,
    LEDGER,
    POSITIONS,
    PREDECESSOR,
    SUCCESSOR,
    SUCCESSOR_BUS,
    Landscape,
    deploy_landscape,
)
from local.landscape import machine_arn as job_arn

RUNS, WARM_UP, KEYS, WARM_UP_KEYS = 200, 8, 1_000, 100
# What these joins need, and for how long a plan is kept by default: the landscape's own parameters suit tests.
HUB_PARAMETERS = {"Kinds": "stepfunctions", "PlanCacheSeconds": "30"}
HOPS = ("event, queue, collector", "decide", "queue, sign", "put, bus, queue, verify", "start")
PEERS = RESULTS / "peers.json"  # of python -m benchmarks peers
_RECORDED = {
    "Prefect 3.8, compound trigger, another day": {"p50": 149.0, "p95": 203.0, "completions_per_s": 13.0, "cpu_ms": 88.0},
    "Airflow 3.3, partitioned assets, another day": {"p50": 547.0, "p95": 968.0, "completions_per_s": 69.0, "cpu_ms": 17.7},
}
_PATIENCE_S = 400.0
_ENTRIES = 50  # events in one call to the emulator

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Released:
    """One release, in milliseconds from the last completion's stop: recorded, decided, sent, verified, started."""

    key: str
    moments: tuple[float, float, float, float, float]

    @property
    def total_ms(self) -> float:
        """Until the successor's execution began."""
        return self.moments[-1]

    @property
    def hops_ms(self) -> tuple[float, ...]:
        """The time of each hop."""
        return tuple(after - before for before, after in zip((0.0, *self.moments[:-1]), self.moments, strict=True))


@dataclass(frozen=True, slots=True)
class Burst:
    """All completions at once, in warm functions. `cpu_ms` is that of every function process, the sweeper's too, per completion."""

    completions: int
    keys: int
    seconds: float
    completions_per_s: float
    cpu_ms: float
    starts: int
    processes: int


def run(console: Console | None = None, runs: int = RUNS, keys: int = KEYS) -> dict[str, Any]:
    """Deploy, measure, print, write build/bench/latency.json, and give what goes into the summary.

    StackError or EmulatorError when the local AWS does not come up, RuntimeError when a release is missing or doubled.
    """
    console = console or Console(width=140)
    with LocalAws() as aws:
        landscape = deploy_landscape(aws, HUB_PARAMETERS, max(2, os.cpu_count() or 2))
        _apply(landscape)
        released = measure_latency(landscape, runs)
        console.print(hops_table(released))
        warming = measure_burst(landscape, min(keys, WARM_UP_KEYS), "warming")
        console.print(f"warm: {warming.completions} completions, {warming.processes} function processes")
        burst = measure_burst(landscape, keys)
    totals = spread([one.total_ms for one in released])
    console.print(comparison(totals, burst))
    RESULTS.mkdir(parents=True, exist_ok=True)
    found = {
        "runs": len(released),
        "last_completion_to_start_ms": totals,
        "hops_ms": {hop: spread([one.hops_ms[place] for one in released]) for place, hop in enumerate(HOPS)},
        "burst": asdict(burst),
        "compared_with": others(),
        "metric_math_ms": {"modelled": metric_math.delays_ms(), "assumptions": metric_math.ASSUMPTIONS},
    }
    (RESULTS / "latency.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return {
        "last_completion_to_start_ms": totals,
        "completions_per_s": burst.completions_per_s,
        "cpu_ms_per_completion": burst.cpu_ms,
    }


def measure_latency(landscape: Landscape, runs: int) -> list[Released]:
    """One key at a time, warm: its first predecessor has ended long before, its second ends, the successor starts."""
    keys = [f"latency/{number:04d}" for number in range(WARM_UP + runs)]
    stopped: dict[str, float] = {}
    for key in keys:
        _end(landscape, HUB, LEDGER, key)
        stopped[key] = _end(landscape, PREDECESSOR, POSITIONS, key)
        _await(partial(_is_acknowledged, landscape, key), f"{key} to be acknowledged")
    return [_released(landscape, key, stopped[key]) for key in keys[WARM_UP:]]


def _is_acknowledged(landscape: Landscape, key: str) -> bool:
    return _run(landscape, "latency", key).get("st") == "ACKNOWLEDGED"


def measure_burst(landscape: Landscape, keys: int, series: str = "burst") -> Burst:
    """Two completions for each key, one right after the other, all put at once; RuntimeError unless each key starts exactly once."""
    meter = Descendants(landscape.aws.process_id)
    entries = [_entry(f"burst-{side}", f"{series}/{number:04d}") for number in range(keys) for side in "ab"]
    before, started = meter.used_s(), time.time()
    for some in batches(entries, _ENTRIES):
        landscape.aws.put_service_events(some)
    # Few and small questions: they are answered by the emulator's one thread, which has the burst to serve.
    _settle(landscape, meter)
    starts = _await(lambda: _at_least(keys, _starts(landscape, series)), f"{keys} starts", every_s=2.0)
    _settle(landscape, meter)
    used_s, seconds = meter.used_s() - before, max(one["startDate"].timestamp() for one in starts) - started
    hold_to_one_each(landscape, keys, series, [one["executionArn"] for one in starts])
    return Burst(2 * keys, keys, seconds, 2 * keys / seconds, used_s * 1000 / (2 * keys), len(starts), meter.processes)


def _settle(landscape: Landscape, meter: Descendants) -> None:
    """Wait until the queues are empty, twice: a message may have moved from one not yet looked at into one that was."""
    _await(lambda: meter.used_s() > 0 and _idle(landscape) and _idle(landscape), "the queues to be empty", every_s=1.0)


def _at_least(count: int, found: list[T]) -> list[T]:
    """All of them once there are so many."""
    return found if len(found) >= count else []


def hold_to_one_each(landscape: Landscape, keys: int, series: str, starts: Sequence[str]) -> None:
    """Every run has one delivery, whose receipt names an execution of its own; and there are no other executions."""
    deliveries = [item for item in _scan(landscape, f"RUN#burst#{series}/") if item["sk"].startswith("DLV#")]
    told = Counter(str(item.get("execution")) for item in deliveries)
    if len({item["pk"] for item in deliveries}) != keys or len(deliveries) != keys or told != Counter(starts):
        raise RuntimeError(f"{keys} keys, {len(deliveries)} deliveries, {len(told)} executions in receipts, {len(starts)} starts")


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median and the percentiles that people ask for, in milliseconds."""
    cuts = quantiles(values, n=100, method="inclusive")
    return {"p50": round(median(values), 1), "p95": round(cuts[94], 1), "p99": round(cuts[98], 1), "max": round(max(values), 1)}


def _apply(landscape: Landscape) -> None:
    """Two joins of two: one of real jobs of two accounts, one whose completions are told for them."""
    successors = [{"target": DAILY_CLOSE, "bus": SUCCESSOR_BUS}]
    jobs = {LEDGER: job_arn(HUB, LEDGER), POSITIONS: job_arn(PREDECESSOR, POSITIONS)}
    told = {f"burst-{side}": machine_arn(f"burst-{side}") for side in "ab"}
    applied = landscape.apply(
        *(
            {
                "join": join,
                "key": {"input": "businessDate"},
                "predecessors": {name: {"stateMachine": arn} for name, arn in machines.items()},
                "successors": successors,
            }
            for join, machines in (("latency", jobs), ("burst", told))
        )
    )
    time.sleep(max(0.0, max(one["effectiveFromMs"] for one in applied) / 1000 - time.time()))


def _end(landscape: Landscape, account: str, job: str, key: str) -> float:
    """Run a job to its end; when it stopped, in epoch milliseconds."""
    arn = landscape.start(account, job, key.replace("/", "-"), {"businessDate": key})
    states = landscape.aws.client(account, "stepfunctions")

    def ended() -> float:
        said = states.describe_execution(executionArn=arn)
        return said["stopDate"].timestamp() * 1000 if said["status"] == "SUCCEEDED" else 0.0

    return _await(ended, f"the end of {job} {key}")


def _released(landscape: Landscape, key: str, stopped_ms: float) -> Released:
    run = _run(landscape, "latency", key)
    (delivery,) = (item for item in _query(landscape, f"RUN#latency#{key}") if item["sk"].startswith("DLV#"))
    states = landscape.aws.client(SUCCESSOR, "stepfunctions")
    started = states.describe_execution(executionArn=delivery["execution"])["startDate"].timestamp() * 1000
    recorded, frozen, sent, verified = (float(one) for one in (run["la"], delivery["frozen"], delivery["sent"], delivery["verified"]))
    return Released(key, (recorded - stopped_ms, frozen - stopped_ms, sent - stopped_ms, verified - stopped_ms, started - stopped_ms))


def _run(landscape: Landscape, join: str, key: str) -> Mapping[str, Any]:
    """The run's item; empty while there is none."""
    asked = landscape.aws.client(HUB, "dynamodb").get_item(TableName=landscape.hub["TableName"], Key=run_key(RunId(join, key)))
    return _plain(asked.get("Item", {}))


def _query(landscape: Landscape, pk: str) -> list[Mapping[str, Any]]:
    answer = landscape.aws.client(HUB, "dynamodb").query(
        TableName=landscape.hub["TableName"], KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": pk}}
    )
    return [_plain(item) for item in answer["Items"]]


def _scan(landscape: Landscape, prefix: str) -> Iterator[Mapping[str, Any]]:
    for page in landscape.aws.client(HUB, "dynamodb").get_paginator("scan").paginate(TableName=landscape.hub["TableName"]):
        yield from (_plain(item) for item in page["Items"] if item["pk"]["S"].startswith(prefix))


def _plain(item: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    return {name: next(iter(value.values())) for name, value in item.items()}


def _starts(landscape: Landscape, series: str) -> list[dict[str, Any]]:
    states = landscape.aws.client(SUCCESSOR, "stepfunctions")
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=job_arn(SUCCESSOR, DAILY_CLOSE))
    return [one for page in pages for one in page["executions"] if one["name"].startswith(f"fanin-burst-{series}-")]


def _entry(machine: str, key: str) -> dict[str, Any]:
    """A status change, as Step Functions itself puts it."""
    event = json.loads(completion(machine, f"{machine}-{key.replace('/', '-')}", key, time.time_ns() // 1_000_000))
    return {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
        "Resources": event["resources"],
        "Account": HUB,
        "Region": DEFAULT_REGION,
    }


def _idle(landscape: Landscape) -> bool:
    """Whether no queue that feeds a function holds a message."""
    queues = [
        *((HUB, landscape.hub[name]) for name in ("ArrivalsQueueUrl", "DeparturesQueueUrl")),
        (SUCCESSOR, landscape.successor["ReleasesQueueUrl"]),
    ]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answers = (landscape.aws.client(account, "sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names) for account, url in queues)
    return not sum(int(number) for answer in answers for number in answer["Attributes"].values())


def _await(look: Callable[[], T], what: str, every_s: float = 0.03) -> T:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(every_s)
    raise RuntimeError(f"waited {_PATIENCE_S:.0f} s in vain for {what}")


def hops_table(released: Sequence[Released]) -> Table:
    """Each hop, and all of them."""
    table = Table(title=f"Last completion to start, ms, {len(released)} runs, one at a time, warm", title_justify="left")
    table.add_column("hop")
    for heading in ("p50", "p95", "p99", "max"):
        table.add_column(heading, justify="right")
    for place, hop in enumerate(HOPS):
        table.add_row(hop, *(f"{value:.0f}" for value in spread([one.hops_ms[place] for one in released]).values()))
    table.add_row("in all", *(f"{value:.0f}" for value in spread([one.total_ms for one in released]).values()))
    return table


def others(measured: Path = PEERS) -> dict[str, dict[str, float]]:
    """The peers' figures of this machine when they were measured on it, else those recorded on such a machine."""
    return beside(read(measured)) or _RECORDED


def comparison(totals: Mapping[str, float], burst: Burst) -> Table:
    """Ours beside what others took."""
    table = Table(
        title=f"A burst of {burst.completions:,} completions over {burst.keys:,} keys: {burst.starts:,} starts", title_justify="left"
    )
    table.add_column("")
    for heading in ("p50 ms", "p95 ms", "p99 ms", "completions/s", "CPU ms a completion"):
        table.add_column(heading, justify="right")
    ours = (totals["p50"], totals["p95"], totals["p99"])
    table.add_row("fanin, local AWS", *(f"{value:.0f}" for value in ours), f"{burst.completions_per_s:.0f}", f"{burst.cpu_ms:.1f}")
    modelled = metric_math.delays_ms()
    table.add_row("metric-math alarm, modelled in its favour", *(f"{modelled[name]:.0f}" for name in ("p50", "p95", "p99")), "", "")
    for name, theirs in others().items():
        table.add_row(
            name, f"{theirs['p50']:.0f}", f"{theirs['p95']:.0f}", "", f"{theirs['completions_per_s']:.0f}", f"{theirs['cpu_ms']:.1f}"
        )
    return table
