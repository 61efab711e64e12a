"""Requests stay inside DynamoDB's limits ("Service, account, and table quotas"), which no emulator holds them to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from fanin.adapters import dynamodb_layout as layout
from fanin.adapters.dynamodb_runs import DynamoDbRuns
from fanin.domain.arrival import MAX_EXECUTION_ID_BYTES, MAX_MS, Arrival
from fanin.domain.completion import Status
from fanin.domain.delivery import DeliveryId
from fanin.domain.release import MAX_DATA_BYTES
from fanin.domain.run import Run, RunId, RunState, Transition
from fanin.ports import ReleaseWrite
from fanin.use_cases.offer_arrivals import KEPT_OUTPUT_BYTES
from tests.unit.domain.test_delivery import NEW

pytestmark = pytest.mark.unit

SLOTS, SUCCESSORS = 64, 10  # the most that a definition may have
MAX_EXPRESSION_BYTES, MAX_OPERATORS = 4_096, 300
MAX_ITEM_BYTES, MAX_TRANSACTION_BYTES, MAX_TRANSACTION_ITEMS = 400_000, 4_000_000, 100
MAX_SORT_KEY_BYTES = 1_024

LONGEST = Arrival(Status.SUCCEEDED, MAX_MS, "x" * MAX_EXECUTION_ID_BYTES, MAX_MS).encode()
RUN = RunId("j" * 48, "k" * 256)
OPEN = Run(RUN, RunState.OPEN, 99_999_999, 1, 1, MAX_MS, dict.fromkeys(range(SLOTS), LONGEST), MAX_MS)


def sent(operation: str, answer: dict[str, Any], work: Callable[[DynamoDbRuns], object]) -> dict[str, Any]:
    """The request that `work` makes of a client."""
    client = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1").client("dynamodb")
    requests: list[dict[str, Any]] = []
    client.meta.events.register(f"provide-client-params.dynamodb.{operation}", lambda params, **_: requests.append(params))
    with Stubber(client) as stub:
        stub.add_response(re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower(), answer)
        work(DynamoDbRuns(client, "t"))
    (request,) = requests
    return request


def operators(expression: str) -> int:
    return len(re.findall(r"\bAND\b|\bOR\b|<|=|\w+\(", expression))


def size_bytes(item: dict[str, Any]) -> int:
    return sum(len(name.encode()) + len(next(iter(value.values())).encode()) for name, value in item.items())


@pytest.mark.parametrize("may_open", [True, False])
def test_a_merge_of_all_slots_of_the_widest_join_fits(may_open: bool) -> None:
    answer = {"Attributes": {name: {"N": "1"} for name in ("v", "att", "rev", "op")} | {"st": {"S": "OPEN"}}}
    request = sent(
        "UpdateItem", answer, lambda runs: runs.merge(RUN, 99_999_999, OPEN.slots, may_open=may_open, now_ms=MAX_MS, due_at_ms=MAX_MS)
    )
    for name in ("UpdateExpression", "ConditionExpression"):
        assert len(request[name].encode()) <= MAX_EXPRESSION_BYTES
        assert operators(request[name]) <= MAX_OPERATORS


def test_a_release_to_all_successors_of_the_widest_join_fits() -> None:
    # Each with a projection of its own, so with a text of its own.
    payloads = {f"REL#0001#{number}": "x" * MAX_DATA_BYTES for number in range(SUCCESSORS)}
    deliveries = tuple(NEW for _ in range(SUCCESSORS + 1))
    request = sent("TransactWriteItems", {}, lambda runs: runs.close(OPEN, Transition.SATISFY, ReleaseWrite(payloads, deliveries), MAX_MS))
    writes = request["TransactItems"]
    assert len(writes) <= MAX_TRANSACTION_ITEMS
    sizes = [size_bytes(write["Put"]["Item"]) for write in writes if "Put" in write]
    assert max(sizes) <= MAX_ITEM_BYTES
    assert sum(sizes) <= MAX_TRANSACTION_BYTES


def test_reopening_the_widest_join_in_all_slots_fits() -> None:
    closed = OPEN._replace(state=RunState.FAILED)
    request = sent("TransactWriteItems", {}, lambda runs: runs.reopen(closed, OPEN.slots, NEW, now_ms=MAX_MS, due_at_ms=MAX_MS))
    update = request["TransactItems"][0]["Update"]
    assert len(update["UpdateExpression"].encode()) <= MAX_EXPRESSION_BYTES
    assert operators(update["UpdateExpression"]) <= MAX_OPERATORS


def test_a_kept_output_fits_into_an_item_and_its_key_into_a_key() -> None:
    assert KEPT_OUTPUT_BYTES < MAX_ITEM_BYTES
    key = layout.output_key(RUN, 99_999_999, SLOTS, LONGEST)
    assert len(key["sk"]["S"].encode()) <= MAX_SORT_KEY_BYTES
    delivery = layout.delivery_key(DeliveryId(RUN, f"DLV#0001#{'j' * 512}"))
    assert len(delivery["sk"]["S"].encode()) <= MAX_SORT_KEY_BYTES
