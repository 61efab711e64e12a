"""Batch jobs: `Batch Job State Change` events.

Shape: "Job state change events" in the Batch user guide, which resembles JobDetail of the API. FAILED comes only when no attempt is left.
An array job and a multi-node job report themselves and each child or node; the job as a whole is what counts, so the parts are ignored.
"""

from __future__ import annotations

from fanin.domain.completion import SourceKind, Status
from fanin.domain.errors import RejectedError
from fanin.sources.envelope import Envelope, milliseconds_of, object_of, objects_of, optional_text_of, text_of
from fanin.sources.kind import NONE, Detail, Kind, Names, Text, Times, as_json, own_arn, worded

_STATUSES: dict[str, Status | None] = {
    **dict.fromkeys(("SUBMITTED", "PENDING", "RUNNABLE", "STARTING"), None),
    "RUNNING": Status.RUNNING,
    "SUCCEEDED": Status.SUCCEEDED,
    "FAILED": Status.FAILED,
}
_PART_MARKS = frozenset(":#")  # of a child of an array job, of a node


def status_of(job: Detail) -> Status | None:
    """How a job is, from its event or its description."""
    return worded(_STATUSES, text_of(job, "status"))


def input_of(job: Detail) -> Text:
    """What a job was submitted with, as JSON text: its parameters, its container's environment and command, its name."""
    container = object_of(job, "container")
    return Text(
        as_json(
            {
                "parameters": dict(object_of(job, "parameters")),
                "environment": {text_of(one, "name"): one.get("value") for one in objects_of(container, "environment")},
                "command": container.get("command"),
                "jobName": optional_text_of(job, "jobName"),
            }
        )
    )


def is_part(job_id: str) -> bool:
    """Whether an id is that of a child of an array job or of a node."""
    return not _PART_MARKS.isdisjoint(job_id)


def _names(envelope: Envelope) -> Names:
    detail, job_id = envelope.detail, text_of(envelope.detail, "jobId")
    queue = own_arn(envelope, text_of(detail, "jobQueue"), "batch", "job-queue/")
    definition = own_arn(envelope, text_of(detail, "jobDefinition"), "batch", "job-definition/")
    job = own_arn(envelope, text_of(detail, "jobArn"), "batch", "job/") if detail.get("jobArn") is not None else None
    if queue.partition != definition.partition or (job is not None and (job.resource, job.partition) != (job_id, queue.partition)):
        raise RejectedError("arn-mismatch", "the event's job ARN does not belong to its id, or its definition is of another partition")
    name, _, revision = definition.resource.rpartition(":")
    if not name or not revision.isdigit():
        raise RejectedError("arn-invalid", "the event's job definition ARN has no revision")
    return Names(f"arn:{queue.partition}:batch:{queue.region}:{queue.account}:job-queue/{queue.resource}/{name}", job_id)


def _times(envelope: Envelope) -> Times:
    return Times(milliseconds_of(envelope.detail, "startedAt"), milliseconds_of(envelope.detail, "stoppedAt"))


def _ignored(detail: Detail) -> str | None:
    return "part-of-a-job" if is_part(text_of(detail, "jobId")) else None


KIND = Kind(SourceKind.BATCH, "aws.batch", ("Batch Job State Change",), _names, status_of, _times, input_of, lambda _: NONE, _ignored)
