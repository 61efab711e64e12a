"""Glue job runs: `Glue Job State Change` events.

Shape: "Automating AWS Glue with EventBridge" in the Glue developer guide; words: JobRunState in the Glue API. The event names the job
but has no ARN, so account, Region and with it the partition are the envelope's. It has no times either, and no arguments: they are looked
up. Where the account cannot be asked the run stopped when the event was made; where it can, the event must not say otherwise than the
list of runs does, or one run would end twice. A retry is a run of its own.
"""

from __future__ import annotations

from fanin.domain.completion import SourceKind, Status
from fanin.sources.arn import partition_of
from fanin.sources.envelope import Envelope, text_of
from fanin.sources.kind import LEFT_OUT, NONE, Detail, Kind, Names, Times, worded

_STATUSES: dict[str, Status | None] = {
    **dict.fromkeys(("STARTING", "WAITING", "STOPPING"), None),
    "RUNNING": Status.RUNNING,
    "SUCCEEDED": Status.SUCCEEDED,
    "FAILED": Status.FAILED,
    "ERROR": Status.FAILED,
    "EXPIRED": Status.FAILED,
    "TIMEOUT": Status.TIMED_OUT,
    "STOPPED": Status.ABORTED,
}


def status_of(word: str) -> Status | None:
    """What a state of a job run means."""
    return worded(_STATUSES, word)


def _names(envelope: Envelope) -> Names:
    where = f"arn:{partition_of(envelope.region)}:glue:{envelope.region}:{envelope.account}"
    return Names(f"{where}:job/{text_of(envelope.detail, 'jobName')}", text_of(envelope.detail, "jobRunId"))


def _status(detail: Detail) -> Status | None:
    return status_of(text_of(detail, "state"))


KIND = Kind(
    SourceKind.GLUE,
    "aws.glue",
    ("Glue Job State Change",),
    _names,
    _status,
    lambda _: Times(None, None),
    lambda _: LEFT_OUT,
    lambda _: NONE,
)
