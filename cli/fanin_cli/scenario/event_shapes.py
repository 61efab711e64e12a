"""The events by which AWS, and the hub itself, tell of an execution: as much of them as `fanin.sources` reads, kind by kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from fanin.domain.completion import SourceKind, Status
from fanin.domain.execution_arn import execution_arn
from fanin_cli.scenario.execution import Execution

_SUCCESS, _FAILURE = "Lambda Function Invocation Result - Success", "Lambda Function Invocation Result - Failure"

Shape = tuple[str, str, Mapping[str, object]]
"""The event's source, its detail-type and its detail."""


def _state_machine(execution: Execution) -> Shape:
    detail = {
        "executionArn": execution_arn(execution.source, execution.name),
        "stateMachineArn": execution.source.arn,
        "name": execution.name,
        "status": execution.status.value,
        "startDate": execution.started_ms,
        "stopDate": execution.stopped_ms,
        "input": execution.input,
        "inputDetails": {"included": True},
        "output": execution.output,
        "outputDetails": None if execution.output is None else {"included": True},
    }
    return "aws.states", "Step Functions Execution Status Change", detail


def _task(execution: Execution) -> Shape:
    cluster, _, family = execution.source.arn.rpartition("/")
    given, ended = execution.given, execution.status is not Status.RUNNING
    override = {"name": "main", "environment": _pairs(given.get("environment")), "command": given.get("command")}
    detail = {
        "taskArn": execution_arn(execution.source, execution.name),
        "clusterArn": cluster,
        "taskDefinitionArn": f"{cluster.partition(':cluster/')[0]}:task-definition/{family}:1",
        "lastStatus": "STOPPED" if ended else "RUNNING",
        "stopCode": {Status.ABORTED: "UserInitiated", Status.RUNNING: None}.get(execution.status, "EssentialContainerExited"),
        "containers": [{"name": "main", "exitCode": {Status.SUCCEEDED: 0, Status.FAILED: 1}.get(execution.status)}],
        "overrides": {"containerOverrides": [override]},
        "startedBy": given.get("startedBy"),
        "group": given.get("group", f"family:{family}"),
        "startedAt": _iso(execution.started_ms),
        "stoppedAt": _iso(execution.reported_ms) if ended else None,
    }
    return "aws.ecs", "ECS Task State Change", detail


def _job_run(execution: Execution) -> Shape:
    words = {Status.TIMED_OUT: "TIMEOUT", Status.ABORTED: "STOPPED"}
    state = words.get(execution.status, execution.status.value)
    detail = {"jobName": execution.source.arn.rpartition("/")[2], "jobRunId": execution.name, "state": state}
    return "aws.glue", "Glue Job State Change", detail


def _job(execution: Execution) -> Shape:
    queue, _, definition = execution.source.arn.rpartition("/")
    given = execution.given
    detail = {
        "jobArn": execution_arn(execution.source, execution.name),
        "jobId": execution.name,
        "jobName": given.get("jobName", execution.name),
        "jobQueue": queue,
        "jobDefinition": f"{queue.partition(':job-queue/')[0]}:job-definition/{definition}:1",
        "status": execution.status.value,
        "parameters": given.get("parameters", {}),
        "container": {"environment": _pairs(given.get("environment")), "command": given.get("command")},
        "startedAt": execution.started_ms,
        "stoppedAt": execution.stopped_ms,
    }
    return "aws.batch", "Batch Job State Change", detail


def _build(execution: Execution) -> Shape:
    given, words = execution.given, {Status.RUNNING: "IN_PROGRESS", Status.ABORTED: "STOPPED"}
    completed = [] if execution.stopped_ms is None else [{"phase-type": "COMPLETED", "start-time": _in_words(execution.stopped_ms)}]
    more = {
        "build-start-time": _in_words(execution.started_ms),
        "environment": {"environment-variables": _pairs(given.get("environment"))},
        "source-version": given.get("sourceVersion"),
        "initiator": given.get("initiator"),
        "phases": completed,
    }
    detail = {
        "build-status": words.get(execution.status, execution.status.value),
        "project-name": execution.source.arn.rpartition("/")[2],
        "build-id": execution_arn(execution.source, execution.name),
        "additional-information": more,
    }
    return "aws.codebuild", "CodeBuild Build State Change", detail


def _invocation(execution: Execution) -> Shape:
    words = {Status.SUCCEEDED: "Success", Status.FAILED: "RetriesExhausted", Status.TIMED_OUT: "EventAgeExceeded"}
    detail = {
        "timestamp": _iso(execution.reported_ms),
        "requestContext": {
            "requestId": execution.name,
            "functionArn": f"{execution.source.arn}:$LATEST",
            "condition": words.get(execution.status, "?"),
        },
        "requestPayload": json.loads(execution.input),
        "responsePayload": json.loads(execution.output or "null"),
    }
    return "lambda", _SUCCESS if execution.status is Status.SUCCEEDED else _FAILURE, detail


def _release(execution: Execution) -> Shape:
    given, words = execution.given, {Status.SUCCEEDED: "RELEASED", Status.FAILED: "FAILED"}
    detail = {
        "v": 1,
        "transition": words.get(execution.status, "?"),
        "join": execution.source.arn,
        "key": given.get("key"),
        "attempt": given.get("attempt", 1),
        "at": execution.reported_ms,
    }
    return "fanin.hub", "Fan-in Notice", detail


SHAPES: Mapping[SourceKind, Callable[[Execution], Shape]] = {
    SourceKind.STEP_FUNCTIONS: _state_machine,
    SourceKind.ECS: _task,
    SourceKind.GLUE: _job_run,
    SourceKind.BATCH: _job,
    SourceKind.CODEBUILD: _build,
    SourceKind.LAMBDA: _invocation,
    SourceKind.JOIN: _release,
}


def _pairs(environment: object) -> list[dict[str, object]]:
    return [{"name": name, "value": value} for name, value in environment.items()] if isinstance(environment, dict) else []


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def _in_words(at_ms: int) -> str:
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{moment:%b} {moment.day}, {moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p}"
