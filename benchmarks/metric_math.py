"""The usual solution, modelled: a metric-math alarm over both jobs' ExecutionsSucceeded, whose event starts the job in the other account.

Modelled in its favour, from documented periods; nothing of it was run. Assumptions, each as good for it as can be:
- Step Functions' metrics have one-minute periods ("Monitoring Step Functions metrics using CloudWatch"), and each is there at once.
- A standard-resolution alarm is evaluated once a minute ("Using Amazon CloudWatch alarms", evaluating an alarm), the moment of the last
  completion lies anywhere in that minute, and the first evaluation after it finds both jobs in one period.
- The alarm's event, the buses of both accounts, the rule and StartExecution take no time at all.
What was observed elsewhere is about a minute, from a walk-through of the pattern: jobs ended 22:47 and 22:50, alarm and start 22:51.
"""

from __future__ import annotations

EVALUATED_EVERY_MS = 60_000.0
ASSUMPTIONS = (
    "metrics have one-minute periods and are there at once",
    "the alarm is evaluated once a minute, and the last completion lies anywhere in it",
    "the alarm's event, the buses, the rule and StartExecution take no time",
)


def delays_ms() -> dict[str, float]:
    """Percentiles of the wait for the next evaluation, which is uniform over its period."""
    return {name: EVALUATED_EVERY_MS * share for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))}
