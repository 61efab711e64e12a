"""Lambda functions that were invoked asynchronously: what their destinations put on an event bus.

Shape: "Capturing records of Lambda asynchronous invocations" in the Lambda developer guide. The source is `lambda`, which anybody can put:
the account is all there is to trust, so a definition must say `trust: account`. Version and alias are normalised away.
"""

from __future__ import annotations

import json

from fanin.domain.completion import SourceKind, Status
from fanin.domain.errors import RejectedError
from fanin.sources.envelope import Envelope, iso_time_of, object_of, text_of
from fanin.sources.kind import LEFT_OUT, Detail, Kind, Names, Text, Times, own_arn, worded

_SUCCESS, _FAILURE = (f"Lambda Function Invocation Result - {word}" for word in ("Success", "Failure"))
_CONDITIONS: dict[str, Status | None] = {
    "Success": Status.SUCCEEDED,
    "RetriesExhausted": Status.FAILED,
    "EventAgeExceeded": Status.TIMED_OUT,
}


def _names(envelope: Envelope) -> Names:
    context = object_of(envelope.detail, "requestContext")
    function = own_arn(envelope, text_of(context, "functionArn"), "lambda", "function:")
    if (text_of(context, "condition") == "Success") is not (envelope.detail_type == _SUCCESS):
        raise RejectedError("status-mismatch", "the event's detail-type and its condition contradict one another")
    name = function.resource.partition(":")[0]
    return Names(f"arn:{function.partition}:lambda:{function.region}:{function.account}:function:{name}", text_of(context, "requestId"))


def _status(detail: Detail) -> Status | None:
    return worded(_CONDITIONS, text_of(object_of(detail, "requestContext"), "condition"))


def _times(envelope: Envelope) -> Times:
    return Times(None, iso_time_of(envelope.detail, "timestamp"))


def _payload(detail: Detail, name: str) -> Text:
    return Text(json.dumps(detail[name], separators=(",", ":"))) if name in detail else LEFT_OUT


KIND = Kind(
    SourceKind.LAMBDA,
    "lambda",
    (_SUCCESS, _FAILURE),
    _names,
    _status,
    _times,
    lambda detail: _payload(detail, "requestPayload"),
    lambda detail: _payload(detail, "responsePayload"),
)
