"""A deployed function: the interpreter it gets, how soon its queue wakes it, and what becomes of messages that it fails."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import LocalAws
from local.process import ROOT
from local.stacks import sam_build, sam_deploy
from tests.local.world import RECEIVER, REGION, SENDER, Queue, bus_arn, event

pytestmark = pytest.mark.e2e

# Cold starts took 0.3 to 1 s here, warm ones 5 to 20 ms; a test that waits for a poll would take a second or more.
WARM_MS = 250


@pytest.fixture(scope="module")
def outputs(local_aws: LocalAws) -> Iterator[dict[str, str]]:
    built = sam_build(Path(__file__).parent / "stack" / "template.yaml", ROOT / "build" / "sam" / "echo")
    yield sam_deploy(local_aws, RECEIVER, "echo", built, {"MaximumConcurrency": "2"})
    local_aws.client(RECEIVER, "cloudformation").delete_stack(StackName="echo")


@pytest.fixture
def reports(local_aws: LocalAws, outputs: dict[str, str]) -> Queue:
    return Queue(local_aws, RECEIVER, outputs["ReportsUrl"], "")


@pytest.fixture
def dead(local_aws: LocalAws, outputs: dict[str, str]) -> Queue:
    return Queue(local_aws, RECEIVER, outputs["DeadUrl"], "")


def send(aws: LocalAws, outputs: dict[str, str], *wanted: str) -> list[str]:
    entries = [{"Id": str(place), "MessageBody": json.dumps({"id": str(place), "do": what})} for place, what in enumerate(wanted)]
    answer = aws.client(RECEIVER, "sqs").send_message_batch(QueueUrl=outputs["WorkUrl"], Entries=entries)
    return [sent["MessageId"] for sent in answer["Successful"]]


def report(queue: Queue) -> Any:
    (body,) = queue.bodies()
    return json.loads(body)


def until_it_is_free(aws: LocalAws, outputs: dict[str, str]) -> None:
    """Wait until nothing is under way: a function reports before it has ended, and who is busy is not woken but another one begun."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    ends = time.monotonic() + 10
    while any(
        int(number)
        for number in aws.client(RECEIVER, "sqs")
        .get_queue_attributes(QueueUrl=outputs["WorkUrl"], AttributeNames=names)["Attributes"]
        .values()
    ):
        assert time.monotonic() < ends, "the function has not ended its work"
        time.sleep(0.01)


def test_a_function_finds_the_sdk_and_none_of_the_emulators_packages(local_aws: LocalAws, outputs: dict[str, str], reports: Queue) -> None:
    send(local_aws, outputs, "report")
    found = report(reports)
    assert found["has"] == {"boto3": True, "botocore": True, "ministack": False, "pydantic": False, "yaml": False}
    assert found["environment"] == {"AWS_REGION": REGION, "AWS_ENDPOINT_URL": local_aws.endpoint, "AWS_LAMBDA_FUNCTION_NAME": "echo"}


def test_a_warm_function_is_woken_at_once(local_aws: LocalAws, outputs: dict[str, str], reports: Queue) -> None:
    send(local_aws, outputs, "report")
    pid = report(reports)["pid"]
    took_ms = []
    for _ in range(5):
        until_it_is_free(local_aws, outputs)
        sent_ms = time.time_ns() // 1_000_000
        send(local_aws, outputs, "report")
        found = report(reports)
        took_ms.append(found["at_ms"] - sent_ms)
        assert found["pid"] == pid
    assert sorted(took_ms)[2] < WARM_MS


def test_no_message_is_lost_while_others_are_taken_and_deleted(local_aws: LocalAws, outputs: dict[str, str], reports: Queue) -> None:
    sent = [message for _ in range(20) for message in send(local_aws, outputs, *["report"] * 10)]
    assert len(reports.bodies(expected=len(sent))) == len(set(sent)) == 200


def test_failed_messages_come_again_and_end_in_the_dead_letter_queue(
    local_aws: LocalAws, outputs: dict[str, str], reports: Queue, dead: Queue
) -> None:
    send(local_aws, outputs, "report", "fail")
    assert report(reports)["id"] == "0"
    # An answer that names no message of the batch fails all of it.
    send(local_aws, outputs, "fail-nobody")
    assert {json.loads(letter)["do"] for letter in dead.bodies(expected=2)} == {"fail", "fail-nobody"}
    assert reports.bodies(expected=0) == []


def test_what_aws_does_for_the_role_is_on_the_record(local_aws: LocalAws, outputs: dict[str, str], reports: Queue) -> None:
    send(local_aws, outputs, "report")
    report(reports)
    calls = [json.loads(line) for line in local_aws.iam_calls.read_text().splitlines()]
    actions = {call["action"] for call in calls if call["role"] == "echo" and call["allowed"]}
    polling = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    assert actions == polling | {"sqs:SendMessage", "logs:CreateLogStream", "logs:PutLogEvents"}


def test_a_metric_in_the_log_is_a_metric(local_aws: LocalAws, outputs: dict[str, str], reports: Queue) -> None:
    send(local_aws, outputs, "report")
    report(reports)
    cloudwatch = local_aws.client(RECEIVER, "cloudwatch")
    deadline = time.monotonic() + 2
    while not cloudwatch.list_metrics(Namespace="Echo")["Metrics"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [metric["MetricName"] for metric in cloudwatch.list_metrics(Namespace="Echo")["Metrics"]] == ["Done"]


def test_a_bus_policy_of_a_template_lets_in_what_it_says(local_aws: LocalAws, outputs: dict[str, str]) -> None:
    entries = [event(bus_arn(RECEIVER, "echo"), source=source) for source in ("demo", "other")]
    answer = local_aws.client(SENDER, "events").put_events(Entries=entries)
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [None, "AccessDeniedException"]


def test_an_unchanged_stack_is_neither_built_nor_changed_again(local_aws: LocalAws, outputs: dict[str, str]) -> None:
    started = time.monotonic()
    built = sam_build(Path(__file__).parent / "stack" / "template.yaml", ROOT / "build" / "sam" / "echo")
    assert time.monotonic() - started < 0.5
    assert sam_deploy(local_aws, RECEIVER, "echo", built, {"MaximumConcurrency": "2"}) == outputs
