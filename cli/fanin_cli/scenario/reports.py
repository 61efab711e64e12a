"""Reports: the event by which a source of any kind tells of an execution, and what the source knows besides when it is asked."""

from __future__ import annotations

import json

from fanin.definitions.event_reading import read_event
from fanin.domain.completion import Completion, Source, SourceKind
from fanin.domain.errors import RejectedError
from fanin.sources.message import parse_message
from fanin_cli.scenario.envelope import event_body
from fanin_cli.scenario.event_shapes import SHAPES
from fanin_cli.scenario.execution import Execution, ImpossibleReportError

_HUB_ACCOUNT, _HUB_REGION = "000000000000", "us-east-1"
_WITH_OUTPUT = frozenset({SourceKind.STEP_FUNCTIONS, SourceKind.LAMBDA})
_WITH_TAGS = frozenset({SourceKind.ECS, SourceKind.BATCH})


def report_of(execution: Execution, event_id: str) -> tuple[str, Completion | None]:
    """The body of the event that reports an execution, and what its source tells when it is asked (None: it is not asked).

    ImpossibleReportError when no event of the kind says this.
    """
    kind = execution.source.kind
    if kind is SourceKind.EVENT:
        return _own_event(execution, event_id), None
    source, detail_type, detail = SHAPES[kind](execution)
    account, region = execution.source.account or _HUB_ACCOUNT, execution.source.region or _HUB_REGION
    body = event_body(source, detail_type, account, region, execution.reported_ms, event_id, detail)
    try:
        told = parse_message(body)
    except RejectedError:
        told = None
    if not isinstance(told, Completion) or told.status is not execution.status:
        raise ImpossibleReportError(f"nothing reports {kind} as {execution.status.value}", "write another end, or give what it needs")
    known = told._replace(
        started_at_ms=execution.started_ms,
        stopped_at_ms=execution.stopped_ms,
        input=told.input if told.input_included else json.dumps({"arguments": execution.given}),
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
    body = event_body(source, detail_type, account, region, execution.reported_ms, event_id, execution.given)
    hint = "give the event's detail as input, so that the predecessor's event takes it and says this status"
    try:
        read = None if execution.rule is None else read_event(execution.rule, json.loads(body))
    except RejectedError as error:
        raise ImpossibleReportError(f"the event cannot be read: {error.message}", hint) from error
    if read is None or read.status is not execution.status:
        said = "is not taken" if read is None else f"says {read.status.value}"
        raise ImpossibleReportError(f"the event {said}, by the definition", hint)
    return body
