"""At the end of the suite: whatever was sent, refused, repeated or thrown into confusion, no message is lost and no error unexplained.

Runs last (conftest).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.landscape import HUB, PREDECESSOR, SUCCESSOR
from tests.e2e.deployment import OTHER
from tests.e2e.world import World

pytestmark = pytest.mark.e2e


def test_no_message_ended_in_a_dead_letter_queue(world: World) -> None:
    world.settle()
    found = {}
    for account in (HUB, PREDECESSOR, SUCCESSOR, OTHER):
        sqs = world.aws.client(account, "sqs")
        for url in sqs.list_queues(QueueNamePrefix="fanin").get("QueueUrls", []):
            if url.endswith("-dlq"):
                attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
                found[url.rsplit("/", 1)[-1]] = int(attributes["ApproximateNumberOfMessages"])
    assert len(found) == 6
    assert {name: number for name, number in found.items() if number} == {}


def test_no_function_met_what_it_did_not_expect(world: World) -> None:
    unexpected = [record["exception"] for record in records(world) if record.get("code") == "unexpected"]
    # The collector, while a test had taken its permission to write.
    assert [one for one in unexpected if "not authorized to perform: dynamodb:UpdateItem" not in one] == []


def test_every_alarm_on_what_functions_count_watches_something_that_was_counted(world: World) -> None:
    """An alarm on a metric that nobody writes never rings. (The local AWS keeps alarms, and does not ring them.)"""
    watched, counted = set[tuple[str, str]](), set[tuple[str, str]]()
    for account in (HUB, SUCCESSOR, OTHER):
        cloudwatch = world.aws.client(account, "cloudwatch")
        watched |= {named(alarm) for alarm in cloudwatch.describe_alarms()["MetricAlarms"] if alarm.get("Namespace") == "fanin"}
        counted |= {named(metric) for metric in cloudwatch.list_metrics(Namespace="fanin")["Metrics"]}
    assert len(watched) >= 8
    assert watched - counted == set()


def named(metric: dict[str, Any]) -> tuple[str, str]:
    ((service,),) = [[one["Value"] for one in metric["Dimensions"] if one["Name"] == "service"]]
    return service, metric["MetricName"]


def test_nothing_that_travels_in_a_release_is_in_a_log(world: World) -> None:
    texts = [json.dumps(record) for record in records(world)]
    assert len(texts) > 100
    # The output of every job of these tests, and how a signature begins.
    assert [text for text in texts if "rows" in text or '"eyJ' in text] == []


def records(world: World) -> Iterator[dict[str, Any]]:
    """What the functions logged."""
    for account in (HUB, SUCCESSOR, OTHER):
        logs = world.aws.client(account, "logs")
        for group in logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/fanin")["logGroups"]:
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                for event in page["events"]:
                    if event["message"].startswith("{"):
                        yield json.loads(event["message"])
