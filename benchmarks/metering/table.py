"""One DynamoDB table in this process, which takes the requests of the real adapters in the place of their client, and charges them.

It has the hub's keys and its one index (sparse, keys only), checks conditions, merges updates, pages queries at 1 MB, and refuses items
over 400 KB. A million completions can be run through it, and `benchmarks.engine_check` holds its charges to those of another engine.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.metering import sizes
from benchmarks.metering.expressions import changes, condition, resolved
from benchmarks.metering.ledger import Charge, Ledger

Item = dict[str, Any]
Entry = tuple[Mapping[str, Any], Mapping[str, Any]]
_NOTHING: Mapping[str, Any] = {}
_KEY_CONDITION = re.compile(r"pk = (:\w+)(?: AND (?:sk BETWEEN (:\w+) AND (:\w+)|begins_with\(sk, (:\w+)\)))?")
_LAST = chr(0x10FFFF)  # above every character of a sort key


@dataclass(slots=True)
class Row:
    """An item and its size, which is kept, as a big one is dear to measure."""

    item: Item
    size_bytes: int


@dataclass(slots=True)
class MeteredTable:
    """The part of the client's interface that the adapters use."""

    ledger: Ledger = field(default_factory=Ledger)
    _rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    _order: dict[str, list[str]] = field(default_factory=dict)

    def get_item(self, **request: Any) -> dict[str, Any]:
        self.ledger.called("GetItem")
        row = self._read(request["Key"], consistent=request.get("ConsistentRead", False), operation="GetItem")
        return {"Item": dict(row.item)} if row else {}

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        self.ledger.called("BatchGetItem")
        answers: dict[str, list[Item]] = {}
        for table, asked in request["RequestItems"].items():
            consistent = asked.get("ConsistentRead", False)
            rows = [self._read(key, consistent=consistent, operation="BatchGetItem") for key in asked["Keys"]]
            answers[table] = [dict(row.item) for row in rows if row]
        return {"Responses": answers, "UnprocessedKeys": {}}

    def query(self, **request: Any) -> dict[str, Any]:
        self.ledger.called("Query")
        found, last = self._page(request)
        kept = [row.item for row in found if _holds(request.get("FilterExpression"), row.item, request)]
        return {"Items": [dict(item) for item in kept], "Count": len(kept), **({"LastEvaluatedKey": last} if last else {})}

    def get_paginator(self, operation: str) -> _Paginator:
        return _Paginator({"query": self.query}[operation])

    def put_item(self, **request: Any) -> dict[str, Any]:
        self.ledger.called("PutItem")
        key, before = self._found(request["Item"])
        self._check(request, key, before, "PutItem")
        item = dict(request["Item"])
        self._store(key, before, Row(item, sizes.item_bytes(item)), "PutItem")
        return {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        self.ledger.called("UpdateItem")
        key, before = self._found(request["Key"])
        self._check(request, key, before, "UpdateItem")
        after = _updated(request, before)
        self._store(key, before, after, "UpdateItem", expression=request["UpdateExpression"])
        return {"Attributes": dict(after.item)} if request.get("ReturnValues") == "ALL_NEW" else {}

    def delete_item(self, **request: Any) -> dict[str, Any]:
        self.ledger.called("DeleteItem")
        key, before = self._found(request["Key"])
        self._check(request, key, before, "DeleteItem")
        self._store(key, before, None, "DeleteItem")
        return {}

    def batch_write_item(self, **request: Any) -> dict[str, Any]:
        self.ledger.called("BatchWriteItem")
        for writes in request["RequestItems"].values():
            for write in writes:
                item: Item = dict(write["PutRequest"]["Item"])
                key, before = self._found(item)
                self._store(key, before, Row(item, sizes.item_bytes(item)), "BatchWriteItem")
        return {"UnprocessedItems": {}}

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        """All or nothing; twice the units, also of what was refused."""
        self.ledger.called("TransactWriteItems")
        steps = [_Step.of(write, self._found) for write in request["TransactItems"]]
        failed = [not _holds(step.request.get("ConditionExpression"), _item(step.before), step.request) for step in steps]
        if any(failed):
            for step in steps:
                units = 2 * sizes.write_units(_size(step.before))
                self.ledger.charge(Charge("TransactWriteItems", *step.key, write=units, refused=True))
            reasons = [{"Code": "ConditionalCheckFailed" if one else "None"} for one in failed]
            raise _refused("TransactionCanceledException", "TransactWriteItems", CancellationReasons=reasons)
        for step in steps:
            self._store(step.key, step.before, step.after(), "TransactWriteItems", times=2)
        return {}

    def items(self) -> Iterator[Item]:
        """Everything that is stored; nobody is charged."""
        return (row.item for rows in self._rows.values() for row in rows.values())

    def _found(self, key: Mapping[str, Any]) -> tuple[tuple[str, str], Row | None]:
        pk, sk = key["pk"]["S"], key["sk"]["S"]
        return (pk, sk), self._rows.get(pk, {}).get(sk)

    def _read(self, key: Mapping[str, Any], *, consistent: bool, operation: str) -> Row | None:
        (pk, sk), row = self._found(key)
        self.ledger.charge(Charge(operation, pk, sk, read=sizes.read_units(_size(row), consistent=consistent)))
        return row

    def _page(self, request: Mapping[str, Any]) -> tuple[list[Row], Item | None]:
        """One page of a query by partition key: as many items as fit into 1 MB, and where the next page begins."""
        pk, rows = self._queried(request)
        page: list[Row] = []
        size, last = 0, None
        for row in rows:
            if page and (size + row.size_bytes > sizes.MAX_PAGE_BYTES or len(page) == request.get("Limit")):
                last = {"pk": page[-1].item["pk"], "sk": page[-1].item["sk"]}
                break
            page.append(row)
            size += row.size_bytes
        self.ledger.charge(Charge("Query", pk, "", read=sizes.read_units(size, consistent=request.get("ConsistentRead", False))))
        return page, last

    def _queried(self, request: Mapping[str, Any]) -> tuple[str, Iterator[Row]]:
        """The partition key that is asked for, and its rows from where the page begins."""
        asked, values = _KEY_CONDITION.fullmatch(request["KeyConditionExpression"]), request["ExpressionAttributeValues"]
        if asked is None or "IndexName" in request:
            raise NotImplementedError("the index nominates for the sweeper, which no benchmark runs on this table")
        pk, first, last, prefix = (values[name]["S"] if name else "" for name in asked.groups())
        rows, order = self._rows.get(pk, {}), self._sorted(pk)
        begin = bisect_left(order, first or prefix)
        end = bisect_right(order, last or prefix + _LAST)
        start, backwards = request.get("ExclusiveStartKey"), not request.get("ScanIndexForward", True)
        if start and backwards:
            end = min(end, bisect_left(order, start["sk"]["S"]))
        elif start:
            begin = max(begin, bisect_right(order, start["sk"]["S"]))
        places = range(begin, end)
        return pk, (rows[order[place]] for place in (reversed(places) if backwards else places))

    def _sorted(self, pk: str) -> list[str]:
        order = self._order.get(pk)
        if order is None:
            order = self._order[pk] = sorted(self._rows.get(pk, ()))
        return order

    def _check(self, request: Mapping[str, Any], key: tuple[str, str], before: Row | None, operation: str) -> None:
        if _holds(request.get("ConditionExpression"), _item(before), request):
            return
        expression = request.get("UpdateExpression", "")
        self.ledger.charge(Charge(operation, *key, write=sizes.write_units(_size(before)), refused=True, expression=expression))
        shown = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and before
        raise _refused("ConditionalCheckFailedException", operation, **({"Item": dict(before.item)} if shown and before else {}))

    def _store(
        self, key: tuple[str, str], before: Row | None, after: Row | None, operation: str, times: int = 1, expression: str = ""
    ) -> None:
        pk, sk = key
        if after is not None and after.size_bytes > sizes.MAX_ITEM_BYTES:
            raise _refused("ValidationException", operation)
        entries = _entry(before), _entry(after)
        index = sizes.index_units(*entries)
        units = times * sizes.write_units(max(_size(before), _size(after)))
        self.ledger.charge(Charge(operation, pk, sk, write=units, index=index, expression=expression))
        if index and self.ledger.by_item:
            self.ledger.index_writes.update(entry[0]["S"] for entry in entries if entry)
        rows = self._rows.setdefault(pk, {})
        if after is None:
            rows.pop(sk, None)
        else:
            rows[sk] = after
        if (before is None) != (after is None):
            self._order.pop(pk, None)


@dataclass(frozen=True, slots=True)
class _Paginator:
    call: Callable[..., dict[str, Any]]

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        while True:
            page = self.call(**request)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}


@dataclass(frozen=True, slots=True)
class _Step:
    """One write of a transaction."""

    kind: str
    request: Mapping[str, Any]
    key: tuple[str, str]
    before: Row | None

    @classmethod
    def of(cls, write: Mapping[str, Mapping[str, Any]], found: Callable[[Mapping[str, Any]], tuple[tuple[str, str], Row | None]]) -> _Step:
        ((kind, request),) = write.items()
        return cls(kind, request, *found(request["Item"] if kind == "Put" else request["Key"]))

    def after(self) -> Row | None:
        match self.kind:
            case "Put":
                return Row(dict(self.request["Item"]), sizes.item_bytes(self.request["Item"]))
            case "Update":
                return _updated(self.request, self.before)
            case "ConditionCheck":
                return self.before
            case _:
                return None


def _updated(request: Mapping[str, Any], before: Row | None) -> Row:
    old: Item = before.item if before else dict(request["Key"])
    size = before.size_bytes if before else sizes.item_bytes(old)
    item, names, values = dict(old), request.get("ExpressionAttributeNames", _NOTHING), request.get("ExpressionAttributeValues", _NOTHING)
    for change in changes(request["UpdateExpression"]):
        value = change.operand(old, names, values) if change.operand else None
        size += _applied(item, resolved(change.path, names), value)
    return Row(item, size)


def _applied(item: Item, path: Sequence[str], value: Any) -> int:
    """Put a value (None: take it away) at a path; how many bytes the item has grown by."""
    for part in path[:-1]:
        inner = dict(item[part]["M"])
        item[part] = {"M": inner}
        item = inner
    name, nested = path[-1], len(path) > 1
    before = item.get(name)
    if value == before:
        return 0
    if value is None:
        del item[name]
    else:
        item[name] = value
    return _share(name, value, nested=nested) - _share(name, before, nested=nested)


def _share(name: str, value: Any, *, nested: bool) -> int:
    return 0 if value is None else sizes.attribute_bytes(name, value) + nested


def _holds(expression: str | None, item: Item | Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    if expression is None:
        return True
    names, values = request.get("ExpressionAttributeNames", _NOTHING), request.get("ExpressionAttributeValues", _NOTHING)
    return condition(expression)(item, names, values)


def _item(row: Row | None) -> Mapping[str, Any]:
    return row.item if row else _NOTHING


def _size(row: Row | None) -> int:
    return row.size_bytes if row else 0


def _entry(row: Row | None) -> Entry | None:
    """The entry of an item in the index; None when it lacks one of the index's keys."""
    if row is None or "duePart" not in row.item or "dueAt" not in row.item:
        return None
    return row.item["duePart"], row.item["dueAt"]


def _refused(code: str, operation: str, **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}, **more}, operation)  # type: ignore[typeddict-item]  # as boto3's own
