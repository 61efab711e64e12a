"""Starter (successor account): releases queue -> verified, started once, receipt sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fanin import bootstrap
from fanin.domain.errors import RejectedError
from fanin.observability import Telemetry
from fanin.sources.queue_event import failures, messages_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fanin.sources.queue_event import QueuedMessage
    from fanin.use_cases.start_successor import Start

telemetry = Telemetry()
bootstrap.at_start(bootstrap.starter)


@telemetry.logger.inject_lambda_context
@telemetry.metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:  # noqa: ARG001 Lambda's signature
    """Take a batch of the releases queue; the answer names the messages to give back."""
    messages = messages_of(event)
    return failures(message.id for message, outcome in zip(messages, _started(messages), strict=True) if not _handled(message, outcome))


def _started(messages: Sequence[QueuedMessage]) -> Sequence[Start | Exception]:
    try:
        return bootstrap.starter().batch([message.body for message in messages])
    except Exception as error:  # noqa: BLE001 the edge: whatever it was, the queue redelivers all of them
        return [error] * len(messages)


def _handled(message: QueuedMessage, outcome: Start | Exception) -> bool:
    if isinstance(outcome, RejectedError):
        return _quarantined(message, outcome)
    if isinstance(outcome, Exception):
        telemetry.given_back(message.id, outcome)
        return False
    verified, started, _ = outcome
    telemetry.count("already-started" if started.already else "started")
    fields = {"sub": verified.claims.sub, "jti": verified.claims.jti, "target": verified.claims.tgt, "execution": started.execution_arn}
    telemetry.logger.info("release started", extra=fields)
    return True


def _quarantined(message: QueuedMessage, refusal: RejectedError) -> bool:
    try:
        bootstrap.releases_quarantine()(message, refusal)
    except Exception as error:  # noqa: BLE001 the per-record edge: likewise
        telemetry.given_back(message.id, error)
        return False
    telemetry.quarantined(message.id, refusal, metric="ReleasesRefused")
    return True
