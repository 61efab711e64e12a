"""Step Functions, asked: DescribeExecution and ListExecutions of Standard state machines.

Executions are listed for 90 days after they ended ("Quotas related to state machine executions"), newest first. By which of their times
they are in order is said differently over the years: a page is taken as the last one only when what is at its end lies, in all its times,
before the pass's cursor, which is right for each order. Lists are eventually consistent (ListExecutions in the API reference).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fanin.adapters.source_answers import Said, ended_of, lies_before, milliseconds, running_since_ms
from fanin.composed import composed
from fanin.domain.completion import Completion, Source, Status
from fanin.domain.execution_arn import execution_arn
from fanin.domain.watch import ListedPage, Watch
from fanin.sources.kind import LEFT_OUT, Text

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef, ExecutionListItemTypeDef, ListExecutionsInputTypeDef

PAGE_SIZE = 100  # of a thousand that are possible: what is news on one page has to be looked up in one sweep

# One that waits to be redriven (PENDING_REDRIVE), or runs again, has not ended.
_STATUSES = {status.value: status for status in Status}


@composed
class StepFunctionsSource:
    """How state machines are asked."""

    service: str = "stepfunctions"
    absent: frozenset[str] = frozenset({"ExecutionDoesNotExist", "StateMachineDoesNotExist", "InvalidArn", "StateMachineTypeNotSupported"})
    page_unknown: frozenset[str] = frozenset({"InvalidToken"})

    def ask(self, client: SFNClient, source: Source, execution_id: str) -> Completion | None:
        """See the protocol."""
        answer = client.describe_execution(executionArn=execution_arn(source, execution_id))
        given, result = Text(answer.get("input"), "input" in answer), Text(answer.get("output"), "output" in answer)
        started_at_ms, stopped_at_ms = milliseconds(answer["startDate"]), milliseconds(answer.get("stopDate"))
        said = Said(
            execution_id, _STATUSES.get(answer["status"]), started_at_ms, started_at_ms, stopped_at_ms, given, result, _detail(answer)
        )
        return said.completion(source)

    def page(self, client: SFNClient, watch: Watch) -> ListedPage:
        """See the protocol."""
        request: ListExecutionsInputTypeDef = {"stateMachineArn": watch.source.arn, "maxResults": PAGE_SIZE}
        if watch.passing is not None and watch.passing.page is not None:
            request["nextToken"] = watch.passing.page
        answer = client.list_executions(**request)
        said = [_listed(item) for item in answer["executions"]]
        over = bool(said) and lies_before(said[-1], watch.listed_from_ms)
        return ListedPage(ended_of(watch.source, said), running_since_ms(said), None if over else answer.get("nextToken"))


def _listed(item: ExecutionListItemTypeDef) -> Said:
    started_at_ms, stopped_at_ms = milliseconds(item["startDate"]), milliseconds(item.get("stopDate"))
    return Said(item["name"], _STATUSES.get(item["status"]), started_at_ms, started_at_ms, stopped_at_ms, LEFT_OUT, LEFT_OUT)


def _detail(answer: DescribeExecutionOutputTypeDef) -> Mapping[str, object]:
    """What the event's detail would have been: the same members, its times in milliseconds."""
    plain: dict[str, Any] = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    return {name: milliseconds(value) if isinstance(value, datetime) else value for name, value in plain.items()}
