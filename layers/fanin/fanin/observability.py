"""Logs and metrics, the same in every function. Never a whole event, a payload, an input, an output or a signature.

Powertools' Logger and Metrics (EMF: no call to CloudWatch); traces are Lambda's own, without an SDK (docs/adr/0004).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from fanin.domain.errors import FaninError, SecurityError

if TYPE_CHECKING:
    from fanin.use_cases.ask_sources import Asked

_METRICS = {
    "waiting": "ArrivalsRecorded",
    "released": "RunsReleased",
    "failed": "RunsFailed",
    "reopened": "RunsReopened",
    "duplicate": "ArrivalsDuplicate",
    "late": "ArrivalsLate",
    "kept": "ArrivalsKept",
    "not-open": "ArrivalsNotOpen",
    "other-version": "ArrivalsOtherVersion",
    "not-wanted": "CompletionsNotWanted",
    "status-not-terminal": "CompletionsNotTerminal",
    "run-acknowledged": "RunsAcknowledged",
    "delivery-acknowledged": "DeliveriesAcknowledged",
    "recheck-closed": "RunsRechecked",
    "recheck-released": "RunsReleasedByRecheck",
    "recheck-waiting": "RunsRechecked",
    "recheck-failed": "RunsFailed",
    "recheck-expired": "RunsExpired",
    "expected-opened": "RunsExpected",
    "expected-nothing": "RunsRechecked",
    "sent": "DeliveriesSent",
    "refused": "DeliveriesRefused",
    "not-due": "DeliveriesNotDue",
    "given-up": "DeliveriesGivenUp",
    "unknown": "DeliveriesUnknown",
    "started": "ExecutionsStarted",
    "already-started": "ExecutionsAlreadyStarted",
}


class Telemetry:
    """The logger and metrics of one function."""

    def __init__(self) -> None:
        self.logger = Logger()
        self.metrics = Metrics()

    def count(self, outcome: str, number: int = 1) -> None:
        """Count an outcome under its metric's name."""
        if number:
            self.metrics.add_metric(name=_METRICS.get(outcome, outcome), unit=MetricUnit.Count, value=number)

    def waited(self, unacknowledged_ms: int | None) -> None:
        """How old a release is that is sent again: the oldest is what an alarm looks at."""
        if unacknowledged_ms is not None:
            self.metrics.add_metric(name="UnacknowledgedFor", unit=MetricUnit.Milliseconds, value=unacknowledged_ms)

    def asked(self, asked: Asked) -> None:
        """What became of asking sources. `SourcesBehind` is the backlog, and said even when there is none: it is what an alarm looks at."""
        self.count("SourcesAsked", asked.sources)
        self.count("SourcePagesRead", asked.pages)
        self.count("CompletionsFound", asked.found)
        self.count("SourcesRefused", len(asked.refused))
        self.count("SourcesFailed", len(asked.failed))
        self.metrics.add_metric(name="SourcesBehind", unit=MetricUnit.Count, value=asked.behind)
        for source in asked.refused:
            self.logger.info("source may not be asked, or is not there", extra={"source": source})
        for source, error in asked.failed.items():
            if isinstance(error, FaninError):
                self.logger.warning("source not asked", extra={"source": source, "code": error.code, "reason": error.message})
            else:
                self.logger.error("source not asked", exc_info=error, extra={"source": source, "code": "unexpected"})

    def quarantined(self, message_id: str, error: FaninError, metric: str = "MessagesQuarantined") -> None:
        """A message was refused for good: a warning, or an error where somebody may be trying something."""
        security = isinstance(error, SecurityError)
        fields = {"message_id": message_id, "code": error.code, "reason": error.message, "security": security}
        if security:
            self.logger.error("message quarantined", extra=fields)
            self.count("SecurityRefusals")
        else:
            self.logger.warning("message quarantined", extra=fields)
        self.count(metric)

    def given_back(self, message_id: str, error: Exception) -> None:
        """A message goes back to its queue: an expected trouble by its code, anything else with its trace, once."""
        if isinstance(error, FaninError):
            self.logger.warning("message given back", extra={"message_id": message_id, "code": error.code, "reason": error.message})
        else:
            self.logger.error("message given back", exc_info=error, extra={"message_id": message_id, "code": "unexpected"})
        self.count("MessagesGivenBack")
