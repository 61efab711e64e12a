"""Collector: arrivals queue -> arrivals, decisions, receipts."""

from __future__ import annotations

from typing import Any

from fanin import bootstrap
from fanin.observability import Telemetry
from fanin.sources.queue_event import failures, messages_of

telemetry = Telemetry()
bootstrap.at_start(bootstrap.collector)


@telemetry.logger.inject_lambda_context
@telemetry.metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:  # noqa: ARG001 Lambda's signature
    """Take a batch of the arrivals queue; the answer names the messages to give back."""
    collected = bootstrap.collector()(messages_of(event))
    for outcome, number in collected.outcomes.items():
        telemetry.count(outcome, number)
    for message_id, error in collected.rejected.items():
        telemetry.quarantined(message_id, error)
    for message_id, failure in collected.failed.items():
        telemetry.given_back(message_id, failure)
    return failures(collected.failed)
