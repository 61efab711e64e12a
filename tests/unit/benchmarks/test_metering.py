"""The meter: AWS's rules for sizes and units, and the conditions and updates that adapters write."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from benchmarks.metering import sizes
from benchmarks.metering.expressions import condition
from benchmarks.metering.table import MeteredTable

pytestmark = pytest.mark.unit

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
KEY_BYTES = 6


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "é"}, 2),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "10"}, 2),
        ({"N": "100"}, 2),
        ({"N": "1000"}, 2),
        ({"N": "1774983600000"}, 6),
        ({"N": "-12"}, 3),
        ({"B": b"abc"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"M": {}}, 3),
        ({"M": {"ab": {"S": "c"}}}, 7),
        ({"L": [{"S": "ab"}, {"N": "1"}]}, 9),
        ({"SS": ["ab", "c"]}, 3),
    ],
)
def test_values_have_the_sizes_of_the_developer_guide(value: dict[str, Any], size: int) -> None:
    assert sizes.value_bytes(value) == size


@pytest.mark.parametrize(("size", "units"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (409_600, 400)])
def test_writes_go_by_started_kilobytes(size: int, units: int) -> None:
    assert sizes.write_units(size) == units


@pytest.mark.parametrize(("size", "consistent", "units"), [(0, True, 1), (4096, True, 1), (4097, True, 2), (4096, False, 0.5)])
def test_reads_go_by_started_four_kilobytes(size: int, consistent: bool, units: float) -> None:
    assert sizes.read_units(size, consistent=consistent) == units


def test_an_update_costs_the_larger_of_before_and_after() -> None:
    table = MeteredTable()
    big = {"S": "x" * (2048 - KEY_BYTES - 1)}
    table.put_item(TableName="t", Item={**KEY, "b": big})
    table.update_item(TableName="t", Key=KEY, UpdateExpression="SET b = :b", ExpressionAttributeValues={":b": {"S": ""}})
    assert table.ledger.reported == {"PutItem": 2, "UpdateItem": 2}


def test_a_refused_write_costs_what_is_there() -> None:
    table = MeteredTable()
    table.put_item(TableName="t", Item={**KEY, "b": {"S": "x" * 3000}})
    with pytest.raises(ClientError):
        table.put_item(TableName="t", Item=KEY, ConditionExpression="attribute_not_exists(pk)")
    assert table.ledger.total().refused == 3


def test_a_transaction_costs_twice_and_its_index_once() -> None:
    table = MeteredTable()
    due = {"duePart": {"S": "1"}, "dueAt": {"N": "5"}}
    table.transact_write_items(TransactItems=[{"Put": {"TableName": "t", "Item": {**KEY, **due}}}])
    total = table.ledger.total()
    assert (total.write, total.index) == (2, 1)


def test_an_index_entry_that_moves_costs_two_writes_and_one_that_stays_none() -> None:
    table = MeteredTable()
    table.put_item(TableName="t", Item={**KEY, "duePart": {"S": "1"}, "dueAt": {"N": "5"}})
    before = table.ledger.total().index
    table.update_item(TableName="t", Key=KEY, UpdateExpression="SET dueAt = :d", ExpressionAttributeValues={":d": {"N": "6"}})
    table.update_item(TableName="t", Key=KEY, UpdateExpression="SET other = :d", ExpressionAttributeValues={":d": {"N": "6"}})
    assert table.ledger.total().index - before == 2


def test_a_transaction_is_all_or_nothing() -> None:
    table = MeteredTable()
    other = {"pk": {"S": "p"}, "sk": {"S": "other"}}
    puts = [{"Put": {"TableName": "t", "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}} for item in (other, KEY)]
    table.put_item(TableName="t", Item=KEY)
    with pytest.raises(ClientError) as refused:
        table.transact_write_items(TransactItems=puts)
    assert [reason["Code"] for reason in refused.value.response["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    assert "Item" not in table.get_item(TableName="t", Key=other)


def test_a_query_pages_at_a_megabyte_and_charges_what_it_read() -> None:
    table = MeteredTable()
    for number in range(5):
        table.put_item(TableName="t", Item={"pk": {"S": "p"}, "sk": {"S": f"{number}"}, "b": {"S": "x" * 300_000}})
    asked = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}, "ConsistentRead": True}
    pages = list(table.get_paginator("query").paginate(TableName="t", **asked))
    assert [len(page["Items"]) for page in pages] == [3, 2]
    assert table.ledger.total().read == 220 + 147


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("attribute_exists(a) AND a < :big", True),
        ("attribute_not_exists(a) OR a = :one", True),
        ("NOT a = :one", False),
        ("(attribute_not_exists(b) OR b < :one) AND a >= :one", True),
        ("begins_with(#t, :start) AND a BETWEEN :one AND :big", True),
        ("b = :one", False),
        ("size(t) > :one", True),
    ],
)
def test_conditions_hold_as_dynamodb_says(expression: str, holds: bool) -> None:
    item = {"a": {"N": "1"}, "t": {"S": "text"}}
    values = {":one": {"N": "1"}, ":big": {"N": "10"}, ":start": {"S": "te"}}
    assert condition(expression)(item, {"#t": "t"}, values) is holds


def test_an_update_sees_the_item_as_it_was() -> None:
    table = MeteredTable()
    table.put_item(TableName="t", Item={**KEY, "n": {"N": "1"}, "m": {"M": {}}})
    answer = table.update_item(
        TableName="t",
        Key=KEY,
        UpdateExpression="SET o = n, n = n + :two, f = if_not_exists(f, :two), m.#x = :two REMOVE gone ADD c :two",
        ExpressionAttributeNames={"#x": "inner"},
        ExpressionAttributeValues={":two": {"N": "2"}},
        ReturnValues="ALL_NEW",
    )
    two = {"N": "2"}
    assert answer["Attributes"] == {**KEY, "n": {"N": "3"}, "o": {"N": "1"}, "f": two, "m": {"M": {"inner": two}}, "c": two}


def test_kept_sizes_are_those_of_the_items() -> None:
    table = MeteredTable()
    table.put_item(TableName="t", Item={**KEY, "m": {"M": {}}})
    for number in range(30):
        table.update_item(
            TableName="t",
            Key=KEY,
            UpdateExpression="SET m.#x = :v, last = :v ADD c :one",
            ExpressionAttributeNames={"#x": f"key-{number}"},
            ExpressionAttributeValues={":v": {"S": "x" * number}, ":one": {"N": "1"}},
        )
    (row,) = table._rows["p"].values()
    assert row.size_bytes == sizes.item_bytes(row.item)
