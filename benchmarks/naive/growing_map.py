"""One item a run, with a map that grows by an entry a completion; whoever finds it full releases.

Right about repeats (the map's keys are the executions), but each write costs the whole item, all writes of a run meet on one item, and
at 400 KB it is over.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from benchmarks.naive.arrival import TABLE, Arriving


def record(client: Any, arriving: Arriving) -> bool:
    """Whether this completion was the last; ClientError when the item is full."""
    key = {"pk": {"S": "MAP"}, "sk": {"S": arriving.key}}
    try:
        answer = client.update_item(
            TableName=TABLE,
            Key=key,
            UpdateExpression="SET arrivals.#id = :arrival",
            ConditionExpression="attribute_exists(arrivals)",
            ExpressionAttributeNames={"#id": arriving.execution},
            ExpressionAttributeValues={":arrival": {"S": arriving.text}},
            ReturnValues="ALL_NEW",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        first = {"M": {arriving.execution: {"S": arriving.text}}}
        client.put_item(TableName=TABLE, Item={**key, "arrivals": first}, ConditionExpression="attribute_not_exists(pk)")
        return arriving.width == 1
    return len(answer["Attributes"]["arrivals"]["M"]) == arriving.width
