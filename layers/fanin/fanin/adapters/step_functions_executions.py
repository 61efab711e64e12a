"""Step Functions, asked directly about executions whose events left something out; in the hub's own account and Region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from fanin.domain.errors import RetryableError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

    from fanin.domain.completion import Completion

_ABSENT = frozenset({"ExecutionDoesNotExist", "AccessDeniedException", "InvalidArn"})


@dataclass(frozen=True, slots=True)
class StepFunctionsExecutions:
    """The `Executions` port; the client is made when it is first needed, which is rarely."""

    client: Callable[[], SFNClient]
    account: str
    region: str

    def describe(self, completion: Completion) -> Completion | None:
        """See the port: None outside the hub's own account and Region, where this deployment may not ask."""
        if (completion.account, completion.region) != (self.account, self.region):
            return None
        try:
            answer = self.client().describe_execution(executionArn=completion.execution_arn)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _ABSENT:
                return None
            raise RetryableError("source-unavailable", f"Step Functions did not describe an execution ({code})") from error
        return replace(
            completion,
            started_at_ms=_milliseconds(answer["startDate"]),
            stopped_at_ms=completion.stopped_at_ms or _milliseconds(answer.get("stopDate")),
            input=answer.get("input"),
            input_included="input" in answer,
            output=answer.get("output"),
            output_included="output" in answer,
        )


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)
