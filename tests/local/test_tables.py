"""DynamoDB and KMS where the emulator was found wanting, or where much depends on it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import LocalAws
from tests.local.world import SENDER

pytestmark = pytest.mark.e2e

RAISE = {"Key": {"pk": {"S": "run"}}, "UpdateExpression": "SET slot = :new", "ConditionExpression": "slot < :new"}


@pytest.fixture(scope="module")
def table(local_aws: LocalAws) -> Any:
    table = local_aws.client(SENDER, "dynamodb")
    table.create_table(
        TableName="runs",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "bucket", "due")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [{"AttributeName": "bucket", "KeyType": "HASH"}, {"AttributeName": "due", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    return table


@pytest.fixture
def run(table: Any) -> dict[str, Any]:
    item = {"pk": {"S": "run"}, "slot": {"S": "5"}, "bucket": {"S": "0"}, "due": {"S": "7"}}
    table.put_item(TableName="runs", Item=item)
    return item


def refused(call: Any, **request: Any) -> Any:
    with pytest.raises(ClientError) as error:
        call(**request)
    return error.value.response


def test_a_failed_condition_gives_the_item_it_failed_on(table: Any, run: dict[str, Any]) -> None:
    values = {":new": {"S": "4"}}
    answer = refused(
        table.update_item, TableName="runs", **RAISE, ExpressionAttributeValues=values, ReturnValuesOnConditionCheckFailure="ALL_OLD"
    )
    assert (answer["Error"]["Code"], answer["Item"]) == ("ConditionalCheckFailedException", run)


def test_a_cancelled_transaction_gives_a_reason_for_each_item_and_writes_nothing(table: Any, run: dict[str, Any]) -> None:
    update = {
        "TableName": "runs",
        **RAISE,
        "ExpressionAttributeValues": {":new": {"S": "4"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    put = {"TableName": "runs", "Item": {"pk": {"S": "release"}}, "ConditionExpression": "attribute_not_exists(pk)"}
    answer = refused(table.transact_write_items, TransactItems=[{"Update": update}, {"Put": put}])
    assert [(reason["Code"], reason.get("Item")) for reason in answer["CancellationReasons"]] == [
        ("ConditionalCheckFailed", run),
        ("None", None),
    ]
    assert "Item" not in table.get_item(TableName="runs", Key={"pk": {"S": "release"}}, ConsistentRead=True)


def test_an_update_whose_paths_overlap_is_refused_alone_and_in_a_transaction(table: Any, run: dict[str, Any]) -> None:
    update = {
        "Key": {"pk": run["pk"]},
        "UpdateExpression": "SET #s = if_not_exists(slot, :v), other = :v REMOVE slot",
        "ExpressionAttributeNames": {"#s": "slot"},
        "ExpressionAttributeValues": {":v": {"S": "6"}},
    }
    alone = refused(table.update_item, TableName="runs", **update)
    together = refused(table.transact_write_items, TransactItems=[{"Update": {"TableName": "runs", **update}}])
    assert {answer["Error"]["Code"] for answer in (alone, together)} == {"ValidationException"}
    assert "paths overlap" in alone["Error"]["Message"]


def test_an_item_without_the_indexs_key_is_not_in_the_index(table: Any, run: dict[str, Any]) -> None:
    query = {"TableName": "runs", "IndexName": "due", "KeyConditionExpression": "#b = :b", "ExpressionAttributeNames": {"#b": "bucket"}}
    before = table.query(**query, ExpressionAttributeValues={":b": {"S": "0"}})["Items"]
    table.update_item(TableName="runs", Key={"pk": run["pk"]}, UpdateExpression="REMOVE due")
    after = table.query(**query, ExpressionAttributeValues={":b": {"S": "0"}})["Items"]
    assert (before, after) == ([{key: run[key] for key in ("pk", "bucket", "due")}], [])


def test_a_raw_message_to_sign_has_at_most_4096_bytes(local_aws: LocalAws) -> None:
    kms = local_aws.client(SENDER, "kms")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    request = {"KeyId": key, "MessageType": "RAW", "SigningAlgorithm": "ECDSA_SHA_256"}
    assert kms.sign(**request, Message=b"x" * 4096)["SigningAlgorithm"] == "ECDSA_SHA_256"
    assert refused(kms.sign, **request, Message=b"x" * 4097)["Error"]["Code"] == "ValidationException"
