"""Reports: the event by which a source of any kind tells of an execution, and what the source knows besides when it is asked.

The shapes are those that `fanin.sources` reads, with as much in them as is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fanin.definitions.event_reading import read_event
from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.errors import ConfigurationError, RejectedError
from fanin.domain.event_rule import EventRule
from fanin.domain.execution_arn import execution_arn
from fanin.sources.message import parse_message
from fanin_cli.scenario.codes import ScenarioCode
from fanin_cli.scenario.envelope import event_body

_HUB_ACCOUNT, _HUB_REGION = "000000000000", "us-east-1"
_SUCCESS, _FAILURE = "Lambda Function Invocation Result - Success", "Lambda Function Invocation Result - Failure"
_WITH_OUTPUT = frozenset({SourceKind.STEP_FUNCTIONS, SourceKind.LAMBDA})
_WITH_TAGS = frozenset({SourceKind.ECS, SourceKind.BATCH})


class ImpossibleReportError(ConfigurationError):
    """No event of that kind can say this; `hint` says what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(ScenarioCode.REPORT_IMPOSSIBLE, message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of a source, as it was last reported. Input and output are texts, times epoch milliseconds."""

    source: Source
    name: str
    input: str
    status: Status
    started_ms: int
    reported_ms: int
    output: str | None = None
    tags: Mapping[str, str] | None = None
    rule: EventRule | None = None

    def ended(self, status: Status, at_ms: int, output: str | None) -> Execution:
        """The same execution, which has ended (or ended again, after a redrive)."""
        return replace(self, status=status, reported_ms=at_ms, output=output)

    @property
    def stopped_ms(self) -> int | None:
        """When it ended; None while it runs."""
        return None if self.status is Status.RUNNING else self.reported_ms


def report_of(execution: Execution, event_id: str) -> tuple[str, Completion | None]:
    """The body of the event that reports an execution, and what its source tells when it is asked (None: it is not asked).

    ImpossibleReportError when no event of the kind says this.
    """
    kind = execution.source.kind
    if kind is SourceKind.EVENT:
        return _own_event(execution, event_id), None
    source, detail_type, detail = _SHAPES[kind](execution)
    account, region = execution.source.account or _HUB_ACCOUNT, execution.source.region or _HUB_REGION
    body = event_body(source, detail_type, account, region, execution.reported_ms, event_id, detail)
    try:
        told = parse_message(body)
    except RejectedError:
        told = None
    if not isinstance(told, Completion) or told.status is not execution.status:
        raise ImpossibleReportError(f"nothing reports {kind} as {execution.status.value}", "write another end, or give what it needs")
    known = replace(
        told,
        started_at_ms=execution.started_ms,
        stopped_at_ms=execution.stopped_ms,
        input=told.input if told.input_included else json.dumps({"arguments": _object(execution)}),
        input_included=True,
        tags=execution.tags or {},
    )
    return body, known if kind is SourceKind.GLUE or execution.tags is not None else None


def check_step(source: Source, *, output: bool, tags: bool) -> None:
    """ImpossibleReportError when executions of a source have no output, or no tags, and a step gives some."""
    if output and source.kind not in _WITH_OUTPUT:
        raise ImpossibleReportError(f"{source.kind} has no output", "remove it")
    if tags and source.kind not in _WITH_TAGS:
        raise ImpossibleReportError(f"{source.kind} has no tags of its own", "remove them")


def _own_event(execution: Execution, event_id: str) -> str:
    """An event whose detail is the input; it must say what the step says, by the rule of the predecessor."""
    account, region, named = execution.source.arn.partition("#")[0].split(":", 2)
    source, _, detail_type = named.rpartition("/")
    body = event_body(source, detail_type, account, region, execution.reported_ms, event_id, _object(execution))
    hint = "give the event's detail as input, so that the predecessor's event takes it and says this status"
    try:
        read = None if execution.rule is None else read_event(execution.rule, json.loads(body))
    except RejectedError as error:
        raise ImpossibleReportError(f"the event cannot be read: {error.message}", hint) from error
    if read is None or read.status is not execution.status:
        said = "is not taken" if read is None else f"says {read.status.value}"
        raise ImpossibleReportError(f"the event {said}, by the definition", hint)
    return body


_Shape = tuple[str, str, Mapping[str, object]]


def _state_machine(execution: Execution) -> _Shape:
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


def _task(execution: Execution) -> _Shape:
    cluster, _, family = execution.source.arn.rpartition("/")
    given, ended = _object(execution), execution.status is not Status.RUNNING
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


def _job_run(execution: Execution) -> _Shape:
    words = {Status.TIMED_OUT: "TIMEOUT", Status.ABORTED: "STOPPED"}
    state = words.get(execution.status, execution.status.value)
    detail = {"jobName": execution.source.arn.rpartition("/")[2], "jobRunId": execution.name, "state": state}
    return "aws.glue", "Glue Job State Change", detail


def _job(execution: Execution) -> _Shape:
    queue, _, definition = execution.source.arn.rpartition("/")
    given = _object(execution)
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


def _build(execution: Execution) -> _Shape:
    given, words = _object(execution), {Status.RUNNING: "IN_PROGRESS", Status.ABORTED: "STOPPED"}
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


def _invocation(execution: Execution) -> _Shape:
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


def _release(execution: Execution) -> _Shape:
    given, words = _object(execution), {Status.SUCCEEDED: "RELEASED", Status.FAILED: "FAILED"}
    detail = {
        "v": 1,
        "transition": words.get(execution.status, "?"),
        "join": execution.source.arn,
        "key": given.get("key"),
        "attempt": given.get("attempt", 1),
        "at": execution.reported_ms,
    }
    return "fanin.hub", "Fan-in Notice", detail


_SHAPES: Mapping[SourceKind, Callable[[Execution], _Shape]] = {
    SourceKind.STEP_FUNCTIONS: _state_machine,
    SourceKind.ECS: _task,
    SourceKind.GLUE: _job_run,
    SourceKind.BATCH: _job,
    SourceKind.CODEBUILD: _build,
    SourceKind.LAMBDA: _invocation,
    SourceKind.JOIN: _release,
}


def _object(execution: Execution) -> Mapping[str, object]:
    """The input as an object; ImpossibleReportError for anything else, where the parts of it stand in different places."""
    try:
        given = json.loads(execution.input)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise ImpossibleReportError(
            f"the input of {execution.source.kind} is a mapping", "write its fields as the documentation names them"
        )
    return given


def _pairs(environment: object) -> list[dict[str, object]]:
    return [{"name": name, "value": value} for name, value in environment.items()] if isinstance(environment, dict) else []


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def _in_words(at_ms: int) -> str:
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{moment:%b} {moment.day}, {moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p}"
