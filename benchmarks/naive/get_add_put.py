"""Get the count, add one, put it back, unconditionally: the message aggregator of many an example.

The cheapest, and wrong three ways: two at a time lose one, a repeat counts twice, and a crash between the put and the release means
that nobody ever finds the count full again.
"""

from __future__ import annotations

from typing import Any

from benchmarks.naive.arrival import TABLE, Arriving


def record(client: Any, arriving: Arriving) -> bool:
    """Whether this completion was the last, or seemed so."""
    key = {"pk": {"S": "COUNT"}, "sk": {"S": arriving.key}}
    item = client.get_item(TableName=TABLE, Key=key, ConsistentRead=True).get("Item")
    arrived = int(item["arrived"]["N"]) + 1 if item else 1
    client.put_item(TableName=TABLE, Item={**key, "arrived": {"N": str(arrived)}, "last": {"S": arriving.text}})
    return arrived == arriving.width
