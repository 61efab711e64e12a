"""The ports over the one table, in each of their implementations."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # ships no types

from fanin.adapters.dynamodb_deliveries import DynamoDbDeliveries
from fanin.adapters.dynamodb_due_index import DynamoDbDueIndex
from fanin.adapters.dynamodb_expectations import DynamoDbExpectations
from fanin.adapters.dynamodb_journals import DynamoDbJournals
from fanin.adapters.dynamodb_plans import DynamoDbPlans
from fanin.adapters.dynamodb_runs import DynamoDbRuns
from fanin.adapters.dynamodb_signing_history import DynamoDbSigningHistory
from fanin.adapters.dynamodb_streams import DynamoDbStreams
from fanin.adapters.dynamodb_watches import DynamoDbWatches
from fanin.adapters.memory_clock import MemoryClock
from fanin.adapters.memory_deliveries import MemoryDeliveries
from fanin.adapters.memory_due_index import MemoryDueIndex
from fanin.adapters.memory_expectations import MemoryExpectations
from fanin.adapters.memory_journals import MemoryJournals
from fanin.adapters.memory_plans import MemoryPlans
from fanin.adapters.memory_runs import MemoryRuns
from fanin.adapters.memory_signing_history import MemorySigningHistory
from fanin.adapters.memory_streams import MemoryStreams
from fanin.adapters.memory_table import MemoryTable
from fanin.adapters.memory_watches import MemoryWatches
from fanin.ports import Deliveries, Due, DueIndex, Expectations, Journals, PlanRegistry, Runs, SigningHistory, Streams, Watches

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


@dataclass(frozen=True, slots=True)
class Stores:
    """One empty table, through its ports."""

    runs: Runs
    streams: Streams
    deliveries: Deliveries
    plans: PlanRegistry
    due_index: DueIndex
    expectations: Expectations
    watches: Watches
    journals: Journals
    signing_history: SigningHistory

    def due(self, now_ms: int) -> list[Due]:
        """What is due, over all partitions."""
        return [one for part in range(self.due_index.partitions) for one in self.due_index.due(part, now_ms, 100)]


def memory_stores(table: MemoryTable | None = None) -> Stores:
    table = table or MemoryTable()
    return Stores(
        MemoryRuns(table),
        MemoryStreams(table),
        MemoryDeliveries(table),
        MemoryPlans(table),
        MemoryDueIndex(table),
        MemoryExpectations(table),
        MemoryWatches(table),
        MemoryJournals(table),
        MemorySigningHistory(table),
    )


def dynamodb_stores(client: DynamoDBClient) -> Stores:
    """A new table of its own, with the keys and the index that the hub's template gives it."""
    name = f"contract-{uuid.uuid4().hex}"
    client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **table_keys())
    return Stores(
        DynamoDbRuns(client, name),
        DynamoDbStreams(client, name),
        DynamoDbDeliveries(client, name),
        DynamoDbPlans(client, name),
        DynamoDbDueIndex(client, name),
        DynamoDbExpectations(client, name),
        DynamoDbWatches(client, name),
        DynamoDbJournals(client, name, MemoryClock(1_774_983_600_000)),
        DynamoDbSigningHistory(client, name),
    )


@cache
def table_keys() -> dict[str, Any]:
    properties = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))["Resources"]["Table"]["Properties"]
    return {name: properties[name] for name in ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")}
