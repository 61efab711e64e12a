"""Expectations in DynamoDB: one small item a join that expects runs, in the due index from one window to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fanin.adapters import dynamodb_layout as layout
from fanin.adapters.dynamodb_calls import called, put
from fanin.composed import composed
from fanin.domain.run import Expectation

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, PutItemInputTypeDef


@composed
class DynamoDbExpectations:
    """The `Expectations` port. Taking one away leaves the item and takes it out of the due index, so no role needs to delete."""

    client: DynamoDBClient
    table: str

    def read(self, join: str) -> Expectation | None:
        """See the port."""
        item = called(lambda: self.client.get_item(TableName=self.table, Key=layout.expectation_key(join), ConsistentRead=True)).get("Item")
        if not item or "dueAt" not in item:
            return None
        return Expectation(join, layout.whole(item, "v"), item["window"]["S"], layout.whole(item, "dueAt"))

    def save(self, join: str, before: Expectation | None, after: Expectation | None) -> bool:
        """See the port."""
        item_key = layout.expectation_key(join)
        item: dict[str, AttributeValueTypeDef] = dict(item_key)
        if after is not None:
            item |= {"v": layout.number(after.version), "window": layout.string(after.key)}
            item |= layout.due_attributes(item_key, after.opens_ms)
        request: PutItemInputTypeDef = {"TableName": self.table, "Item": item, "ConditionExpression": "attribute_not_exists(dueAt)"}
        if before is not None:
            request["ConditionExpression"] = "v = :v AND #window = :window AND dueAt = :due"
            request["ExpressionAttributeNames"] = {"#window": "window"}
            request["ExpressionAttributeValues"] = {
                ":v": layout.number(before.version),
                ":window": layout.string(before.key),
                ":due": layout.number(before.opens_ms),
            }
        return put(self.client, request)
