"""Sweeper: schedule, every minute -> wake-ups and rechecks for what is due, and sources asked for what events lost."""

from __future__ import annotations

from typing import Any

from fanin import bootstrap
from fanin.observability import Telemetry

telemetry = Telemetry()
bootstrap.at_start(bootstrap.sweeper)


@telemetry.logger.inject_lambda_context
@telemetry.metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, int | bool]:  # noqa: ARG001 Lambda's signature
    """Sweep once; a failure fails the invocation, and the next minute sweeps again."""
    swept = bootstrap.sweeper()()
    telemetry.count("Sweeps")
    telemetry.count("DeliveriesWoken", swept.deliveries)
    telemetry.count("RunsNominated", swept.runs)
    telemetry.count("WindowsOpened", swept.expectations)
    telemetry.asked(swept.asked)
    return {
        "deliveries": swept.deliveries,
        "runs": swept.runs,
        "expectations": swept.expectations,
        "more": swept.more,
        "asked": swept.asked.sources,
        "found": swept.asked.found,
        "behind": swept.asked.behind,
    }
