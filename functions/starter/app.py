"""Starter (successor account): releases queue -> verified, started once, receipt sent."""

from __future__ import annotations

from typing import Any

from fanin import bootstrap
from fanin.domain.errors import RejectedError
from fanin.observability import Telemetry
from fanin.sources.queue_event import QueuedMessage, failures, messages_of

telemetry = Telemetry()
bootstrap.at_start(bootstrap.starter)


@telemetry.logger.inject_lambda_context
@telemetry.metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:  # noqa: ARG001 Lambda's signature
    """Take a batch of the releases queue; the answer names the messages to give back."""
    return failures(message.id for message in messages_of(event) if not _handled(message))


def _handled(message: QueuedMessage) -> bool:
    try:
        try:
            verified, started = bootstrap.starter()(message.body)
        except RejectedError as error:
            bootstrap.releases_quarantine()(message, error)
            telemetry.quarantined(message.id, error, metric="ReleasesRefused")
            return True
    except Exception as error:  # noqa: BLE001 the per-record edge: whatever it was, the queue redelivers
        telemetry.given_back(message.id, error)
        return False
    telemetry.count("already-started" if started.already else "started")
    fields = {"sub": verified.claims.sub, "jti": verified.claims.jti, "target": verified.claims.tgt, "execution": started.execution_arn}
    telemetry.logger.info("release started", extra=fields)
    return True
