"""The contract of `Wakeups`, `Rechecks` and `Quarantine`: everything that is sent arrives as it was, or the sender hears of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from fanin.adapters.memory_queues import Kept, MemoryQuarantine, MemoryRechecks, MemoryWakeups
from fanin.adapters.sqs_queues import SqsQuarantine, SqsQueue, SqsRechecks, SqsWakeups
from fanin.domain.delivery import DeliveryId
from fanin.domain.errors import RetryableError
from fanin.domain.run import RunId
from fanin.ports import Quarantine, Rechecks, Wakeups
from fanin.sources.departure import parse_departure
from fanin.sources.message import Expect, Recheck, parse_message
from tests.contract.conftest import MEMORY, MOTO, ON_LOCAL_AWS, session_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

NOW_MS = 1_774_983_600_000
RUNS = [RunId("daily-close", key) for key in ("2026-03-31", 'a"b\\c', "é\U0001f600", "a#b/c")]


@dataclass(frozen=True, slots=True)
class Queues:
    """Both ends of the three queues."""

    wakeups: Wakeups
    rechecks: Rechecks
    quarantine: Quarantine
    woken: Callable[[], list[DeliveryId]]
    rechecked: Callable[[], list[RunId]]
    expected: Callable[[], list[str]]
    kept: Callable[[], list[Kept]]


def memory_queues() -> Queues:
    wakeups, rechecks, quarantine = MemoryWakeups(), MemoryRechecks(), MemoryQuarantine()
    return Queues(
        wakeups, rechecks, quarantine, lambda: wakeups.sent, lambda: rechecks.sent, lambda: rechecks.expected, lambda: quarantine.kept
    )


def sqs_queues(client: SQSClient) -> Queues:
    departures, arrivals, quarantine = (new_queue(client) for _ in range(3))
    return Queues(
        SqsWakeups(SqsQueue(client, departures)),
        SqsRechecks(SqsQueue(client, arrivals)),
        SqsQuarantine(client, quarantine),
        lambda: [parse_departure(message["Body"]) for message in taken(client, departures)],
        lambda: [said.run for message in taken(client, arrivals) if isinstance(said := parse_message(message["Body"]), Recheck)],
        lambda: [said.join for message in taken(client, arrivals) if isinstance(said := parse_message(message["Body"]), Expect)],
        lambda: [kept(message) for message in taken(client, quarantine)],
    )


def new_queue(client: SQSClient) -> str:
    # As in the template: without the attribute moto still holds a message to 256 KiB.
    return client.create_queue(QueueName=f"contract-{uuid.uuid4().hex}", Attributes={"MaximumMessageSize": "1048576"})["QueueUrl"]


def taken(client: SQSClient, url: str) -> list[MessageTypeDef]:
    found: list[MessageTypeDef] = []
    while batch := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get("Messages"):
        found += batch
    return found


def kept(message: MessageTypeDef) -> Kept:
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert message["MessageAttributes"]["quarantinedAt"]["DataType"] == "Number"
    assert said.keys() == {"code", "reason", "origin", "quarantinedAt"}
    return Kept(message["Body"], said["code"], said["reason"], said["origin"], int(said["quarantinedAt"]))


@pytest.fixture(params=[MEMORY, MOTO, ON_LOCAL_AWS])
def queues(request: pytest.FixtureRequest) -> Iterator[Queues]:
    if request.param == MEMORY:
        yield memory_queues()
        return
    with session_of(request.param, request) as session:
        yield sqs_queues(session.client("sqs"))


@pytest.mark.parametrize("number", [0, 1, 10, 11, 25])
def test_every_wake_up_arrives(queues: Queues, number: int) -> None:
    deliveries = [DeliveryId(RUNS[count % len(RUNS)], f"DLV#0001#{count}") for count in range(number)]
    queues.wakeups.wake(deliveries)
    assert sorted(queues.woken(), key=repr) == sorted(deliveries, key=repr)


@pytest.mark.parametrize("number", [1, 25])
def test_every_recheck_arrives(queues: Queues, number: int) -> None:
    runs = [RunId(RUNS[count % len(RUNS)].join, f"{RUNS[count % len(RUNS)].key}-{count}") for count in range(number)]
    queues.rechecks.recheck(runs)
    assert sorted(queues.rechecked(), key=repr) == sorted(runs, key=repr)


@pytest.mark.parametrize("number", [1, 25])
def test_every_request_to_open_windows_arrives(queues: Queues, number: int) -> None:
    joins = [f"join-{count}" for count in range(number)]
    queues.rechecks.expect(joins)
    assert sorted(queues.expected()) == sorted(joins)


def test_a_timer_is_a_delay_on_every_entry_of_every_batch(aws: boto3.Session) -> None:
    client = aws.client("sqs")
    url, runs = new_queue(client), [RunId("daily-close", str(number)) for number in range(11)]
    sent: list[dict[str, Any]] = []
    client.meta.events.register("provide-client-params.sqs.SendMessageBatch", lambda params, **_: sent.extend(params["Entries"]))
    queue = SqsQueue(client, url)
    SqsRechecks(queue).recheck(runs, 37)
    SqsRechecks(queue).expect(["daily-close"], 60)
    SqsWakeups(queue).wake([DeliveryId(runs[0], "DLV#0001#x")], 900)
    SqsRechecks(queue).recheck(runs[:1])
    assert [entry["DelaySeconds"] for entry in sent] == [*[37] * 11, 60, 900, 0]
    assert [parse_message(message["Body"]) for message in taken(client, url)] == [Recheck(runs[0])]


def test_the_twin_says_what_was_delayed() -> None:
    rechecks = MemoryRechecks()
    rechecks.recheck(RUNS[:2], 37)
    rechecks.recheck(RUNS[2:3])
    assert rechecks.delays == [37, 37, 0]


@pytest.mark.parametrize("body", ["{", '{"detail": "é\U0001f600\\u0000"}', "x" * 1_000_000], ids=["broken", "escapes", "a megabyte"])
def test_a_quarantined_message_is_kept_unchanged_with_the_reason_beside_it(queues: Queues, body: str) -> None:
    queues.quarantine.keep(body, code="key-absent", reason="the key is absent", message_id="m-1", now_ms=NOW_MS)
    assert queues.kept() == [Kept(body, "key-absent", "the key is absent", "m-1", NOW_MS)]


def test_a_refusal_of_one_message_of_a_batch_is_a_retry(aws: boto3.Session) -> None:
    client = aws.client("sqs")
    answer = {
        "Successful": [{"Id": "0", "MessageId": "m", "MD5OfMessageBody": "d"}],
        "Failed": [{"Id": "1", "SenderFault": False, "Code": "InternalError"}],
    }
    wakeups = SqsWakeups(SqsQueue(client, "https://sqs/departures"))
    with Stubber(client) as stub:
        stub.add_response("send_message_batch", answer)
        with pytest.raises(RetryableError, match="queue-refused: departures refused 1 messages"):
            wakeups.wake([DeliveryId(RUNS[0], "a"), DeliveryId(RUNS[0], "b")])


def test_a_refused_call_is_a_retry(aws: boto3.Session) -> None:
    client = aws.client("sqs")
    with Stubber(client) as stub:
        for _ in range(2):
            stub.add_client_error("send_message_batch", "AWS.SimpleQueueService.NonExistentQueue")
        stub.add_client_error("send_message", "ThrottlingException")
        with pytest.raises(RetryableError, match="queue-refused"):
            SqsWakeups(SqsQueue(client, "https://sqs/departures")).wake([DeliveryId(RUNS[0], "a")])
        with pytest.raises(RetryableError, match="queue-refused"):
            SqsRechecks(SqsQueue(client, "https://sqs/arrivals")).recheck(RUNS)
        with pytest.raises(RetryableError, match="quarantine-refused"):
            SqsQuarantine(client, "https://sqs/quarantine").keep("{", code="c", reason="r", message_id="m", now_ms=NOW_MS)


def test_a_twin_that_refuses_says_so_as_the_real_ones_do() -> None:
    with pytest.raises(RetryableError, match="queue-refused"):
        MemoryWakeups(refusing=True).wake([DeliveryId(RUNS[0], "a")])
    with pytest.raises(RetryableError, match="queue-refused"):
        MemoryRechecks(refusing=True).recheck(RUNS)
    with pytest.raises(RetryableError, match="queue-refused"):
        MemoryRechecks(refusing=True).expect(["daily-close"])
    with pytest.raises(RetryableError, match="quarantine-refused"):
        MemoryQuarantine(refusing=True).keep("{", code="c", reason="r", message_id="m", now_ms=NOW_MS)
