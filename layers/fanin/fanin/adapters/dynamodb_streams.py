"""Streams in DynamoDB: the open item of each `latest` join, and the table's epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

from fanin.adapters import dynamodb_layout as layout
from fanin.adapters.dynamodb_calls import called, transact, update
from fanin.adapters.dynamodb_deliveries import delivery_put, payload_puts
from fanin.adapters.dynamodb_runs import run_put
from fanin.domain.run import Run, RunState, Stream
from fanin.ports import ReleaseWrite, StreamChange, StreamMerged, StreamRefused

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef, UpdateItemInputTypeDef

_OPENING = (
    "st = if_not_exists(st, :open)",
    "v = if_not_exists(v, :v)",
    "gen = if_not_exists(gen, :one)",
    "op = if_not_exists(op, :op)",
    "duePart = if_not_exists(duePart, :part)",
    "dueAt = if_not_exists(dueAt, :due)",
)


@dataclass(slots=True)
class DynamoDbStreams:
    """The `Streams` port."""

    client: DynamoDBClient
    table: str
    _epoch: str | None = field(default=None, init=False)

    def merge(
        self, join: str, version: int, change: StreamChange, *, may_open: bool, now_ms: int, due_at_ms: int
    ) -> StreamMerged | StreamRefused:
        """See the port. A generation is due from its first arrival on, and only then: `dueAt` says whether anything has arrived."""
        item_key = layout.stream_key(join)
        due = layout.due_attributes(item_key, due_at_ms)
        raised = {f"{letter}{change.slot}": value for letter, value in (("p", change.arrival), ("w", change.seen)) if value is not None}
        consumed = f"c{change.slot}"
        conditions = [
            "(attribute_not_exists(st) OR v = :v)" if may_open else "(v = :v AND attribute_exists(dueAt))",
            f"(attribute_not_exists({consumed}) OR {consumed} < :watermark)",
            *(f"(attribute_not_exists({name}) OR {name} < :{name})" for name in raised),
        ]
        request: UpdateItemInputTypeDef = {
            "TableName": self.table,
            "Key": item_key,
            "UpdateExpression": "SET " + ", ".join([*(f"{name} = :{name}" for name in raised), *_OPENING]) + " ADD rev :one",
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeValues": {
                **{f":{name}": layout.string(value) for name, value in raised.items()},
                ":watermark": layout.string(change.watermark),
                ":open": layout.string(RunState.OPEN.value),
                ":v": layout.number(version),
                ":one": layout.number(1),
                ":op": layout.number(now_ms),
                ":part": due["duePart"],
                ":due": due["dueAt"],
            },
        }
        written, item = update(self.client, request)
        if written:
            return StreamMerged(stream_of(join, item))
        return StreamRefused(stream_of(join, item) if item else None)

    def read(self, join: str) -> Stream | None:
        """See the port."""
        item = called(lambda: self.client.get_item(TableName=self.table, Key=layout.stream_key(join), ConsistentRead=True)).get("Item")
        return stream_of(join, item) if item else None

    def release(self, stream: Stream, run: Run, write: ReleaseWrite, following: Stream, now_ms: int) -> bool:
        """See the port."""
        return transact(
            self.client,
            [
                self._replacing(stream, following),
                run_put(self.table, run, now_ms),
                *payload_puts(self.table, run.id, write.payloads, now_ms),
                *(delivery_put(self.table, one) for one in write.deliveries),
            ],
        )

    def move(self, stream: Stream, following: Stream) -> bool:
        """See the port."""
        return transact(self.client, [self._replacing(stream, following)])

    def epoch(self) -> str:
        """See the port: when this table was created, to the second, UTC; a restored table is a new table. Asked once a process."""
        if self._epoch is None:
            created = called(lambda: self.client.describe_table(TableName=self.table))["Table"]["CreationDateTime"]
            self._epoch = f"{created.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return self._epoch

    def _replacing(self, stream: Stream, following: Stream) -> TransactWriteItemTypeDef:
        item_key = layout.stream_key(stream.join)
        item: dict[str, AttributeValueTypeDef] = {
            **item_key,
            "st": layout.string(RunState.OPEN.value),
            "v": layout.number(following.plan_version),
            "gen": layout.number(following.generation),
            "rev": layout.number(following.rev),
            "op": layout.number(following.opened_at_ms),
            **{f"p{slot}": layout.string(value) for slot, value in following.slots.items()},
            **{f"w{slot}": layout.string(value) for slot, value in following.seen.items()},
            **{f"c{slot}": layout.string(value) for slot, value in following.consumed.items()},
            **(layout.due_attributes(item_key, following.due_at_ms) if following.due_at_ms is not None else {}),
        }
        return {
            "Put": {
                "TableName": self.table,
                "Item": item,
                "ConditionExpression": "rev = :rev",
                "ExpressionAttributeValues": {":rev": layout.number(stream.rev)},
            }
        }


def stream_of(join: str, item: layout.Item) -> Stream:
    """A stream item, decoded."""
    return Stream(
        join=join,
        plan_version=layout.whole(item, "v"),
        generation=layout.whole(item, "gen"),
        rev=layout.whole(item, "rev"),
        opened_at_ms=layout.whole(item, "op"),
        slots=layout.numbered(item, "p"),
        seen=layout.numbered(item, "w"),
        consumed=layout.numbered(item, "c"),
        due_at_ms=layout.optional_whole(item, "dueAt"),
    )
