"""The contract of `Findings`: everything that was found comes to the collector as it was, spread in time, or the sender hears of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from fanin.adapters.memory_queues import MemoryFindings
from fanin.adapters.sqs_queues import SqsFindings, SqsQueue
from fanin.domain.completion import Completion, Status
from fanin.domain.errors import RetryableError
from fanin.ports import Findings
from fanin.sources.message import parse_message
from tests.contract.conftest import MEMORY, MOTO, ON_LOCAL_AWS, session_of
from tests.contract.given import NOW_MS, source
from tests.contract.test_queues import new_queue, taken

CLOSE = Completion(
    source=source("ledger"),
    account="111111111111",
    region="us-east-1",
    execution_id="close",
    execution_arn="arn:aws:states:us-east-1:111111111111:execution:ledger:close",
    status=Status.SUCCEEDED,
    reported_at_ms=NOW_MS,
    started_at_ms=NOW_MS - 9,
    stopped_at_ms=NOW_MS,
    input=None,
    input_included=False,
    output=None,
    output_included=False,
)


@dataclass(frozen=True, slots=True)
class Queue:
    """Both ends."""

    findings: Findings
    found: Callable[[], list[object]]


@pytest.fixture(params=[MEMORY, MOTO, ON_LOCAL_AWS])
def queue(request: pytest.FixtureRequest) -> Iterator[Queue]:
    if request.param == MEMORY:
        memory = MemoryFindings()
        yield Queue(memory, lambda: list(memory.found))
        return
    with session_of(request.param, request) as session:
        client = session.client("sqs")
        url = new_queue(client)
        yield Queue(SqsFindings(SqsQueue(client, url)), lambda: [parse_message(message["Body"]) for message in taken(client, url)])


@pytest.mark.parametrize("number", [0, 1, 25])
def test_everything_that_was_found_arrives(queue: Queue, number: int) -> None:
    found = [CLOSE._replace(execution_id=f"close-{count}") for count in range(number)]
    queue.findings.hand_over(found)
    assert sorted(queue.found(), key=repr) == sorted(found, key=repr)


def test_what_has_to_be_looked_up_is_spread_in_time_as_far_as_a_queue_can_hold_it_back(aws: boto3.Session) -> None:
    client = aws.client("sqs")
    sent: list[dict[str, Any]] = []
    client.meta.events.register("provide-client-params.sqs.SendMessageBatch", lambda params, **_: sent.extend(params["Entries"]))
    findings = SqsFindings(SqsQueue(client, new_queue(client)))
    findings.hand_over([CLOSE] * 25, 0.5)
    assert [entry["DelaySeconds"] for entry in sent] == [*[0] * 10, *[5] * 10, *[10] * 5]
    sent.clear()
    findings.hand_over([CLOSE] * 20, 1_000.0)
    assert {entry["DelaySeconds"] for entry in sent} == {0, 900}


def test_a_queue_that_refuses_is_a_retry(aws: boto3.Session) -> None:
    client = aws.client("sqs")
    with Stubber(client) as stub:
        stub.add_client_error("send_message_batch", "AccessDenied")
        with pytest.raises(RetryableError, match="queue-refused"):
            SqsFindings(SqsQueue(client, "https://sqs/arrivals")).hand_over([CLOSE])
    with pytest.raises(RetryableError, match="queue-refused"):
        MemoryFindings(refusing=True).hand_over([CLOSE])
