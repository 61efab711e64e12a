"""CodeBuild builds: `CodeBuild Build State Change` events.

Shape: "Build notifications input format reference" in the CodeBuild user guide. Its times are words without a zone, as in
`Sep 1, 2017 4:12:29 PM`, and mean UTC; newer runtimes of AWS write a narrow space before AM and PM. There is no stop time but the start
of the phase COMPLETED.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from fanin.domain.completion import SourceKind, Status
from fanin.domain.errors import RejectedError
from fanin.sources.envelope import Envelope, object_of, objects_of, optional_text_of, text_of
from fanin.sources.kind import NONE, Detail, Kind, Names, Text, Times, as_json, own_arn, worded

_STATUSES: dict[str, Status | None] = {
    "IN_PROGRESS": Status.RUNNING,
    "SUCCEEDED": Status.SUCCEEDED,
    "FAILED": Status.FAILED,
    "FAULT": Status.FAILED,
    "TIMED_OUT": Status.TIMED_OUT,
    "STOPPED": Status.ABORTED,
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIME = re.compile(r"([A-Z][a-z]{2}) ([0-9]{1,2}), ([0-9]{4}),? ([0-9]{1,2}):([0-9]{2}):([0-9]{2})\s([AP])M")


def status_of(word: str) -> Status | None:
    """What the status of a build means."""
    return worded(_STATUSES, word)


def build_input(variables: Detail, source_version: str | None, initiator: str | None) -> Text:
    """What a build was started with, as JSON text."""
    return Text(as_json({"environment": dict(variables), "sourceVersion": source_version, "initiator": initiator}))


def time_ms(text: str) -> int:
    """Epoch milliseconds of a time in the words of a build's event."""
    found = _TIME.fullmatch(text)
    if found is None or found[1] not in _MONTHS:
        raise RejectedError("event-malformed", "a time in the event is not like Sep 1, 2017 4:12:29 PM")
    month, hour = _MONTHS.index(found[1]) + 1, int(found[4]) % 12 + (12 if found[7] == "P" else 0)
    try:
        moment = datetime(int(found[3]), month, int(found[2]), hour, int(found[5]), int(found[6]), tzinfo=UTC)
    except ValueError:
        raise RejectedError("event-malformed", "a time in the event is none that there is") from None
    return int(moment.timestamp() * 1000)


def _names(envelope: Envelope) -> Names:
    build = own_arn(envelope, text_of(envelope.detail, "build-id"), "codebuild", "build/")
    project, _, build_id = build.resource.partition(":")
    if not build_id or project != text_of(envelope.detail, "project-name"):
        raise RejectedError("arn-mismatch", "the event's build ARN does not belong to its project")
    return Names(f"arn:{build.partition}:codebuild:{build.region}:{build.account}:project/{project}", build_id)


def _status(detail: Detail) -> Status | None:
    return status_of(text_of(detail, "build-status"))


def _times(envelope: Envelope) -> Times:
    more = object_of(envelope.detail, "additional-information")
    started = optional_text_of(more, "build-start-time")
    completed = [one for one in objects_of(more, "phases") if one.get("phase-type") == "COMPLETED"]
    stopped = optional_text_of(completed[-1], "start-time") if completed else None
    return Times(None if started is None else time_ms(started), envelope.time_ms if stopped is None else time_ms(stopped))


def _input(detail: Detail) -> Text:
    more = object_of(detail, "additional-information")
    variables = objects_of(object_of(more, "environment"), "environment-variables")
    named = {text_of(one, "name"): one.get("value") for one in variables}
    return build_input(named, optional_text_of(more, "source-version"), optional_text_of(more, "initiator"))


KIND = Kind(SourceKind.CODEBUILD, "aws.codebuild", ("CodeBuild Build State Change",), _names, _status, _times, _input, lambda _: NONE)
