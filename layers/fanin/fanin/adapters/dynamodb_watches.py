"""Watches in DynamoDB: one item a source, in the due index while the source is asked at all.

rev since from routed until     the writes, counted; the two cursors; why it is asked, and until when
seen                            <digest><ended, epoch ms, in hexadecimal>, joined by spaces
began page running met          the pass under way
passed trouble fails            when the last one was complete; what went wrong, and how often in a row
notBefore                       when it may be asked at the earliest
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fanin.adapters import dynamodb_layout as layout
from fanin.adapters.dynamodb_calls import called, put
from fanin.composed import composed
from fanin.domain.completion import Source, SourceKind
from fanin.domain.watch import Pass, Trouble, Watch

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, PutItemInputTypeDef

_DIGEST_CHARS = 8


@composed
class DynamoDbWatches:
    """The `Watches` port."""

    client: DynamoDBClient
    table: str

    def read(self, route: str) -> Watch | None:
        """See the port."""
        item = called(lambda: self.client.get_item(TableName=self.table, Key=layout.watch_key(route), ConsistentRead=True)).get("Item")
        return _watch_of(route, item) if item else None

    def save(self, before: Watch | None, after: Watch) -> bool:
        """See the port."""
        request: PutItemInputTypeDef = {
            "TableName": self.table,
            "Item": _item_of(after, 0 if before is None else before.rev + 1),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if before is not None:
            request["ConditionExpression"] = "rev = :rev"
            request["ExpressionAttributeValues"] = {":rev": layout.number(before.rev)}
        return put(self.client, request)


def _item_of(watch: Watch, rev: int) -> dict[str, AttributeValueTypeDef]:
    item_key, passing = layout.watch_key(watch.source.route), watch.passing
    numbers = {
        "rev": rev,
        "since": watch.since_ms,
        "from": watch.listed_from_ms,
        "until": watch.wanted_until_ms,
        "fails": watch.failures,
        "notBefore": watch.not_before_ms,
        "passed": watch.passed_at_ms,
        "began": None if passing is None else passing.began_ms,
        "running": None if passing is None else passing.running_since_ms,
    }
    texts = {
        "seen": _digests(watch.remembered),
        "trouble": None if watch.trouble is None else watch.trouble.value,
        "page": None if passing is None else passing.page,
        "met": None if passing is None else _digests(passing.met),
    }
    return {
        **item_key,
        "routed": {"BOOL": watch.routed},
        **{name: layout.number(value) for name, value in numbers.items() if value is not None},
        **{name: layout.string(value) for name, value in texts.items() if value is not None},
        **({} if watch.due_at_ms is None else layout.due_attributes(item_key, watch.due_at_ms)),
    }


def _watch_of(route: str, item: layout.Item) -> Watch:
    kind, _, arn = route.partition(":")
    began_ms, trouble = layout.optional_whole(item, "began"), layout.optional_text(item, "trouble")
    return Watch(
        source=Source(SourceKind(kind), arn),
        since_ms=layout.whole(item, "since"),
        listed_from_ms=layout.whole(item, "from"),
        rev=layout.whole(item, "rev"),
        routed=item["routed"]["BOOL"],
        wanted_until_ms=layout.whole(item, "until"),
        remembered=_remembered(item["seen"]["S"]),
        passing=None if began_ms is None else _pass_of(began_ms, item),
        passed_at_ms=layout.optional_whole(item, "passed"),
        trouble=None if trouble is None else Trouble(trouble),
        failures=layout.whole(item, "fails"),
        not_before_ms=layout.whole(item, "notBefore"),
        due_at_ms=layout.optional_whole(item, "dueAt"),
    )


def _pass_of(began_ms: int, item: layout.Item) -> Pass:
    page, running_ms = layout.optional_text(item, "page"), layout.optional_whole(item, "running")
    return Pass(began_ms, page, running_ms, _remembered(item["met"]["S"]))


def _digests(ended: Mapping[str, int]) -> str:
    return " ".join(f"{digest}{at_ms:x}" for digest, at_ms in ended.items())


def _remembered(text: str) -> dict[str, int]:
    return {one[:_DIGEST_CHARS]: int(one[_DIGEST_CHARS:], 16) for one in text.split()}
