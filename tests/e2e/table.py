"""The hub's table as an administrator sees it: to move time for what is due, and to leave things as a crash would have left them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Item = dict[str, Any]
_SHARDS = 16


@dataclass(frozen=True)
class Table:
    """Every account's functions are kept from this by their roles; only a test goes here."""

    client: Any
    name: str

    def make_due(self, join: str, key: str) -> None:
        """As if time had passed: whatever of a run is due at some time is due now."""
        for item in self.items_of_run(join, key):
            if "dueAt" in item:
                self.write(item, dueAt={"N": "1"})

    def make_watch_due(self, source: str, kind: str = "stepfunctions") -> None:
        """As if the time had passed until a source is asked again, and until every collector knows what waits for it."""
        self.write(self.watch(source, kind), dueAt={"N": "1"}, notBefore={"N": "1"})

    def watch(self, source: str, kind: str = "stepfunctions") -> Item:
        """What is remembered of asking a source; empty when it was never to be asked."""
        return self.item(f"WATCH#{kind}:{source}", "watch")

    def items_of_run(self, join: str, key: str) -> list[Item]:
        """The run's item, then those of its payloads, deliveries and notices."""
        found = [self.item(f"RUNS#{join}#{shard}", key) for shard in range(_SHARDS)]
        collection = self.client.query(
            TableName=self.name,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"RUN#{join}#{key}"}},
        )["Items"]
        return [item for item in found if item] + list(collection)

    def item(self, pk: str, sk: str) -> Item:
        """An item by its key; empty when there is none."""
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        found: Item = self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True).get("Item", {})
        return found

    def write(self, item: Mapping[str, Any], **attributes: Any) -> None:
        """Write attributes of an item."""
        self.client.update_item(
            TableName=self.name,
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in attributes),
            ExpressionAttributeValues={f":{name}": value for name, value in attributes.items()},
        )
