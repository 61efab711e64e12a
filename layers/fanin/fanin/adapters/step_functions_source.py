"""Step Functions, asked: DescribeExecution and ListExecutions of Standard state machines.

Executions are listed for 90 days after they ended ("Quotas related to state machine executions"), newest first. By which of their times
they are in order is said differently over the years: a page is taken as the last one only when what is at its end lies, in all its times,
before the pass's cursor, which is right for each order. Lists are eventually consistent (ListExecutions in the API reference).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fanin.domain.completion import Completion, Source, Status
from fanin.domain.watch import ListedPage, Watch

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef, ExecutionListItemTypeDef, ListExecutionsInputTypeDef

PAGE_SIZE = 100  # of a thousand that are possible: what is news on one page has to be looked up in one sweep

_ENDED = {status.value: status for status in Status if status is not Status.RUNNING}


@dataclass(frozen=True, slots=True)
class StepFunctionsSource:
    """How state machines are asked."""

    service: str = "stepfunctions"
    absent: frozenset[str] = frozenset({"ExecutionDoesNotExist", "StateMachineDoesNotExist", "InvalidArn", "StateMachineTypeNotSupported"})
    page_unknown: frozenset[str] = frozenset({"InvalidToken"})

    def ask(self, client: SFNClient, source: Source, execution_id: str) -> Completion | None:
        """See the protocol. An execution that waits to be redriven, or runs again, has not ended."""
        answer = client.describe_execution(executionArn=_execution_arn(source, execution_id))
        status = _ENDED.get(answer["status"], Status.RUNNING)
        stopped_at_ms = None if status is Status.RUNNING else _milliseconds(answer.get("stopDate"))
        started_at_ms = _milliseconds(answer["startDate"])
        return Completion(
            source=source,
            account=source.account or "",
            region=source.region or "",
            execution_id=execution_id,
            execution_arn=answer["executionArn"],
            status=status,
            reported_at_ms=stopped_at_ms or started_at_ms or 0,
            started_at_ms=started_at_ms,
            stopped_at_ms=stopped_at_ms,
            input=answer.get("input"),
            input_included="input" in answer,
            output=answer.get("output"),
            output_included="output" in answer,
            detail=_detail(answer),
        )

    def page(self, client: SFNClient, watch: Watch) -> ListedPage:
        """See the protocol."""
        request: ListExecutionsInputTypeDef = {"stateMachineArn": watch.source.arn, "maxResults": PAGE_SIZE}
        if watch.passing is not None and watch.passing.page is not None:
            request["nextToken"] = watch.passing.page
        answer = client.list_executions(**request)
        items = answer["executions"]
        running = [started for one in items if one["status"] not in _ENDED and (started := _milliseconds(one["startDate"])) is not None]
        over = bool(items) and _last_time_ms(items[-1]) < watch.listed_from_ms
        return ListedPage(
            ended=tuple(_listed(watch.source, one) for one in items if one["status"] in _ENDED),
            running_since_ms=min(running, default=None),
            following=None if over else answer.get("nextToken"),
        )


def _listed(source: Source, item: ExecutionListItemTypeDef) -> Completion:
    started_at_ms, stopped_at_ms = _milliseconds(item["startDate"]), _milliseconds(item.get("stopDate"))
    return Completion(
        source=source,
        account=source.account or "",
        region=source.region or "",
        execution_id=item["name"],
        execution_arn=item["executionArn"],
        status=_ENDED[item["status"]],
        reported_at_ms=stopped_at_ms or started_at_ms or 0,
        started_at_ms=started_at_ms,
        stopped_at_ms=stopped_at_ms,
        input=None,
        input_included=False,
        output=None,
        output_included=False,
    )


def _last_time_ms(item: ExecutionListItemTypeDef) -> float:
    """The latest time of an execution; one that has not ended has no end yet."""
    stopped = _milliseconds(item.get("stopDate"))
    return float("inf") if item["status"] not in _ENDED or stopped is None else stopped


def _detail(answer: DescribeExecutionOutputTypeDef) -> Mapping[str, object]:
    """What the event's detail would have been: the same members, its times in milliseconds."""
    plain: dict[str, Any] = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    return {name: _milliseconds(value) if isinstance(value, datetime) else value for name, value in plain.items()}


def _execution_arn(source: Source, execution_id: str) -> str:
    return f"{source.arn.replace(':stateMachine:', ':execution:', 1)}:{execution_id}"


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
