"""The contract of `Bus`: an event is on the bus as it was put, or the code of the refusal comes back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from fanin.adapters.eventbridge_bus import EventBridgeBus
from fanin.adapters.memory_bus import MemoryBus
from fanin.ports import Bus
from tests.contract.conftest import ACCOUNT, MEMORY, MOTO, ON_LOCAL_AWS, REGION, session_of

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

DETAIL = '{"v": 1, "data": {"é": "\U0001f600", "n": 1}, "sig": "a.b.c"}'


@dataclass(frozen=True, slots=True)
class Buses:
    """A bus, and what has come over it: source, detail-type and the parsed detail of each event."""

    bus: Bus
    arn: str
    events: Callable[[], list[tuple[str, str, Any]]]


def memory_buses() -> Buses:
    bus = MemoryBus()
    arn = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/any"
    return Buses(bus, arn, lambda: [(one.source, one.detail_type, json.loads(one.detail)) for one in bus.put_events])


def eventbridge_buses(session: boto3.Session) -> Buses:
    """A bus with a rule to a queue, since that is the only way to see what came over it."""
    events, sqs = session.client("events", region_name=REGION), session.client("sqs", region_name=REGION)
    name = f"contract-{uuid.uuid4().hex}"
    bus_arn = events.create_event_bus(Name=name)["EventBusArn"]
    queue_arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    rules_may_send = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [rules_may_send]})
    url = sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps({"source": [{"prefix": "fanin."}]}))
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "queue", "Arn": queue_arn}])

    def came() -> list[tuple[str, str, Any]]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2).get("Messages", [])
        bodies = [json.loads(message["Body"]) for message in messages]
        return [(body["source"], body["detail-type"], body["detail"]) for body in bodies]

    return Buses(EventBridgeBus(lambda region: session.client("events", region_name=region)), bus_arn, came)


@pytest.fixture(params=[MEMORY, MOTO, ON_LOCAL_AWS])
def buses(request: pytest.FixtureRequest) -> Iterator[Buses]:
    if request.param == MEMORY:
        yield memory_buses()
        return
    with session_of(request.param, request) as session:
        yield eventbridge_buses(session)


def test_an_accepted_event_is_on_the_bus_as_it_was_put(buses: Buses) -> None:
    assert buses.bus.put_all(buses.arn, "fanin.hub", "Fan-in Release", [DETAIL]) == [None]
    assert buses.events() == [("fanin.hub", "Fan-in Release", json.loads(DETAIL))]


def stubbed(session: boto3.Session) -> tuple[EventBridgeClient, Stubber, EventBridgeBus]:
    client = session.client("events", region_name=REGION)
    return client, Stubber(client), EventBridgeBus(lambda _: client)


ARN = f"arn:aws:events:{REGION}:222222222222:event-bus/fanin-successor"


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException", "ErrorMessage": "slow"}]}, "ThrottlingException"),
        ({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}, "InternalFailure"),
        ({"FailedEntryCount": 0, "Entries": [{}]}, "Unknown"),
        ({"FailedEntryCount": 1, "Entries": [{"EventId": "e"}]}, "Unknown"),
        ({"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}, None),
    ],
)
def test_a_call_that_succeeded_is_believed_only_with_its_entry(aws: boto3.Session, answer: dict[str, Any], refusal: str | None) -> None:
    _, stub, bus = stubbed(aws)
    entry = {"EventBusName": ARN, "Source": "fanin.hub", "DetailType": "Fan-in Release", "Detail": DETAIL}
    with stub:
        stub.add_response("put_events", answer, {"Entries": [entry]})
        assert bus.put_all(ARN, "fanin.hub", "Fan-in Release", [DETAIL]) == [refusal]


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "ResourceNotFoundException"])
def test_a_refused_call_gives_its_code(aws: boto3.Session, code: str) -> None:
    _, stub, bus = stubbed(aws)
    with stub:
        stub.add_client_error("put_events", code)
        assert bus.put_all(ARN, "fanin.hub", "Fan-in Release", [DETAIL]) == [code]


def test_a_lost_answer_is_a_refusal(aws: boto3.Session) -> None:
    client = aws.client("events", region_name=REGION)

    def lose(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://events")

    client.meta.events.register("before-call.events.PutEvents", lose)
    assert EventBridgeBus(lambda _: client).put_all(ARN, "fanin.hub", "Fan-in Release", [DETAIL]) == ["ReadTimeoutError"]


def test_a_bus_is_called_in_its_own_region_with_one_client_each(aws: boto3.Session) -> None:
    client, stub, _ = stubbed(aws)
    asked: list[str] = []

    def client_for(region: str) -> EventBridgeClient:
        asked.append(region)
        return client

    bus = EventBridgeBus(client_for)
    with stub:
        for region in ("eu-west-1", "us-east-1", "eu-west-1"):
            stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]})
            assert bus.put_all(f"arn:aws:events:{region}:222222222222:event-bus/b", "fanin.hub", "t", ["{}"]) == [None]
    assert asked == ["eu-west-1", "us-east-1"]


def test_a_twin_refuses_for_the_bus_it_was_told_to() -> None:
    bus = MemoryBus(refusals={ARN: "AccessDeniedException"})
    assert bus.put_all(ARN, "fanin.hub", "Fan-in Release", [DETAIL]) == ["AccessDeniedException"]
    assert bus.put_all(f"{ARN}-2", "fanin.hub", "Fan-in Release", [DETAIL]) == [None]
    assert [event.bus_arn for event in bus.put_events] == [f"{ARN}-2"]


def test_many_events_are_on_the_bus_in_their_order(buses: Buses) -> None:
    details = [json.dumps({"number": number}) for number in range(12)]
    assert buses.bus.put_all(buses.arn, "fanin.hub", "Fan-in Notice", details) == [None] * 12
    came: list[object] = []
    while len(came) < 12:
        found = [event[2] for event in buses.events()]
        came = found if len(found) == 12 else came + found
    assert came == [{"number": number} for number in range(12)]


def test_each_of_many_has_its_own_refusal(aws: boto3.Session) -> None:
    _, stub, bus = stubbed(aws)
    entries = [{"EventId": "e"}, {"ErrorCode": "ThrottlingException"}, {"EventId": "f"}]
    with stub:
        stub.add_response("put_events", {"FailedEntryCount": 1, "Entries": entries})
        assert bus.put_all(ARN, "fanin.hub", "Fan-in Release", [DETAIL] * 3) == [None, "ThrottlingException", None]


def test_an_answer_about_fewer_than_were_put_is_not_believed(aws: boto3.Session) -> None:
    _, stub, bus = stubbed(aws)
    with stub:
        stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]})
        assert bus.put_all(ARN, "fanin.hub", "Fan-in Release", [DETAIL] * 2) == ["Unknown", "Unknown"]


def test_a_refused_call_is_every_events_refusal_and_no_other_calls(aws: boto3.Session) -> None:
    _, stub, bus = stubbed(aws)
    with stub:
        stub.add_client_error("put_events", "ThrottlingException")
        stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]})
        assert bus.put_all(ARN, "fanin.hub", "Fan-in Release", [DETAIL] * 11) == ["ThrottlingException"] * 10 + [None]


def test_a_call_stays_under_256_kb(aws: boto3.Session) -> None:
    _, stub, bus = stubbed(aws)
    large = json.dumps({"x": "y" * 120_000})
    with stub:
        for number in (2, 1):
            stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}] * number})
        assert bus.put_all(ARN, "fanin.hub", "Fan-in Release", [large] * 3) == [None] * 3
