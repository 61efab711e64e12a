"""Alarms: one for every place where something can lie and nobody look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.template.templates import HUB, ROOT, SUCCESSOR, Template, referenced, template, text_of

SOURCES = [*(ROOT / "layers" / "fanin" / "fanin").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]


def metrics(stack: Template) -> Iterator[dict[str, Any]]:
    for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
        properties = alarm["Properties"]
        if "MetricName" in properties:
            yield dict(properties)
        else:
            yield from (one["MetricStat"]["Metric"] for one in properties["Metrics"] if "MetricStat" in one)


def watched(stack: Template, metric: str) -> set[str]:
    return set().union(*(referenced(one["Dimensions"]) for one in metrics(stack) if one["MetricName"] == metric))


def test_every_dead_letter_queue_has_an_alarm_on_its_depth(stack: Template) -> None:
    dead_letters = {name for name in stack.of_type("AWS::SQS::Queue") if "DeadLetter" in name}
    assert watched(stack, "ApproximateNumberOfMessagesVisible") == dead_letters != set()


def test_what_is_quarantined_and_what_looks_like_an_attack_are_alarms() -> None:
    for path, refusals in ((HUB, "MessagesQuarantined"), (SUCCESSOR, "ReleasesRefused")):
        names = [metric["MetricName"] for metric in metrics(template(path))]
        assert {refusals, "SecurityRefusals"} <= set(names)


def test_every_queue_that_is_read_has_an_alarm_on_its_oldest_message(stack: Template) -> None:
    read = {
        name
        for one in stack.of_type("AWS::Lambda::EventSourceMapping").values()
        for name in referenced(one["Properties"]["EventSourceArn"])
    }
    assert watched(stack, "ApproximateAgeOfOldestMessage") == read


def test_every_function_has_alarms_on_errors_and_throttles(stack: Template) -> None:
    functions = stack.of_type("AWS::Lambda::Function").keys()
    assert watched(stack, "Errors") == functions
    assert watched(stack, "Throttles") == functions


def test_silence_of_the_sweeper_is_an_alarm() -> None:
    alarm = template(HUB).properties("SweeperHeartbeatAlarm")
    assert (alarm["TreatMissingData"], alarm["ComparisonOperator"]) == ("breaching", "LessThanThreshold")


def test_releases_without_an_acknowledgement_and_sources_that_are_not_asked_are_alarms() -> None:
    names = {metric["MetricName"] for metric in metrics(template(HUB))}
    assert {"UnacknowledgedFor", "DeliveriesGivenUp", "SourcesFailed", "SourcesBehind", "Sweeps"} <= names


def test_every_alarm_is_in_the_runbook(stack: Template) -> None:
    """By its name, without the part that a parameter gives."""
    told = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
        name = text_of(alarm["Properties"]["AlarmName"])
        name = text_of(stack.properties(name.strip("${}").partition(".")[0])["QueueName"]) if name.endswith(".QueueName}") else name
        assert f"`{name.replace('${HubName}-', '').replace('${SuccessorName}-', '').replace('${Hub}', '…')}`" in told, name


def test_metrics_of_our_own_are_emitted_by_the_function_that_the_alarm_watches() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    for path in (HUB, SUCCESSOR):
        stack = template(path)
        names = {text_of(one["Properties"]["FunctionName"]) for one in stack.of_type("AWS::Lambda::Function").values()}
        for metric in (one for one in metrics(stack) if one["Namespace"] == "fanin"):
            (dimension,) = metric["Dimensions"]
            assert (dimension["Name"], text_of(dimension["Value"]) in names) == ("service", True)
            assert f'"{metric["MetricName"]}"' in code, metric["MetricName"]


def test_every_alarm_says_what_it_means_and_tells_the_topic(stack: Template) -> None:
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        assert alarm["Properties"]["AlarmDescription"], name
        assert referenced(alarm["Properties"]["AlarmActions"]) == {"AlarmTopicArn", "AWS::NoValue"}, name


def test_the_dashboard_is_well_formed() -> None:
    body = text_of(template(HUB).properties("Dashboard")["DashboardBody"])
    assert len(json.loads(body)["widgets"]) >= 6
