"""Holds the meter to an engine that others wrote: the same runs on both, and the write units that MiniStack reports for each operation.

MiniStack bills max(old, new) and indexes as AWS was measured to. It reports no refused writes (nor does AWS), and its read units are
one a request whatever was read, so those of the meter stand on the documented rules alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # ships no types

from benchmarks.hub import BenchedHub
from benchmarks.metering.table import MeteredTable
from benchmarks.naive import measured
from benchmarks.workload import HUB, Join, batches, key_of
from local.aws import LocalAws
from local.process import ROOT

WIDTHS = (2, 8, 32, 200)  # narrow, narrow, wide, counted
_COMPLETIONS = 64
_METHODS = {
    "update_item": "UpdateItem",
    "put_item": "PutItem",
    "delete_item": "DeleteItem",
    "transact_write_items": "TransactWriteItems",
    "batch_write_item": "BatchWriteItem",
}


@dataclass(slots=True)
class ReportingClient:
    """A boto3 client whose writes are asked what they consumed."""

    client: Any
    units: Counter[str] = field(default_factory=Counter)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = cast("Callable[..., Any]", getattr(self.client, name))
        if name not in _METHODS:
            return call

        def asking(**request: Any) -> Any:
            answer = call(**request, ReturnConsumedCapacity="INDEXES")
            consumed = answer.get("ConsumedCapacity", [])
            for one in consumed if isinstance(consumed, list) else [consumed]:
                self.units[_METHODS[name]] += one["CapacityUnits"]
            return answer

        return asking


@dataclass(frozen=True, slots=True)
class Checked:
    """One workload's write units by operation, as charged here and as reported there."""

    workload: str
    metered: Mapping[str, float]
    reported: Mapping[str, float]


def check() -> list[Checked]:
    """Run every workload on both; RuntimeError when they differ in anything."""
    with LocalAws() as aws:
        client = aws.client(HUB, "dynamodb")
        workloads: dict[str, Callable[[Any], object]] = {f"join of {width}": _join(width) for width in WIDTHS}
        workloads |= {design: _naive(design) for design in measured.DESIGNS}
        checked = [_checked(client, name, work) for name, work in workloads.items()]
    wrong = [one for one in checked if one.metered != one.reported]
    if wrong:
        raise RuntimeError(f"the meter and the engine disagree: {wrong}")
    return checked


def _checked(client: Any, workload: str, work: Callable[[Any], object]) -> Checked:
    table, reporting = MeteredTable(), ReportingClient(client)
    work(table)
    for name in ("fanin", "naive"):
        client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **_keys())
    try:
        work(reporting)
    finally:
        for name in ("fanin", "naive"):
            client.delete_table(TableName=name)
    return Checked(workload, dict(table.ledger.reported), dict(reporting.units))


def _join(width: int) -> Callable[[Any], None]:
    """Runs of a join, from their first completion to their acknowledgement."""

    def work(table: Any) -> None:
        hub, join = BenchedHub(table), Join(width)
        hub.apply(join.definition())
        collector, forwarder = hub.collector(), hub.forwarder()
        keys = [key_of(run) for run in range(max(1, _COMPLETIONS // width))]
        # Twice, so that repeats are refused on both.
        arriving = [join.completion(key, slot) for slot in range(width) for key in keys for _ in range(2)]
        for bodies in batches(arriving, 7):
            hub.collect(collector, bodies)
        hub.forward(forwarder)
        for receipt in hub.receipts():
            hub.collect(collector, [receipt])
        hub.forward(forwarder)

    return work


def _naive(design: str) -> Callable[[Any], object]:
    return lambda table: measured.run_all(table, design, _COMPLETIONS, 2)


def _keys() -> Mapping[str, Any]:
    properties = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"]["Table"]["Properties"]
    return {name: properties[name] for name in ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")}
