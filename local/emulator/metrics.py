"""Metrics that functions print: CloudWatch reads the embedded metric format out of a function's log, MiniStack only stores the line.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator
from typing import Any

from ministack.services import cloudwatch, cloudwatch_logs


def install() -> None:
    cloudwatch_logs._append_log_events = _read_metrics(cloudwatch_logs._append_log_events)


def _read_metrics(append: Any) -> Any:
    def appended(stream: Any, events: list[dict[str, Any]]) -> None:
        append(stream, events)
        for event in events:
            for namespace, name, value, unit, dimensions in embedded(event["message"]):
                cloudwatch.record_metric(namespace, name, value, unit, dimensions)

    return appended


def embedded(line: str) -> Iterator[tuple[str, str, float, str, dict[str, str]]]:
    """Namespace, name, value, unit and dimensions of each metric that a log line carries."""
    if not (line.startswith("{") and '"_aws"' in line):
        return
    try:
        document = json.loads(line)
        directives = document["_aws"]["CloudWatchMetrics"]
    except (ValueError, KeyError, TypeError):
        return
    for directive in directives:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(document[name]) for name in names}
            for metric in directive["Metrics"]:
                values = document[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    yield directive["Namespace"], metric["Name"], float(value), metric.get("Unit", "None"), dimensions
