"""Step Functions (Standard workflows): `Step Functions Execution Status Change` events.

Shape: "Automating Step Functions event delivery with EventBridge" in the Step Functions developer guide. Express workflows emit none,
so an Express ARN here is no event of AWS. A version- or alias-qualified ARN means the same machine and is normalised.
"""

from __future__ import annotations

from fanin.domain.completion import SourceKind, Status
from fanin.domain.errors import RejectedError
from fanin.sources.arn import known_arn, parse_arn
from fanin.sources.envelope import Envelope, milliseconds_of, optional_text_of, text_of
from fanin.sources.kind import Detail, Kind, Names, Text, Times, worded

EVENT_SOURCE = "aws.states"
DETAIL_TYPE = "Step Functions Execution Status Change"

_EXECUTION_PARTS = 3  # execution:<state machine>:<name>
_STATUSES: dict[str, Status | None] = {**{status.value: status for status in Status}, "PENDING_REDRIVE": None}


def _names(envelope: Envelope) -> Names:
    execution, machine = parse_arn(text_of(envelope.detail, "executionArn")), known_arn(text_of(envelope.detail, "stateMachineArn"))
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
    return Names(f"arn:{machine.partition}:states:{machine.region}:{machine.account}:stateMachine:{machine_parts[1]}", parts[2])


def _status(detail: Detail) -> Status | None:
    return worded(_STATUSES, text_of(detail, "status"))


def _times(envelope: Envelope) -> Times:
    return Times(milliseconds_of(envelope.detail, "startDate"), milliseconds_of(envelope.detail, "stopDate"))


def _input(detail: Detail) -> Text:
    return Text(optional_text_of(detail, "input"), _included(detail, "inputDetails"))


def _output(detail: Detail) -> Text:
    return Text(optional_text_of(detail, "output"), _included(detail, "outputDetails"))


def _included(detail: Detail, name: str) -> bool:
    details = detail.get(name)
    return not (isinstance(details, dict) and details.get("included") is False)


KIND = Kind(SourceKind.STEP_FUNCTIONS, EVENT_SOURCE, (DETAIL_TYPE,), _names, _status, _times, _input, _output)
