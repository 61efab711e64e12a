"""Deliveries, notices and frozen payloads in DynamoDB: the outbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from fanin.adapters import dynamodb_layout as layout
from fanin.adapters.dynamodb_calls import called, get_all, put, put_all, update
from fanin.composed import composed
from fanin.domain.delivery import CLOSED_RUN_LIVES_S, Delivery, DeliveryId, DeliveryKind, DeliveryState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef, UpdateItemInputTypeDef

    from fanin.domain.run import RunId

_NEW = "attribute_not_exists(pk)"
_PREFIXES = ("DLV#", "NTC#")
_OPTIONAL_MOMENTS = {"sent": "sent_at_ms", "acked": "acknowledged_at_ms", "verified": "verified_at_ms", "started": "started_at_ms"}


@composed
class DynamoDbDeliveries:
    """The `Deliveries` port."""

    client: DynamoDBClient
    table: str

    def read(self, delivery: DeliveryId) -> Delivery | None:
        """See the port."""
        item_key = layout.delivery_key(delivery)
        item = called(lambda: self.client.get_item(TableName=self.table, Key=item_key, ConsistentRead=True)).get("Item")
        return delivery_of(delivery, item) if item else None

    def read_all(self, deliveries: Sequence[DeliveryId]) -> Mapping[DeliveryId, Delivery]:
        """See the port: BatchGetItem."""
        found = {_place(item): item for item in get_all(self.client, self.table, [layout.delivery_key(one) for one in deliveries])}
        return {one: delivery_of(one, found[place]) for one in deliveries if (place := _place(layout.delivery_key(one))) in found}

    def of_run(self, run: RunId, *, notices: bool = True) -> Sequence[Delivery]:
        """See the port: one query a kind."""
        prefixes = _PREFIXES if notices else _PREFIXES[:1]
        return called(lambda: [one for prefix in prefixes for one in self._queried(run, prefix)])

    def _queried(self, run: RunId, prefix: str) -> Iterator[Delivery]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": layout.string(layout.collection(run)), ":prefix": layout.string(prefix)},
        )
        return (delivery_of(DeliveryId(run, item["sk"]["S"]), item) for page in pages for item in page["Items"])

    def payload(self, run: RunId, name: str) -> str | None:
        """See the port."""
        item_key = layout.key(layout.collection(run), name)
        item = called(lambda: self.client.get_item(TableName=self.table, Key=item_key, ConsistentRead=True)).get("Item")
        return item["data"]["S"] if item else None

    def payloads(self, names: Sequence[tuple[RunId, str]]) -> Mapping[tuple[RunId, str], str]:
        """See the port: BatchGetItem, which stops at 16 MB and says so; a payload is under 180 KB."""
        keys = {one: layout.key(layout.collection(one[0]), one[1]) for one in names}
        found = {_place(item): item["data"]["S"] for item in get_all(self.client, self.table, list(keys.values()))}
        return {one: found[place] for one, key in keys.items() if (place := _place(key)) in found}

    def add(self, notice: Delivery) -> bool:
        """See the port."""
        return put(self.client, {"TableName": self.table, "Item": _item(notice), "ConditionExpression": _NEW})

    def save(self, before: Delivery, after: Delivery) -> bool:
        """See the port. An acknowledged or given-up delivery leaves the due index here."""
        item_key = layout.delivery_key(before.id)
        changed = _changing(after)
        due = layout.due_attributes(item_key, after.due_at_ms) if after.due_at_ms is not None else {}
        removed = [name for name in ("err", *(() if due else ("duePart", "dueAt"))) if name not in changed]
        written = {**changed, **due}
        request: UpdateItemInputTypeDef = {
            "TableName": self.table,
            "Key": item_key,
            "UpdateExpression": "SET "
            + ", ".join(f"#{name} = :{name}" for name in written)
            + (" REMOVE " + ", ".join(f"#{name}" for name in removed) if removed else ""),
            "ConditionExpression": "#st = :before AND #tries = :beforeTries AND #refusals = :beforeRefusals",
            "ExpressionAttributeNames": {f"#{name}": name for name in (*written, *removed)},
            "ExpressionAttributeValues": {
                **{f":{name}": value for name, value in written.items()},
                ":before": layout.string(before.state.value),
                ":beforeTries": layout.number(before.tries),
                ":beforeRefusals": layout.number(before.refusals),
            },
        }
        return update(self.client, request)[0]

    def save_sent(self, notices: Sequence[Delivery]) -> None:
        """See the port: BatchWriteItem. A sent notice is not due, so it leaves the due index here."""
        put_all(self.client, self.table, [_item(one) for one in notices])


def delivery_put(table: str, delivery: Delivery) -> TransactWriteItemTypeDef:
    """A new delivery, which must not be there yet, as a part of a transaction."""
    return {"Put": {"TableName": table, "Item": _item(delivery), "ConditionExpression": _NEW}}


def _item(delivery: Delivery) -> dict[str, AttributeValueTypeDef]:
    """A delivery, encoded."""
    item_key = layout.delivery_key(delivery.id)
    return {
        **item_key,
        "kind": layout.string(delivery.kind.value),
        "att": layout.number(delivery.attempt),
        "bus": layout.string(delivery.bus_arn),
        "target": layout.string(delivery.target),
        "jti": layout.string(delivery.jti),
        "sub": layout.string(delivery.sub),
        "payload": layout.string(delivery.payload),
        "frozen": layout.number(delivery.frozen_at_ms),
        "ttl": layout.number(delivery.frozen_at_ms // 1000 + CLOSED_RUN_LIVES_S),
        **_changing(delivery),
        **(layout.due_attributes(item_key, delivery.due_at_ms) if delivery.due_at_ms is not None else {}),
    }


def payload_puts(table: str, run: RunId, payloads: Mapping[str, str], now_ms: int) -> list[TransactWriteItemTypeDef]:
    """Frozen payloads, which must not be there yet."""
    ttl = layout.number(now_ms // 1000 + CLOSED_RUN_LIVES_S)
    return [
        {
            "Put": {
                "TableName": table,
                "Item": {**layout.key(layout.collection(run), name), "data": layout.string(text), "ttl": ttl},
                "ConditionExpression": _NEW,
            }
        }
        for name, text in payloads.items()
    ]


def _place(item: layout.Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def delivery_of(delivery: DeliveryId, item: layout.Item) -> Delivery:
    """A delivery item, decoded."""
    return Delivery(
        id=delivery,
        kind=DeliveryKind(item["kind"]["S"]),
        state=DeliveryState(item["st"]["S"]),
        attempt=layout.whole(item, "att"),
        bus_arn=item["bus"]["S"],
        target=item["target"]["S"],
        jti=item["jti"]["S"],
        sub=item["sub"]["S"],
        payload=item["payload"]["S"],
        frozen_at_ms=layout.whole(item, "frozen"),
        tries=layout.whole(item, "tries"),
        refusals=layout.whole(item, "refusals"),
        due_at_ms=layout.optional_whole(item, "dueAt"),
        execution_arn=layout.optional_text(item, "execution"),
        last_error=layout.optional_text(item, "err"),
        signed_by=layout.optional_text(item, "kid"),
        **{field: layout.optional_whole(item, name) for name, field in _OPTIONAL_MOMENTS.items()},
    )


def _changing(delivery: Delivery) -> dict[str, AttributeValueTypeDef]:
    """The attributes of a delivery that change after it was written."""
    changed: dict[str, AttributeValueTypeDef] = {
        "st": layout.string(delivery.state.value),
        "tries": layout.number(delivery.tries),
        "refusals": layout.number(delivery.refusals),
    }
    for name, field in _OPTIONAL_MOMENTS.items():
        moment: int | None = getattr(delivery, field)
        if moment is not None:
            changed[name] = layout.number(moment)
    if delivery.execution_arn is not None:
        changed["execution"] = layout.string(delivery.execution_arn)
    if delivery.last_error is not None:
        changed["err"] = layout.string(delivery.last_error)
    if delivery.signed_by is not None:
        changed["kid"] = layout.string(delivery.signed_by)
    return changed
