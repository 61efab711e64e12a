"""Forwarder: departures queue -> signed releases on successors' buses, notices on the hub's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fanin import bootstrap
from fanin.observability import Telemetry
from fanin.sources.departure import parse_departure
from fanin.sources.queue_event import failures, messages_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fanin.domain.delivery import DeliveryId
    from fanin.use_cases.send_delivery import Handled, Outcome

telemetry = Telemetry()
bootstrap.at_start(bootstrap.forwarder)


@telemetry.logger.inject_lambda_context
@telemetry.metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:  # noqa: ARG001 Lambda's signature
    """Take a batch of the departures queue; the answer names the messages to give back."""
    failed: dict[str, Exception] = {}
    named: dict[str, DeliveryId] = {}
    for message in messages_of(event):
        try:
            named[message.id] = parse_departure(message.body)
        except Exception as error:  # noqa: BLE001 the per-record edge: the queue redelivers, and the delivery stays due in the table
            failed[message.id] = error
    outcomes = _sent(list(named.values()))
    for delivery, outcome in outcomes.items():
        if not isinstance(outcome, Exception):
            _tell(delivery, outcome)
    failed |= {message_id: outcome for message_id, one in named.items() if isinstance(outcome := outcomes[one], Exception)}
    for message_id, failure in failed.items():
        telemetry.given_back(message_id, failure)
    return failures(failed)


def _sent(deliveries: list[DeliveryId]) -> Mapping[DeliveryId, Outcome]:
    try:
        return bootstrap.forwarder().batch(deliveries)
    except Exception as error:  # noqa: BLE001 likewise, for all of them
        return dict.fromkeys(deliveries, error)


def _tell(delivery: DeliveryId, handled: Handled) -> None:
    sent, refusal, unacknowledged_ms = handled
    telemetry.count(sent.value)
    telemetry.waited(unacknowledged_ms)
    fields = {"join": delivery.run.join, "key": delivery.run.key, "delivery": delivery.name, "outcome": sent.value}
    if refusal is None:
        telemetry.logger.info("delivery handled", extra=fields)
    else:
        telemetry.logger.warning("delivery refused", extra={**fields, "code": refusal})
