"""ECS tasks: `ECS Task State Change` events, however the task was started.

Shape: "Amazon ECS task state change events" in the ECS developer guide; words: "Amazon ECS task lifecycle" and "Amazon ECS stopped tasks
error messages" there. A task has ended when its `lastStatus` is STOPPED; `desiredStatus` is only a wish. How it ended is said by
`stopCode` and the containers' exit codes:

- EssentialContainerExited, or no code at all (tasks from before there were codes): it succeeded if every container has exit code 0. A
  container without an exit code never ran or was lost, which is a failure. Events do not say which containers are essential, so all count.
- UserInitiated: somebody stopped it, so it is aborted, whatever its containers made of the signal.
- every other code (TaskFailedToStart, SpotInterruption, TerminationNotice, ServiceSchedulerInitiated, and those AWS adds): it failed.

A later event of the same task may know an exit code that an earlier one lacked: the lattice of arrivals takes the success then.
"""

from __future__ import annotations

from fanin.domain.completion import SourceKind, Status
from fanin.domain.errors import RejectedError
from fanin.sources.envelope import Envelope, iso_time_of, object_of, objects_of, optional_text_of, text_of
from fanin.sources.kind import NONE, Detail, Kind, Names, Text, Times, as_json, own_arn, worded

_STOPPED = "STOPPED"
_STATUSES: dict[str, Status | None] = {
    **dict.fromkeys(("PROVISIONING", "PENDING", "ACTIVATING"), None),
    "RUNNING": Status.RUNNING,
    **dict.fromkeys(("DEACTIVATING", "STOPPING", "DEPROVISIONING", "DELETED"), None),
}
_BY_EXIT_CODES = (None, "EssentialContainerExited")
_STOPPED_BY_SOMEBODY = "UserInitiated"


def status_of(task: Detail) -> Status | None:
    """How a task ended, from its event or its description; RUNNING when it runs, None when it does neither."""
    word = text_of(task, "lastStatus")
    if word != _STOPPED:
        return worded(_STATUSES, word)
    code = optional_text_of(task, "stopCode")
    if code == _STOPPED_BY_SOMEBODY:
        return Status.ABORTED
    if code not in _BY_EXIT_CODES:
        return Status.FAILED
    exit_codes = [container.get("exitCode") for container in objects_of(task, "containers")]
    return Status.SUCCEEDED if exit_codes and all(type(one) is int and one == 0 for one in exit_codes) else Status.FAILED


def input_of(task: Detail) -> Text:
    """What a task was started with, as JSON text: its environment and command (over all container overrides), startedBy and group."""
    overrides = objects_of(object_of(task, "overrides"), "containerOverrides")
    commands = (one["command"] for one in overrides if one.get("command"))
    return Text(
        as_json(
            {
                "environment": {name: one.get("value") for override in overrides for name, one in _named(override)},
                "command": next(commands, None),
                "startedBy": optional_text_of(task, "startedBy"),
                "group": optional_text_of(task, "group"),
            }
        )
    )


def _named(override: Detail) -> list[tuple[str, Detail]]:
    return [(text_of(one, "name"), one) for one in objects_of(override, "environment")]


def _names(envelope: Envelope) -> Names:
    detail = envelope.detail
    task = own_arn(envelope, text_of(detail, "taskArn"), "ecs", "task/")
    cluster = own_arn(envelope, text_of(detail, "clusterArn"), "ecs", "cluster/")
    definition = own_arn(envelope, text_of(detail, "taskDefinitionArn"), "ecs", "task-definition/")
    in_cluster, _, task_id = task.resource.rpartition("/")
    # ARNs of before 2021 do not name the cluster ("Amazon ECS Amazon Resource Names (ARNs) and IDs").
    if in_cluster not in ("", cluster.resource) or not task.partition == cluster.partition == definition.partition:
        raise RejectedError("arn-mismatch", "the event's task ARN does not belong to its cluster or task definition")
    family, _, revision = definition.resource.rpartition(":")
    if not family or not revision.isdigit():
        raise RejectedError("arn-invalid", "the event's task definition ARN has no revision")
    return Names(f"arn:{cluster.partition}:ecs:{cluster.region}:{cluster.account}:cluster/{cluster.resource}/{family}", task_id)


def _times(envelope: Envelope) -> Times:
    return Times(iso_time_of(envelope.detail, "startedAt"), iso_time_of(envelope.detail, "stoppedAt"))


KIND = Kind(SourceKind.ECS, "aws.ecs", ("ECS Task State Change",), _names, status_of, _times, input_of, lambda _: NONE)
