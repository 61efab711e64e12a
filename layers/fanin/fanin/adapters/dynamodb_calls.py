"""DynamoDB's answers, translated: conditional failures are values, conflicts are tried again here, throttling goes back to the queue.

Codes: "Error handling with DynamoDB" and the TransactWriteItems reference. Unknown codes propagate.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from fanin.domain.errors import RetryableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        KeysAndAttributesTypeDef,
        PutItemInputTypeDef,
        TransactWriteItemTypeDef,
        UpdateItemInputTypeDef,
        WriteRequestUnionTypeDef,
    )

    from fanin.adapters.dynamodb_layout import Item

CONDITION_FAILED = "ConditionalCheckFailedException"
CONFLICT = "TransactionConflictException"
THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "InternalServerError",
        "ServiceUnavailable",
        "TransactionInProgressException",
    }
)
_CANCELLED = "TransactionCanceledException"
_RETRYABLE_REASONS = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"})
_CONFLICT_ROUNDS = 8
_CONFLICT_PAUSE_S = 0.02
_GET_AT_ONCE, _PUT_AT_ONCE = 100, 25  # "BatchGetItem" and "BatchWriteItem", DynamoDB API reference
_LEFT_OVER_ROUNDS = 8

T = TypeVar("T")


def error_code(error: ClientError) -> str:
    """The code of a ClientError."""
    return str(error.response["Error"]["Code"])


def called(call: Callable[[], T]) -> T:
    """Make a call; throttling and server errors, which botocore has already retried, become RetryableError."""
    try:
        return call()
    except ClientError as error:
        if error_code(error) in THROTTLED:
            raise RetryableError("table-throttled", f"the table did not take the call ({error_code(error)})") from error
        raise


def update(client: DynamoDBClient, request: UpdateItemInputTypeDef) -> tuple[bool, Item]:
    """One UpdateItem: (True, the item after it), or (False, the item that failed its condition; empty when there is none).

    A conflict with a transaction in flight is no refusal: nothing was decided, so it is tried again, at most eight times.
    """
    asking: UpdateItemInputTypeDef = {**request, "ReturnValues": "ALL_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    try:
        return True, _untangled(lambda: client.update_item(**asking))["Attributes"]
    except ClientError as error:
        if error_code(error) != CONDITION_FAILED:
            raise
        found: Mapping[str, AttributeValueTypeDef] = error.response.get("Item", {})  # type: ignore[assignment]  # absent from the stubs
        return False, found


def put(client: DynamoDBClient, request: PutItemInputTypeDef) -> bool:
    """One PutItem; False when its condition failed. A conflict with a transaction is tried again, as for an update."""
    try:
        _untangled(lambda: client.put_item(**request))
    except ClientError as error:
        if error_code(error) != CONDITION_FAILED:
            raise
        return False
    return True


def get_all(client: DynamoDBClient, table: str, keys: Sequence[Mapping[str, AttributeValueTypeDef]]) -> list[Item]:
    """BatchGetItem, consistently, of keys that differ; what is not there is absent. RetryableError when the table leaves too much over."""
    found: list[Item] = []
    for start in range(0, len(keys), _GET_AT_ONCE):
        left: Sequence[Mapping[str, AttributeValueTypeDef]] = keys[start : start + _GET_AT_ONCE]
        for attempt in range(_LEFT_OVER_ROUNDS):
            asked: KeysAndAttributesTypeDef = {"Keys": left, "ConsistentRead": True}
            answer = called(partial(client.batch_get_item, RequestItems={table: asked}))
            found.extend(answer["Responses"].get(table, []))
            left = answer["UnprocessedKeys"].get(table, {"Keys": []})["Keys"]
            if not left:
                break
            time.sleep(_CONFLICT_PAUSE_S * (attempt + 1))
        else:
            raise _left_over()
    return found


def put_all(client: DynamoDBClient, table: str, items: Sequence[Item]) -> None:
    """BatchWriteItem of items whose keys differ, unconditionally. RetryableError when the table leaves too much over."""
    for start in range(0, len(items), _PUT_AT_ONCE):
        left: Sequence[WriteRequestUnionTypeDef] = [{"PutRequest": {"Item": item}} for item in items[start : start + _PUT_AT_ONCE]]
        for attempt in range(_LEFT_OVER_ROUNDS):
            left = called(partial(client.batch_write_item, RequestItems={table: left}))["UnprocessedItems"].get(table, [])
            if not left:
                break
            time.sleep(_CONFLICT_PAUSE_S * (attempt + 1))
        else:
            raise _left_over()


def _left_over() -> RetryableError:
    return RetryableError("table-throttled", f"the table left a part of a batch over {_LEFT_OVER_ROUNDS} times")


def transact(client: DynamoDBClient, writes: Sequence[TransactWriteItemTypeDef]) -> bool:
    """One TransactWriteItems; False when a condition failed or another transaction was in the way: read and decide again."""
    try:
        called(lambda: client.transact_write_items(TransactItems=writes))
    except ClientError as error:
        if error_code(error) != _CANCELLED:
            raise
        reasons = {reason.get("Code", "") for reason in error.response.get("CancellationReasons", [])}
        if reasons & _RETRYABLE_REASONS:
            raise RetryableError("table-throttled", "the table throttled a transaction") from error
        if reasons & {"ConditionalCheckFailed", "TransactionConflict"}:
            return False
        raise
    return True


def _untangled(call: Callable[[], T]) -> T:
    for attempt in range(_CONFLICT_ROUNDS):
        try:
            return called(call)
        except ClientError as error:
            if error_code(error) != CONFLICT:
                raise
        time.sleep(_CONFLICT_PAUSE_S * (attempt + 1))
    raise RetryableError("table-conflict", "the item was part of other transactions for too long")
