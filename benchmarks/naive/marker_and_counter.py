"""A marker item for each completion and a counter for the run, in one transaction; whoever finds the counter full releases.

Right about repeats (the marker is there already), but a transaction costs twice, every completion of a run meets on the counter, and
transactions that meet are cancelled and tried again, which is not counted here.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from benchmarks.naive.arrival import TABLE, Arriving


def record(client: Any, arriving: Arriving) -> bool:
    """Whether this completion was the last."""
    marker = {"pk": {"S": f"MARKER#{arriving.key}"}, "sk": {"S": arriving.execution}, "arrival": {"S": arriving.text}}
    counter = {"pk": {"S": "COUNTER"}, "sk": {"S": arriving.key}}
    put = {"Put": {"TableName": TABLE, "Item": marker, "ConditionExpression": "attribute_not_exists(pk)"}}
    add = {
        "Update": {
            "TableName": TABLE,
            "Key": counter,
            "UpdateExpression": "ADD arrived :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }
    try:
        client.transact_write_items(TransactItems=[put, add])
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise
    item = client.get_item(TableName=TABLE, Key=counter, ConsistentRead=True)["Item"]
    return int(item["arrived"]["N"]) == arriving.width
