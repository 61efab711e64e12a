"""The successor's state machines. The execution's name is the lock: one name, one start, for 90 days after it closed.

StartExecution (Standard) with a name and input that run already succeeds; after it closed, or with another input, it answers
ExecutionAlreadyExists, and the input is compared here: "StartExecution" in the Step Functions API reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from fanin.composed import composed
from fanin.domain.errors import RejectedError, RetryableError
from fanin.ports import NameTaken, Started

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_MACHINE_PARTS = 7  # arn:<partition>:states:<region>:<account>:stateMachine:<name>
_TAKEN = "ExecutionAlreadyExists"
_MISSING = frozenset({"StateMachineDoesNotExist", "StateMachineDeleting"})
_UNACCEPTABLE = frozenset({"InvalidArn", "InvalidExecutionInput", "InvalidName", "ValidationException"})


@composed
class StepFunctionsMachines:
    """The `StateMachines` port."""

    client: SFNClient

    def start(self, state_machine_arn: str, name: str, input_text: str) -> Started | NameTaken:
        """See the port. RejectedError `state-machine-missing` or `start-refused`; everything else may be tried again."""
        try:
            answer = self.client.start_execution(stateMachineArn=state_machine_arn, name=name, input=input_text)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == _TAKEN:
                return self._taken(state_machine_arn, name, input_text)
            if code in _MISSING:
                raise RejectedError(
                    "state-machine-missing", f"{state_machine_arn} does not exist; deploy it, or mend the target"
                ) from error
            if code in _UNACCEPTABLE:
                raise RejectedError("start-refused", f"Step Functions refused to start {state_machine_arn} ({code})") from error
            raise RetryableError("start-unavailable", f"Step Functions did not start {state_machine_arn} now ({code})") from error
        except BotoCoreError as error:
            raise RetryableError("start-unavailable", f"Step Functions did not answer ({type(error).__name__})") from error
        return Started(answer["executionArn"], round(answer["startDate"].timestamp() * 1000), already=False)

    def _taken(self, state_machine_arn: str, name: str, input_text: str) -> Started | NameTaken:
        arn = _execution_arn(state_machine_arn, name)
        try:
            answer = self.client.describe_execution(executionArn=arn)
        except (ClientError, BotoCoreError) as error:
            raise RetryableError("start-unavailable", f"the execution {name} exists but could not be described") from error
        if answer.get("input") != input_text:
            return NameTaken(arn)
        return Started(arn, round(answer["startDate"].timestamp() * 1000), already=True)


def _execution_arn(state_machine_arn: str, name: str) -> str:
    """The ARN of an execution; a target may be a version or an alias, of which an execution's ARN says nothing."""
    *machine, _, machine_name = state_machine_arn.split(":")[:_MACHINE_PARTS]
    return ":".join((*machine, "execution", machine_name, name))
