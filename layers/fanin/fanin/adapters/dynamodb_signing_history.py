"""Since when keys sign, in DynamoDB: one small item a key, written once and never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fanin.adapters import dynamodb_layout as layout
from fanin.adapters.dynamodb_calls import called, put
from fanin.composed import composed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@composed
class DynamoDbSigningHistory:
    """The `SigningHistory` port."""

    client: DynamoDBClient
    table: str

    def since(self, kid: str) -> int | None:
        """See the port."""
        item_key = layout.signing_key_key(kid)
        item = called(lambda: self.client.get_item(TableName=self.table, Key=item_key, ConsistentRead=True)).get("Item")
        return layout.whole(item, "since") if item else None

    def note(self, kid: str, now_ms: int) -> int:
        """See the port."""
        item = {**layout.signing_key_key(kid), "since": layout.number(now_ms)}
        if put(self.client, {"TableName": self.table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}):
            return now_ms
        noted = self.since(kid)
        return now_ms if noted is None else noted
