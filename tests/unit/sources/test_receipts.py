"""Receipts, rechecks and departures: what the rest of the queues' messages can say."""

from __future__ import annotations

import json

import pytest

from fanin.domain.arrival import MAX_MS
from fanin.domain.delivery import DeliveryId
from fanin.domain.errors import RejectedError
from fanin.domain.receipt import Receipt
from fanin.domain.run import RunId
from fanin.sources.departure import parse_departure
from fanin.sources.message import Recheck, parse_message
from fanin.sources.queue_event import QueuedMessage, failures, messages_of
from tests.unit.sources.events import REMOVED, brief, event

pytestmark = pytest.mark.unit

RECEIPT: dict[str, object] = {
    "v": 1,
    "jti": "j" * 43,
    "iss": "urn:fanin:aws:us-east-1:111111111111:fanin",
    "sub": "daily-close/1/released/2026-03-31",
    "target": "daily-close",
    "executionArn": "arn:aws:states:us-east-1:222222222222:execution:close:fanin-x",
    "outcome": "started",
    "verifiedAt": 1,
    "startedAt": 2,
}
TEXTS = ("jti", "iss", "sub", "target", "executionArn")
TIMES = ("verifiedAt", "startedAt")


def body(**changes: object) -> str:
    detail = {name: value for name, value in {**RECEIPT, **changes}.items() if value is not REMOVED}
    return json.dumps(event(detail, source="fanin.successor", detail_type="Fan-in Receipt", account="222222222222"))


def refusal(text: str) -> str:
    with pytest.raises(RejectedError) as caught:
        parse_message(text)
    return caught.value.code


def test_a_receipt_is_from_the_account_that_eventbridge_says() -> None:
    assert parse_message(body(account="999999999999")) == Receipt(
        account="222222222222",
        jti="j" * 43,
        iss="urn:fanin:aws:us-east-1:111111111111:fanin",
        sub="daily-close/1/released/2026-03-31",
        target="daily-close",
        execution_arn="arn:aws:states:us-east-1:222222222222:execution:close:fanin-x",
        verified_at_ms=1,
        started_at_ms=2,
    )


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("found", [REMOVED, None, "", 1, [], "x" * 513, "é" * 257], ids=brief)
def test_a_receipt_without_its_texts_or_with_endless_ones_is_rejected(name: str, found: object) -> None:
    assert refusal(body(**{name: found})) == "event-malformed"


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("found", [REMOVED, None, "1", 1.0, True, -1, MAX_MS + 1, 10**300], ids=brief)
def test_a_receipt_without_its_times_or_with_impossible_ones_is_rejected(name: str, found: object) -> None:
    assert refusal(body(**{name: found})) == "event-malformed"


def test_a_recheck_names_a_run() -> None:
    text = json.dumps({"v": 1, "recheck": {"join": "daily-close", "key": "a/b"}})
    assert parse_message(text) == Recheck(RunId("daily-close", "a/b"))


@pytest.mark.parametrize("found", [None, [], "x", {}, {"join": "j"}, {"join": "j", "key": 1}, {"join": "", "key": "k"}])
def test_a_recheck_of_no_run_is_rejected(found: object) -> None:
    assert refusal(json.dumps({"v": 1, "recheck": found})) == "event-malformed"


def test_an_event_from_a_bus_is_never_a_recheck() -> None:
    forged = {**event({}), "recheck": {"join": "j", "key": "k"}}
    assert refusal(json.dumps(forged)) == "event-malformed"


def test_a_departure_names_a_delivery() -> None:
    text = json.dumps({"v": 1, "join": "daily-close", "key": "a#b", "delivery": "DLV#0001#x"})
    assert parse_departure(text) == DeliveryId(RunId("daily-close", "a#b"), "DLV#0001#x")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"join": "j", "key": "k"}', '{"join": 1, "key": "k", "delivery": "d"}'])
def test_a_departure_of_nothing_is_rejected(text: str) -> None:
    with pytest.raises(RejectedError):
        parse_departure(text)


RECORD = {"messageId": "m-1", "body": "{}", "eventSource": "aws:sqs"}


def test_messages_come_out_of_a_queues_event() -> None:
    assert messages_of({"Records": [RECORD, {**RECORD, "messageId": "m-2"}]}) == [QueuedMessage("m-1", "{}"), QueuedMessage("m-2", "{}")]


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        "x",
        {},
        {"Records": None},
        {"Records": []},
        {"Records": [{}]},
        {"Records": [{**RECORD, "eventSource": "aws:sns"}]},
        {"Records": [RECORD, {**RECORD, "body": 1}]},
    ],
)
def test_any_other_caller_is_refused(found: object) -> None:
    with pytest.raises(RejectedError, match="not-a-queue-event"):
        messages_of(found)


def test_failures_are_named_one_by_one() -> None:
    assert failures([]) == {"batchItemFailures": []}
    assert failures(iter(["a", "b"])) == {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}
