"""Forwarder: departures queue -> signed releases on successors' buses, notices on the hub's."""

from __future__ import annotations

from typing import Any

from fanin import bootstrap
from fanin.observability import Telemetry
from fanin.sources.departure import parse_departure
from fanin.sources.queue_event import QueuedMessage, failures, messages_of

telemetry = Telemetry()
bootstrap.at_start(bootstrap.forwarder)


@telemetry.logger.inject_lambda_context
@telemetry.metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:  # noqa: ARG001 Lambda's signature
    """Take a batch of the departures queue; the answer names the messages to give back."""
    return failures(message.id for message in messages_of(event) if not _sent(message))


def _sent(message: QueuedMessage) -> bool:
    try:
        delivery = parse_departure(message.body)
        outcome, refusal, unacknowledged_ms = bootstrap.forwarder()(delivery)
    except Exception as error:  # noqa: BLE001 the per-record edge: the queue redelivers, and the delivery stays due in the table
        telemetry.given_back(message.id, error)
        return False
    telemetry.count(outcome.value)
    telemetry.waited(unacknowledged_ms)
    fields = {"join": delivery.run.join, "key": delivery.run.key, "delivery": delivery.name, "outcome": outcome.value}
    if refusal is None:
        telemetry.logger.info("delivery handled", extra=fields)
    else:
        telemetry.logger.warning("delivery refused", extra={**fields, "code": refusal})
    return True
