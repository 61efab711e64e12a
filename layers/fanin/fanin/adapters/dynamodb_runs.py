"""Narrow runs in DynamoDB: one item, one UpdateItem to merge arrivals and get the whole state back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from fanin.adapters import dynamodb_layout as layout
from fanin.adapters.dynamodb_calls import called, put, transact, update
from fanin.adapters.dynamodb_deliveries import delivery_put, payload_puts
from fanin.composed import composed
from fanin.domain.delivery import CLOSED_RUN_LIVES_S, Delivery
from fanin.domain.release import UNKNOWN_OUTPUT, Output
from fanin.domain.run import Hint, Run, RunId, RunState, Transition, transition
from fanin.ports import Merged, Refused, ReleaseWrite

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef, UpdateItemInputTypeDef

# What the first write of a run sets, beside what every write does.
OPENING = (
    ", st = if_not_exists(st, :open), v = if_not_exists(v, :v), att = if_not_exists(att, :one), op = if_not_exists(op, :op)"
    ", duePart = if_not_exists(duePart, :part), dueAt = if_not_exists(dueAt, :due)"
)

_NO_HINT = Hint()


@composed
class DynamoDbRuns:
    """The `Runs` port."""

    client: DynamoDBClient
    table: str

    def merge(self, run: RunId, version: int, slots: Mapping[int, str], *, may_open: bool, now_ms: int, due_at_ms: int) -> Merged | Refused:
        """See the port. One round trip, at most one write unit while the item is under 1 KB."""
        item_key = layout.run_key(run)
        raised = ", ".join(f"p{slot} = :p{slot}" for slot in slots)
        rising = " AND ".join(f"(attribute_not_exists(p{slot}) OR p{slot} < :p{slot})" for slot in slots)
        held = "(st = :open AND v = :v)"
        opening = f"(attribute_not_exists(st) OR {held})" if may_open else held
        request: UpdateItemInputTypeDef = {
            "TableName": self.table,
            "Key": item_key,
            "UpdateExpression": f"SET {raised}, la = :op, fa = if_not_exists(fa, :op){OPENING if may_open else ''} ADD rev :one",
            "ConditionExpression": f"{opening} AND {rising}",
            "ExpressionAttributeValues": {
                **{f":p{slot}": layout.string(arrival) for slot, arrival in slots.items()},
                ":open": layout.string(RunState.OPEN.value),
                ":v": layout.number(version),
                ":one": layout.number(1),
                ":op": layout.number(now_ms),
                **(opening_values(item_key, now_ms, due_at_ms) if may_open else {}),
            },
        }
        written, item = update(self.client, request)
        if written:
            return Merged(run_of(run, item))
        return Refused(run_of(run, item) if item else None)

    def read(self, run: RunId) -> Run | None:
        """See the port."""
        item = called(lambda: self.client.get_item(TableName=self.table, Key=layout.run_key(run), ConsistentRead=True)).get("Item")
        return run_of(run, item) if item else None

    def open(self, run: RunId, version: int, *, now_ms: int, due_at_ms: int) -> bool:
        """See the port."""
        item_key = layout.run_key(run)
        request: UpdateItemInputTypeDef = {
            "TableName": self.table,
            "Key": item_key,
            "UpdateExpression": f"SET {OPENING.removeprefix(', ')} ADD rev :one",
            "ConditionExpression": "attribute_not_exists(st)",
            "ExpressionAttributeValues": {
                ":open": layout.string(RunState.OPEN.value),
                ":v": layout.number(version),
                ":one": layout.number(1),
                **opening_values(item_key, now_ms, due_at_ms),
            },
        }
        return update(self.client, request)[0]

    def reopen(self, run: Run, slots: Mapping[int, str], notice: Delivery, *, now_ms: int, due_at_ms: int) -> bool:
        """See the port."""
        item_key = layout.run_key(run.id)
        due = layout.due_attributes(item_key, due_at_ms)
        raised = "".join(f", p{slot} = :p{slot}" for slot in slots)
        reopening: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self.table,
                "Key": item_key,
                "UpdateExpression": f"SET st = :open, duePart = :part, dueAt = :due, la = :now{raised} REMOVE #ttl, al ADD att :n, rev :n",
                "ConditionExpression": "st = :before AND rev = :rev",
                "ExpressionAttributeNames": {"#ttl": "ttl"},
                "ExpressionAttributeValues": {
                    **{f":p{slot}": layout.string(arrival) for slot, arrival in slots.items()},
                    ":open": layout.string(transition(run.state, Transition.REOPEN).value),
                    ":before": layout.string(run.state.value),
                    ":rev": layout.number(run.rev),
                    ":n": layout.number(1),
                    ":now": layout.number(now_ms),
                    ":part": due["duePart"],
                    ":due": due["dueAt"],
                },
            }
        }
        return transact(self.client, [reopening, delivery_put(self.table, notice)])

    def keep(self, run: Run, slots: Mapping[int, str]) -> bool:
        """See the port."""
        request: UpdateItemInputTypeDef = {
            "TableName": self.table,
            "Key": layout.run_key(run.id),
            "UpdateExpression": f"SET {', '.join(f'p{slot} = :p{slot}' for slot in slots)} ADD rev :one",
            "ConditionExpression": "st = :before AND rev = :rev",
            "ExpressionAttributeValues": {
                **{f":p{slot}": layout.string(arrival) for slot, arrival in slots.items()},
                ":before": layout.string(run.state.value),
                ":rev": layout.number(run.rev),
                ":one": layout.number(1),
            },
        }
        return update(self.client, request)[0]

    def close(self, run: Run, event: Transition, write: ReleaseWrite, now_ms: int) -> bool:
        """See the port. The state, each distinct payload, and each delivery: one transaction."""
        payloads = payload_puts(self.table, run.id, write.payloads, now_ms)
        puts = [*payloads, *(delivery_put(self.table, one) for one in write.deliveries)]
        closing = self._closing(run.id, run.state, event, now_ms, ("rev", run.rev))
        return transact(self.client, [closing, *puts])

    def acknowledge(self, run: RunId, attempt: int, notice: Delivery) -> bool:
        """See the port. Nothing but the attempt and its state counts: what arrives late meanwhile may move `rev`."""
        closing = self._closing(run, RunState.SATISFIED, Transition.ACKNOWLEDGE, notice.frozen_at_ms, ("att", attempt))
        return transact(self.client, [closing, delivery_put(self.table, notice)])

    def alert(self, run: Run, deadlines: Sequence[int], notices: Sequence[Delivery]) -> bool:
        """See the port."""
        told = sorted(run.alerted | set(deadlines))
        telling: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self.table,
                "Key": layout.run_key(run.id),
                "UpdateExpression": "SET al = :told ADD rev :one",
                "ConditionExpression": "st = :open AND rev = :rev",
                "ExpressionAttributeValues": {
                    ":told": {"L": [layout.number(number) for number in told]},
                    ":open": layout.string(RunState.OPEN.value),
                    ":rev": layout.number(run.rev),
                    ":one": layout.number(1),
                },
            }
        }
        return transact(self.client, [telling, *(delivery_put(self.table, one) for one in notices)])

    def postpone(self, run: Run, due_at_ms: int) -> bool:
        """See the port. `rev` stays: neither state nor arrivals change."""
        request: UpdateItemInputTypeDef = {
            "TableName": self.table,
            "Key": layout.run_key(run.id),
            "UpdateExpression": "SET dueAt = :due",
            "ConditionExpression": "st = :open AND rev = :rev",
            "ExpressionAttributeValues": {
                ":due": layout.number(due_at_ms),
                ":open": layout.string(RunState.OPEN.value),
                ":rev": layout.number(run.rev),
            },
        }
        return update(self.client, request)[0]

    def of_join(self, join: str, limit: int) -> Sequence[Run]:
        """See the port: 16 queries, merged."""
        found: list[Run] = []
        for shard in range(layout.SHARDS):
            answer = called(
                partial(
                    self.client.query,
                    TableName=self.table,
                    KeyConditionExpression="pk = :pk",
                    ExpressionAttributeValues={":pk": layout.string(layout.shard_key(join, shard))},
                    ScanIndexForward=False,
                    Limit=limit,
                )
            )
            found.extend(run_of(RunId(join, item["sk"]["S"]), item) for item in answer["Items"])
        return sorted(found, key=lambda run: run.id.key, reverse=True)[:limit]

    def open_versions(self, join: str) -> frozenset[int]:
        """See the port: 16 queries of every page, filtered by DynamoDB, read consistently."""
        versions: set[int] = set()
        for shard in range(layout.SHARDS):
            pages = self.client.get_paginator("query").paginate(
                TableName=self.table,
                ConsistentRead=True,
                KeyConditionExpression="pk = :pk",
                FilterExpression="st = :open",
                ProjectionExpression="v",
                ExpressionAttributeValues={
                    ":pk": layout.string(layout.shard_key(join, shard)),
                    ":open": layout.string(RunState.OPEN.value),
                },
            )
            versions.update(layout.whole(item, "v") for page in pages for item in page["Items"])
        return frozenset(versions)

    def keep_output(self, run: RunId, version: int, slot: int, arrival: str, output: Output) -> None:
        """See the port."""
        item: dict[str, AttributeValueTypeDef] = {
            **layout.output_key(run, version, slot, arrival),
            "ttl": layout.number(_ttl(int(arrival[1:14]))),
        }
        for name, value in (("text", output.text), ("sha", output.sha256)):
            if value is not None:
                item[name] = layout.string(value)
        if output.size_bytes is not None:
            item["size"] = layout.number(output.size_bytes)
        if output == UNKNOWN_OUTPUT:
            # A report that came without it takes nothing from one that had it.
            put(self.client, {"TableName": self.table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"})
        else:
            called(lambda: self.client.put_item(TableName=self.table, Item=item))

    def outputs(self, run: RunId, version: int, slots: Mapping[int, str]) -> Mapping[int, Output]:
        """See the port: one GetItem a slot, since outputs are large and BatchGetItem stops at 16 MB anyway."""
        found: dict[int, Output] = {}
        for slot, arrival in slots.items():
            item_key = layout.output_key(run, version, slot, arrival)
            item = called(partial(self.client.get_item, TableName=self.table, Key=item_key, ConsistentRead=True)).get("Item")
            if item:
                found[slot] = Output(
                    layout.optional_text(item, "text"), layout.optional_whole(item, "size"), layout.optional_text(item, "sha")
                )
        return found

    def _closing(self, run: RunId, before: RunState, event: Transition, now_ms: int, held: tuple[str, int]) -> TransactWriteItemTypeDef:
        """The run's part: from the state `before`, on condition that the attribute `held` is still what it was."""
        name, value = held
        return {
            "Update": {
                "TableName": self.table,
                "Key": layout.run_key(run),
                "UpdateExpression": "SET st = :after, #ttl = :ttl REMOVE duePart, dueAt ADD rev :one",
                "ConditionExpression": f"st = :before AND {name} = :held",
                "ExpressionAttributeNames": {"#ttl": "ttl"},
                "ExpressionAttributeValues": {
                    ":after": layout.string(transition(before, event).value),
                    ":before": layout.string(before.value),
                    ":held": layout.number(value),
                    ":one": layout.number(1),
                    ":ttl": layout.number(_ttl(now_ms)),
                },
            }
        }


def run_of(run: RunId, item: layout.Item) -> Run:
    """A run item, decoded."""
    found = layout.wholes(item)
    return Run(
        id=run,
        state=RunState(item["st"]["S"]),
        plan_version=found["v"],
        attempt=found["att"],
        rev=found["rev"],
        opened_at_ms=found["op"],
        slots=layout.numbered(item, "p"),
        due_at_ms=found.get("dueAt"),
        first_arrival_ms=found.get("fa"),
        last_arrival_ms=found.get("la"),
        alerted=frozenset(int(number["N"]) for number in item["al"]["L"]) if "al" in item else frozenset(),
        hint=_hint_of(found) if "h" in found or "nl" in found else _NO_HINT,
    )


def _hint_of(found: Mapping[str, int]) -> Hint:
    return Hint(
        arrivals=found.get("h", 0),
        failures=found.get("bad", 0),
        need=found.get("need", 0),
        next_look=found.get("nl"),
        next_bad=found.get("nb"),
        claimed_until_ms=found.get("cl"),
        closing="cg" in found,
    )


def run_put(table: str, run: Run, now_ms: int) -> TransactWriteItemTypeDef:
    """A closed run written whole, which must not be there yet: what a stream's release does."""
    item: dict[str, AttributeValueTypeDef] = {
        **layout.run_key(run.id),
        "st": layout.string(run.state.value),
        "v": layout.number(run.plan_version),
        "att": layout.number(run.attempt),
        "rev": layout.number(run.rev),
        "op": layout.number(run.opened_at_ms),
        "ttl": layout.number(_ttl(now_ms)),
        **{f"p{slot}": layout.string(arrival) for slot, arrival in run.slots.items()},
    }
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def opening_values(item_key: layout.Key, now_ms: int, due_at_ms: int) -> dict[str, AttributeValueTypeDef]:
    """The values that `OPENING` sets, but for those that every write has."""
    due = layout.due_attributes(item_key, due_at_ms)
    return {":op": layout.number(now_ms), ":part": due["duePart"], ":due": due["dueAt"]}


def _ttl(now_ms: int) -> int:
    return now_ms // 1000 + CLOSED_RUN_LIVES_S
