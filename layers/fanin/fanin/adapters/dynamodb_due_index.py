"""The due index in DynamoDB: one sparse, keys-only index over everything that depends on time, in 64 hashed partitions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fanin.adapters import dynamodb_layout as layout
from fanin.adapters.dynamodb_calls import called
from fanin.composed import composed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from fanin.ports import Due


@composed
class DynamoDbDueIndex:
    """The `DueIndex` port."""

    client: DynamoDBClient
    table: str

    @property
    def partitions(self) -> int:
        """See the port."""
        return layout.DUE_PARTITIONS

    def due(self, partition: int, until_ms: int, limit: int) -> Sequence[Due]:
        """See the port. One page: an index is read eventually consistently, and what is missed now is there next time."""
        answer = called(
            lambda: self.client.query(
                TableName=self.table,
                IndexName=layout.DUE_INDEX,
                KeyConditionExpression="duePart = :part AND dueAt <= :until",
                ExpressionAttributeValues={":part": layout.string(str(partition)), ":until": layout.number(until_ms)},
                Limit=limit,
            )
        )
        return [nominated for item in answer["Items"] if (nominated := layout.due_item(item)) is not None]
