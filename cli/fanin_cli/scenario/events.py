"""Events as EventBridge delivers them: status changes of executions, and receipts of successors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fanin.domain.completion import Source, Status
from fanin.domain.delivery import Delivery
from fanin.domain.receipt import RECEIPT_DETAIL_TYPE, RECEIPT_SOURCE
from fanin.sources.step_functions import DETAIL_TYPE, EVENT_SOURCE


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of a state machine, as it was last reported. Input and output are texts, times epoch milliseconds."""

    source: Source
    name: str
    input: str
    status: Status
    started_ms: int
    reported_ms: int
    output: str | None = None

    def ended(self, status: Status, at_ms: int, output: str | None) -> Execution:
        """The same execution, which has ended (or ended again, after a redrive)."""
        return replace(self, status=status, reported_ms=at_ms, output=output)


def status_change(execution: Execution, event_id: str) -> str:
    """The event that reports an execution ("Step Functions Execution Status Change")."""
    machine = execution.source.arn
    arn = f"{machine.replace(':stateMachine:', ':execution:', 1)}:{execution.name}"
    detail = {
        "executionArn": arn,
        "stateMachineArn": machine,
        "name": execution.name,
        "status": execution.status.value,
        "startDate": execution.started_ms,
        "stopDate": None if execution.status is Status.RUNNING else execution.reported_ms,
        "input": execution.input,
        "inputDetails": {"included": True},
        "output": execution.output,
        "outputDetails": None if execution.output is None else {"included": True},
    }
    _, _, _, region, account, _ = machine.split(":", 5)
    return _event(EVENT_SOURCE, DETAIL_TYPE, account, region, execution.reported_ms, event_id, detail)


def receipt(delivery: Delivery, issuer: str, at_ms: int) -> str:
    """The event by which a successor reports that it has started what a release asked for."""
    _, partition, _, region, account, _ = delivery.bus_arn.split(":", 5)
    detail = {
        "v": 1,
        "jti": delivery.jti,
        "iss": issuer,
        "sub": delivery.sub,
        "target": delivery.target,
        "executionArn": f"arn:{partition}:states:{region}:{account}:execution:{delivery.target}:scenario",
        "outcome": "started",
        "verifiedAt": at_ms,
        "startedAt": at_ms,
    }
    return _event(RECEIPT_SOURCE, RECEIPT_DETAIL_TYPE, account, region, at_ms, f"receipt-{delivery.jti}", detail)


def _event(source: str, detail_type: str, account: str, region: str, at_ms: int, event_id: str, detail: Mapping[str, object]) -> str:
    time = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()
    members = {"version": "0", "id": event_id, "detail-type": detail_type, "source": source, "account": account, "time": time}
    return json.dumps({**members, "region": region, "resources": [], "detail": detail})
