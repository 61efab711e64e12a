"""Step Functions (Standard workflows): `Step Functions Execution Status Change` events.

Shape: "Automating Step Functions event delivery with EventBridge" in the Step Functions developer guide. Express workflows emit none,
so an Express ARN here is no event of AWS. A version- or alias-qualified ARN means the same machine and is normalised.
"""

from __future__ import annotations

from collections.abc import Mapping

from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.errors import RejectedError
from fanin.signing.strict_json import JsonValue
from fanin.sources.arn import parse_arn
from fanin.sources.envelope import Envelope, text_of

EVENT_SOURCE = "aws.states"
DETAIL_TYPE = "Step Functions Execution Status Change"

_EXECUTION_PARTS = 3  # execution:<state machine>:<name>
_PENDING = "PENDING_REDRIVE"
_STATUSES = {status.value: status for status in Status}


def completion_of(envelope: Envelope) -> Completion | None:
    """The completion an event reports (RUNNING is one too: "it has started"); None for a redrive that is pending.

    RejectedError where the event contradicts itself: an ARN of another account, Region or state machine than it says.
    """
    detail = envelope.detail
    execution_arn = text_of(detail, "executionArn")
    machine_arn = text_of(detail, "stateMachineArn")
    machine, name = _names(envelope, execution_arn, machine_arn)
    status = text_of(detail, "status")
    if status == _PENDING:
        return None
    if status not in _STATUSES:
        raise RejectedError("status-unknown", "the execution's status is none that this release of fanin knows; update fanin")
    return Completion(
        source=Source(SourceKind.STEP_FUNCTIONS, machine),
        account=envelope.account,
        region=envelope.region,
        execution_id=name,
        execution_arn=execution_arn,
        status=_STATUSES[status],
        reported_at_ms=envelope.time_ms,
        started_at_ms=_moment(detail, "startDate"),
        stopped_at_ms=_moment(detail, "stopDate"),
        input=_optional_text(detail, "input"),
        input_included=_included(detail, "inputDetails"),
        output=_optional_text(detail, "output"),
        output_included=_included(detail, "outputDetails"),
        detail=detail,
    )


def _names(envelope: Envelope, execution_arn: str, machine_arn: str) -> tuple[str, str]:
    execution, machine = parse_arn(execution_arn), parse_arn(machine_arn)
    parts = execution.resource.split(":")
    if parts[0] == "express":
        raise RejectedError("express-execution", "Express workflows emit no status events; use a Standard workflow as predecessor")
    machine_parts = machine.resource.split(":")
    if len(parts) != _EXECUTION_PARTS or parts[0] != "execution" or machine_parts[0] != "stateMachine" or len(machine_parts) not in (2, 3):
        raise RejectedError("arn-invalid", "the event's execution or state machine ARN is not one of Step Functions")
    same = (execution.partition, execution.service, execution.region, execution.account, parts[1])
    if same != (machine.partition, "states", machine.region, machine.account, machine_parts[1]):
        raise RejectedError("arn-mismatch", "the event's execution ARN does not belong to its state machine ARN")
    if execution.account != envelope.account:
        raise RejectedError("account-mismatch", "the execution's account is not the account that EventBridge says sent the event")
    if execution.region != envelope.region:
        raise RejectedError("region-mismatch", "the execution's Region is not the Region that EventBridge says the event is from")
    return f"arn:{machine.partition}:states:{machine.region}:{machine.account}:stateMachine:{machine_parts[1]}", parts[2]


def _moment(detail: Mapping[str, JsonValue], name: str) -> int | None:
    value = detail.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RejectedError("event-malformed", f"the event's {name} is not a number of milliseconds")
    return int(value)


def _optional_text(detail: Mapping[str, JsonValue], name: str) -> str | None:
    value = detail.get(name)
    if value is not None and not isinstance(value, str):
        raise RejectedError("event-malformed", f"the event's {name} is not a string")
    return value


def _included(detail: Mapping[str, JsonValue], name: str) -> bool:
    details = detail.get(name)
    return not (isinstance(details, dict) and details.get("included") is False)
