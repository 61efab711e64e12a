"""Notices: deliveries to the hub's bus that tell people about a transition (schemas/notice.schema.json). Pure."""

from __future__ import annotations

import json

from fanin.domain.delivery import WAKE_GRACE_MS, Delivery, DeliveryId, DeliveryKind, DeliveryState
from fanin.domain.run import RunId
from fanin.use_cases.hub import Hub

RELEASED = "RELEASED"
ACKNOWLEDGED = "ACKNOWLEDGED"
FAILED = "FAILED"
EXPIRED = "EXPIRED"
REOPENED = "REOPENED"
DEADLINE_MISSED = "DEADLINE_MISSED"
LATE_ARRIVAL = "LATE_ARRIVAL"
GIVEN_UP = "GIVEN_UP"
COUNT_CHANGED = "COUNT_CHANGED"


def notice(  # noqa: PLR0913 what a notice says; all but the first five by name
    hub: Hub,
    run: RunId,
    attempt: int,
    transition: str,
    at_ms: int,
    *,
    reason: str | None = None,
    predecessors: tuple[str, ...] = (),
    name: str | None = None,
) -> Delivery:
    """A notice of `transition`, written once a run, attempt and `name` (the transition's own when it happens once)."""
    return Delivery(
        id=DeliveryId(run, f"NTC#{attempt:04d}#{name or transition}"),
        kind=DeliveryKind.NOTICE,
        state=DeliveryState.DUE,
        attempt=attempt,
        bus_arn=hub.bus_arn,
        target="",
        jti="",
        sub="",
        payload=notice_detail(run, attempt, transition, at_ms, reason=reason, predecessors=predecessors),
        frozen_at_ms=at_ms,
        due_at_ms=at_ms + WAKE_GRACE_MS,
    )


def count_changed(hub: Hub, run: RunId, attempt: int, predecessor: str, before: int, now: int, at_ms: int) -> Delivery:
    """The notice that the number of executions of a counted predecessor was said to be another one; once for each pair of numbers."""
    reason = f"from-{before}-to-{now}"
    name = f"{COUNT_CHANGED}#{predecessor}#{reason}"
    return notice(hub, run, attempt, COUNT_CHANGED, at_ms, reason=reason, predecessors=(predecessor,), name=name)


def notice_detail(
    run: RunId, attempt: int, transition: str, at_ms: int, *, reason: str | None = None, predecessors: tuple[str, ...] = ()
) -> str:
    """The detail of a notice, as JSON text; `at` is epoch milliseconds."""
    detail: dict[str, object] = {"v": 1, "transition": transition, "join": run.join, "key": run.key, "attempt": attempt, "at": at_ms}
    if reason is not None:
        detail["reason"] = reason
    if predecessors:
        detail["predecessors"] = list(predecessors)
    return json.dumps(detail)
