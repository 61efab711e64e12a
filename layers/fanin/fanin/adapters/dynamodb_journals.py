"""Journals in DynamoDB: segments in partitions of their own, the hint on the run's item.

An addition is one UpdateItem whose item stays under 1 KB whatever the width, a segment one PutItem as large as what is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fanin.adapters import dynamodb_layout as layout
from fanin.adapters.dynamodb_calls import called, transact, update
from fanin.adapters.dynamodb_deliveries import delivery_put
from fanin.adapters.dynamodb_runs import OPENING, opening_values, run_of
from fanin.composed import composed
from fanin.domain.delivery import CLOSED_RUN_LIVES_S, Delivery
from fanin.domain.run import Run, RunId, RunState, Transition, transition
from fanin.domain.segment import Segment
from fanin.ports import Batch, JournalId, Merged, Page, Refused

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef, UpdateItemInputTypeDef

    from fanin.ports import Clock

SEGMENT_LIVES_S = CLOSED_RUN_LIVES_S + 90 * 86_400  # a run is open for 90 days at the most

_SAME_ATTEMPT = "st = :open AND v = :v AND att = :att"


@composed
class DynamoDbJournals:
    """The `Journals` port."""

    client: DynamoDBClient
    table: str
    clock: Clock

    def append(self, journal: JournalId, segment: Segment) -> None:
        """See the port."""
        item: dict[str, AttributeValueTypeDef] = {
            **layout.segment_key(journal, segment),
            "d": {"B": segment.data},
            "ttl": layout.number(self.clock.now_ms() // 1000 + SEGMENT_LIVES_S),
        }
        called(lambda: self.client.put_item(TableName=self.table, Item=item))

    def page(self, journal: JournalId, partition: int, above: str, up_to: str) -> Page:
        """See the port: one query, of at most 1 MB."""
        first, last = layout.segment_range(journal, above, up_to)
        answer = called(
            lambda: self.client.query(
                TableName=self.table,
                ConsistentRead=True,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={
                    ":pk": layout.string(layout.journal_key(journal, partition)),
                    ":first": layout.string(first),
                    ":last": layout.string(last),
                },
            )
        )
        resume = answer.get("LastEvaluatedKey")
        segments = [bytes(item["d"]["B"]) for item in answer["Items"]]
        return Page(segments, layout.segment_name(resume["sk"]["S"]) if resume else None)

    def add(self, journal: JournalId, batch: Batch, *, may_open: bool, now_ms: int, due_at_ms: int) -> Merged | Refused:
        """See the port. One round trip, one write unit."""
        item_key = layout.run_key(journal.run)
        is_free = f"({_SAME_ATTEMPT} AND attribute_not_exists(cg))"
        request: UpdateItemInputTypeDef = {
            "TableName": self.table,
            "Key": item_key,
            "UpdateExpression": f"SET la = :op, fa = if_not_exists(fa, :op){OPENING if may_open else ''}"
            f"{' REMOVE nl, nb' if batch.announces else ''}"
            f" ADD rev :one, h :h{', bad :bad' if batch.failures else ''}{', need :one' if batch.announces else ''}",
            "ConditionExpression": f"attribute_not_exists(st) OR {is_free}" if may_open else is_free,
            "ExpressionAttributeValues": {
                **_attempt_values(journal.version, journal.attempt),
                ":one": layout.number(1),
                ":op": layout.number(now_ms),
                ":h": layout.number(batch.arrivals),
                **({":bad": layout.number(batch.failures)} if batch.failures else {}),
                **(opening_values(item_key, now_ms, due_at_ms) if may_open else {}),
            },
        }
        return self._answer(journal.run, request)

    def claim(self, run: Run, now_ms: int, until_ms: int) -> Merged | Refused:
        """See the port."""
        return self._change(
            run,
            "SET cl = :until",
            "(attribute_not_exists(cl) OR cl <= :now)",
            {":until": layout.number(until_ms), ":now": layout.number(now_ms)},
        )

    def postpone_look(self, run: Run, next_look: int, next_bad: int) -> Merged | Refused:
        """See the port."""
        need = "attribute_not_exists(need)" if run.hint.need == 0 else "need = :need"
        return self._change(
            run,
            "SET nl = :nl, nb = :nb REMOVE cl",
            f"{need} AND (attribute_not_exists(nl) OR nl <= :nl) AND (attribute_not_exists(nb) OR nb <= :nb)",
            {
                ":nl": layout.number(next_look),
                ":nb": layout.number(next_bad),
                **({":need": layout.number(run.hint.need)} if run.hint.need else {}),
            },
        )

    def begin_closing(self, run: Run) -> Merged | Refused:
        """See the port."""
        return self._change(run, "SET cg = :one", "attribute_exists(pk)", {":one": layout.number(1)})

    def end_closing(self, run: Run) -> Merged | Refused:
        """See the port."""
        return self._change(run, "REMOVE cg", "rev = :rev", {":rev": layout.number(run.rev)})

    def make_due(self, run: Run, due_at_ms: int) -> Merged | Refused:
        """See the port."""
        due = layout.due_attributes(layout.run_key(run.id), due_at_ms)
        seen = "attribute_not_exists(dueAt)" if run.due_at_ms is None else "dueAt = :seen"
        return self._change(
            run,
            "SET duePart = :part, dueAt = :due",
            seen,
            {
                ":part": due["duePart"],
                ":due": due["dueAt"],
                **({} if run.due_at_ms is None else {":seen": layout.number(run.due_at_ms)}),
            },
        )

    def reopen(self, run: Run, batch: Batch, notice: Delivery, *, now_ms: int, due_at_ms: int) -> bool:
        """See the port."""
        item_key = layout.run_key(run.id)
        due = layout.due_attributes(item_key, due_at_ms)
        reopening: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self.table,
                "Key": item_key,
                "UpdateExpression": "SET st = :open, duePart = :part, dueAt = :due, la = :now, h = :h, bad = :bad, need = :need"
                " REMOVE #ttl, al, nl, nb, cl, cg ADD att :n, rev :n",
                "ConditionExpression": "st = :before AND rev = :rev",
                "ExpressionAttributeNames": {"#ttl": "ttl"},
                "ExpressionAttributeValues": {
                    ":open": layout.string(transition(run.state, Transition.REOPEN).value),
                    ":before": layout.string(run.state.value),
                    ":rev": layout.number(run.rev),
                    ":n": layout.number(1),
                    ":now": layout.number(now_ms),
                    ":h": layout.number(batch.arrivals),
                    ":bad": layout.number(batch.failures),
                    ":need": layout.number(int(batch.announces)),
                    ":part": due["duePart"],
                    ":due": due["dueAt"],
                },
            }
        }
        return transact(self.client, [reopening, delivery_put(self.table, notice)])

    def keep(self, run: Run) -> bool:
        """See the port."""
        request: UpdateItemInputTypeDef = {
            "TableName": self.table,
            "Key": layout.run_key(run.id),
            "UpdateExpression": "ADD rev :one",
            "ConditionExpression": "st = :before AND rev = :rev",
            "ExpressionAttributeValues": {
                ":before": layout.string(run.state.value),
                ":rev": layout.number(run.rev),
                ":one": layout.number(1),
            },
        }
        return update(self.client, request)[0]

    def _change(self, run: Run, change: str, condition: str, values: Mapping[str, AttributeValueTypeDef]) -> Merged | Refused:
        """Bookkeeping on the item of an open attempt: `rev` stays."""
        request: UpdateItemInputTypeDef = {
            "TableName": self.table,
            "Key": layout.run_key(run.id),
            "UpdateExpression": change,
            "ConditionExpression": f"{_SAME_ATTEMPT} AND {condition}",
            "ExpressionAttributeValues": {**_attempt_values(run.plan_version, run.attempt), **values},
        }
        return self._answer(run.id, request)

    def _answer(self, run: RunId, request: UpdateItemInputTypeDef) -> Merged | Refused:
        written, item = update(self.client, request)
        if written:
            return Merged(run_of(run, item))
        return Refused(run_of(run, item) if item else None)


def _attempt_values(version: int, attempt: int) -> dict[str, AttributeValueTypeDef]:
    return {":open": layout.string(RunState.OPEN.value), ":v": layout.number(version), ":att": layout.number(attempt)}
