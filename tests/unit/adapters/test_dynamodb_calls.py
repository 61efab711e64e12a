"""DynamoDB's answers: a condition that failed is a value, a conflict is tried again, throttling goes back to the queue."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from fanin.adapters.dynamodb_calls import THROTTLED, called, put, transact, update
from fanin.adapters.dynamodb_deliveries import DynamoDbDeliveries
from fanin.domain.errors import RetryableError
from fanin.domain.run import RunId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutItemInputTypeDef, TransactWriteItemTypeDef, UpdateItemInputTypeDef

pytestmark = pytest.mark.unit

REQUEST: UpdateItemInputTypeDef = {"TableName": "t", "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}}
WRITES: list[TransactWriteItemTypeDef] = [{"Put": {"TableName": "t", "Item": {"pk": {"S": "a"}, "sk": {"S": "b"}}}}]
NEW: PutItemInputTypeDef = {"TableName": "t", "Item": {"pk": {"S": "a"}, "sk": {"S": "b"}}}
CONFLICT = "TransactionConflictException"


@pytest.fixture(scope="module")
def client() -> DynamoDBClient:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    return session.client("dynamodb")


@pytest.fixture
def stub(client: DynamoDBClient) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(time, "sleep", found.append)
    return found


def cancelled(stub: Stubber, *codes: str) -> None:
    stub.add_client_error(
        "transact_write_items", "TransactionCanceledException", modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]}
    )


def test_an_update_gives_the_item_after_it(client: DynamoDBClient, stub: Stubber) -> None:
    asked = {**REQUEST, "ReturnValues": "ALL_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    stub.add_response("update_item", {"Attributes": {"rev": {"N": "2"}}}, asked)
    assert update(client, REQUEST) == (True, {"rev": {"N": "2"}})


def test_a_failed_condition_gives_the_item_as_it_is(client: DynamoDBClient, stub: Stubber) -> None:
    stub.add_client_error("update_item", "ConditionalCheckFailedException", modeled_fields={"Item": {"rev": {"N": "1"}}})
    assert update(client, REQUEST) == (False, {"rev": {"N": "1"}})


def test_a_failed_condition_on_nothing_gives_nothing(client: DynamoDBClient, stub: Stubber) -> None:
    stub.add_client_error("update_item", "ConditionalCheckFailedException")
    assert update(client, REQUEST) == (False, {})


def test_a_conflict_is_no_refusal_and_is_tried_again(client: DynamoDBClient, stub: Stubber, pauses: list[float]) -> None:
    for _ in range(3):
        stub.add_client_error("update_item", CONFLICT)
    stub.add_response("update_item", {"Attributes": {}})
    assert update(client, REQUEST) == (True, {})
    assert len(pauses) == 3
    assert pauses == sorted(pauses)


def test_a_conflict_that_does_not_end_is_a_retry(client: DynamoDBClient, stub: Stubber, pauses: list[float]) -> None:
    for _ in range(8):
        stub.add_client_error("update_item", CONFLICT)
    with pytest.raises(RetryableError, match="table-conflict"):
        update(client, REQUEST)
    assert sum(pauses) < 2


@pytest.mark.parametrize("code", sorted(THROTTLED))
def test_throttling_goes_back_to_the_queue(client: DynamoDBClient, stub: Stubber, code: str) -> None:
    stub.add_client_error("update_item", code)
    with pytest.raises(RetryableError, match=f"table-throttled: .*{code}"):
        update(client, REQUEST)
    stub.add_client_error("transact_write_items", code)
    with pytest.raises(RetryableError, match=f"table-throttled: .*{code}"):
        transact(client, WRITES)


@pytest.mark.parametrize("code", sorted(THROTTLED))
def test_a_throttled_query_for_deliveries_goes_back_to_the_queue(client: DynamoDBClient, stub: Stubber, code: str) -> None:
    stub.add_client_error("query", code)
    with pytest.raises(RetryableError, match=f"table-throttled: .*{code}"):
        DynamoDbDeliveries(client, "t").of_run(RunId("daily-close", "2026-03-31"))


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
def test_an_unknown_code_propagates(client: DynamoDBClient, stub: Stubber, code: str) -> None:
    for operation in ("update_item", "transact_write_items", "get_item"):
        stub.add_client_error(operation, code)
    with pytest.raises(ClientError, match=code):
        update(client, REQUEST)
    with pytest.raises(ClientError, match=code):
        transact(client, WRITES)
    with pytest.raises(ClientError, match=code):
        called(lambda: client.get_item(TableName="t", Key=REQUEST["Key"]))


def test_a_transaction_happens(client: DynamoDBClient, stub: Stubber) -> None:
    stub.add_response("transact_write_items", {})
    assert transact(client, WRITES)


@pytest.mark.parametrize(
    "codes", [("None", "ConditionalCheckFailed"), ("TransactionConflict", "None"), ("ConditionalCheckFailed", "TransactionConflict")]
)
def test_a_transaction_that_was_refused_is_decided_again(client: DynamoDBClient, stub: Stubber, codes: tuple[str, ...]) -> None:
    cancelled(stub, *codes)
    assert not transact(client, WRITES)


@pytest.mark.parametrize(
    "codes", [("ThrottlingError",), ("ProvisionedThroughputExceeded", "None"), ("ConditionalCheckFailed", "ThrottlingError")]
)
def test_a_throttled_transaction_goes_back_to_the_queue(client: DynamoDBClient, stub: Stubber, codes: tuple[str, ...]) -> None:
    cancelled(stub, *codes)
    with pytest.raises(RetryableError, match="table-throttled"):
        transact(client, WRITES)


@pytest.mark.parametrize("codes", [("ValidationError",), ("ItemCollectionSizeLimitExceeded", "None")])
def test_a_transaction_cancelled_for_anything_else_propagates(client: DynamoDBClient, stub: Stubber, codes: tuple[str, ...]) -> None:
    cancelled(stub, *codes)
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        transact(client, WRITES)


def test_a_put_is_written_or_its_condition_failed(client: DynamoDBClient, stub: Stubber) -> None:
    stub.add_response("put_item", {})
    stub.add_client_error("put_item", "ConditionalCheckFailedException")
    assert put(client, NEW)
    assert not put(client, NEW)


def test_a_put_that_met_a_transaction_is_tried_again_and_is_not_taken_for_written(
    client: DynamoDBClient, stub: Stubber, pauses: list[float]
) -> None:
    stub.add_client_error("put_item", CONFLICT)
    stub.add_response("put_item", {})
    assert put(client, NEW)
    for _ in range(8):
        stub.add_client_error("put_item", CONFLICT)
    with pytest.raises(RetryableError, match="table-conflict"):
        put(client, NEW)
    assert len(pauses) == 9


def test_any_other_refusal_of_a_put_is_told(client: DynamoDBClient, stub: Stubber) -> None:
    stub.add_client_error("put_item", "ProvisionedThroughputExceededException")
    stub.add_client_error("put_item", "AccessDeniedException")
    with pytest.raises(RetryableError, match="table-throttled"):
        put(client, NEW)
    with pytest.raises(ClientError, match="AccessDenied"):
        put(client, NEW)
