"""Plans, heads and routes in DynamoDB.

Routes are written before the transaction that makes a version current, and are never taken back by it: they only nominate joins, so a
crash in between leaves a route that leads nowhere, and never a version that nothing leads to.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from fanin.adapters import dynamodb_layout as layout
from fanin.adapters.dynamodb_calls import called, transact, update
from fanin.composed import composed
from fanin.definitions.plan_document import plan_from_document, plan_to_document
from fanin.ports import Head

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef, UpdateItemInputTypeDef

    from fanin.domain.completion import Source
    from fanin.domain.plan import Plan


@composed
class DynamoDbPlans:
    """The `PlanRegistry` port; also what a collector's cache reads through."""

    client: DynamoDBClient
    table: str

    def joins_of(self, source: Source) -> Sequence[str]:
        """See the port."""
        return self._sort_keys(f"SOURCE#{source.route}")

    def head(self, join: str) -> Head | None:
        """See the port."""
        item = called(lambda: self.client.get_item(TableName=self.table, Key=layout.head_key(join), ConsistentRead=True)).get("Item")
        return _head_of(join, item) if item else None

    def plan(self, join: str, version: int) -> Plan | None:
        """See the port."""
        item_key = layout.plan_key(join, version)
        item = called(lambda: self.client.get_item(TableName=self.table, Key=item_key, ConsistentRead=True)).get("Item")
        return plan_from_document(json.loads(item["doc"]["S"])) if item else None

    def refresh(self, join: str) -> None:
        """Nothing is cached here."""

    def heads(self) -> Sequence[Head]:
        """See the port."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": layout.string(layout.HEADS)},
        )
        return [_head_of(item["sk"]["S"], item) for page in pages for item in page["Items"]]

    def publish(self, plan: Plan, after: Head | None, live: Sequence[int], now_ms: int) -> bool:
        """See the port."""
        for source in {predecessor.source for predecessor in plan.predecessors}:
            called(partial(self.client.put_item, TableName=self.table, Item=layout.route_key(source, plan.join)))
        head = Head(plan.join, plan.version, plan.digest, tuple(live), False, now_ms)
        version: dict[str, AttributeValueTypeDef] = {
            **layout.plan_key(plan.join, plan.version),
            "doc": layout.string(json.dumps(plan_to_document(plan))),
        }
        new_version: TransactWriteItemTypeDef = {
            "Put": {"TableName": self.table, "Item": version, "ConditionExpression": "attribute_not_exists(pk)"}
        }
        return transact(self.client, [new_version, self._head_put(head, after)])

    def withdraw(self, head: Head, now_ms: int) -> bool:
        """See the port."""
        request: UpdateItemInputTypeDef = {
            "TableName": self.table,
            "Key": layout.head_key(head.join),
            "UpdateExpression": "SET deleted = :true, applied = :now",
            "ConditionExpression": "v = :v AND deleted = :false",
            "ExpressionAttributeValues": {
                ":true": {"BOOL": True},
                ":false": {"BOOL": False},
                ":now": layout.number(now_ms),
                ":v": layout.number(head.version),
            },
        }
        return update(self.client, request)[0]

    def _head_put(self, head: Head, after: Head | None) -> TransactWriteItemTypeDef:
        item: dict[str, AttributeValueTypeDef] = {
            **layout.head_key(head.join),
            "v": layout.number(head.version),
            "digest": layout.string(head.digest),
            "live": {"L": [layout.number(version) for version in head.live]},
            "deleted": {"BOOL": head.deleted},
            "applied": layout.number(head.applied_at_ms),
        }
        if after is None:
            return {"Put": {"TableName": self.table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
        return {
            "Put": {
                "TableName": self.table,
                "Item": item,
                "ConditionExpression": "v = :v AND applied = :applied",
                "ExpressionAttributeValues": {":v": layout.number(after.version), ":applied": layout.number(after.applied_at_ms)},
            }
        }

    def _sort_keys(self, pk: str) -> list[str]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": layout.string(pk)},
            ProjectionExpression="sk",
            ConsistentRead=True,
        )
        return called(lambda: [item["sk"]["S"] for page in pages for item in page["Items"]])


def _head_of(join: str, item: layout.Item) -> Head:
    return Head(
        join=join,
        version=layout.whole(item, "v"),
        digest=item["digest"]["S"],
        live=tuple(int(version["N"]) for version in item["live"]["L"]),
        deleted=item["deleted"]["BOOL"],
        applied_at_ms=layout.whole(item, "applied"),
    )
