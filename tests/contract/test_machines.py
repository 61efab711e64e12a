"""The contract of `StateMachines`: one name, one start, as "StartExecution" in the Step Functions API reference has it.

moto 5.2 follows that reference here (its earlier faults, getmoto/moto#9394 and #9490, are mended), but it knows no versions and
aliases: those are tested on a stub.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from fanin.adapters.memory_clock import MemoryClock
from fanin.adapters.memory_machines import MemoryMachines
from fanin.adapters.step_functions_machines import StepFunctionsMachines
from fanin.domain.errors import FaninError, RejectedError, RetryableError
from fanin.ports import NameTaken, Started, StateMachines
from tests.contract.conftest import ACCOUNT, MEMORY, MOTO, ON_LOCAL_AWS, REGION, session_of

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

INPUT, OTHER_INPUT = '{"key":"2026-03-31","n":[1,2]}', '{"key":"2026-04-01"}'
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:close"
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:close:fanin-1"
STARTED_AT = datetime(2026, 3, 31, 19, 0, 0, 123_000, tzinfo=UTC)
STARTED_AT_MS = 1_774_983_600_123


@dataclass(frozen=True, slots=True)
class Machines:
    """State machines of which one waits, and a way to end its executions."""

    machines: StateMachines
    arn: str
    close: Callable[[str], object]


def memory_machines() -> Machines:
    machines = MemoryMachines(MemoryClock(STARTED_AT_MS), missing={f"{MACHINE}-2"})
    return Machines(machines, MACHINE, machines.close)


def aws_machines(session: boto3.Session) -> Machines:
    client = session.client("stepfunctions")
    name = f"contract-{uuid.uuid4().hex}"
    trusted = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    role = session.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    definition = json.dumps({"StartAt": "wait", "States": {"wait": {"Type": "Wait", "Seconds": 600, "End": True}}})
    arn = client.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]
    return Machines(StepFunctionsMachines(client), arn, lambda execution: client.stop_execution(executionArn=execution))


@pytest.fixture(params=[MEMORY, MOTO, ON_LOCAL_AWS])
def machines(request: pytest.FixtureRequest) -> Iterator[Machines]:
    if request.param == MEMORY:
        yield memory_machines()
        return
    with session_of(request.param, request) as session:
        yield aws_machines(session)


def started(machines: Machines, input_text: str = INPUT, name: str = "fanin-1") -> Started | NameTaken:
    return machines.machines.start(machines.arn, name, input_text)


def test_a_first_start_starts(machines: Machines) -> None:
    answer = started(machines)
    assert isinstance(answer, Started)
    assert not answer.already
    assert answer.execution_arn == f"{machines.arn.replace(':stateMachine:', ':execution:')}:fanin-1"
    assert answer.started_at_ms > 1_700_000_000_000


def test_the_same_start_while_it_runs_is_the_same_execution(machines: Machines) -> None:
    # AWS does not say that it had started already.
    first = started(machines)
    assert started(machines) == first


def test_the_same_start_after_it_closed_says_that_it_had_already(machines: Machines) -> None:
    first = started(machines)
    assert isinstance(first, Started)
    machines.close(first.execution_arn)
    assert started(machines) == Started(first.execution_arn, first.started_at_ms, already=True)


@pytest.mark.parametrize("closed", [False, True], ids=["running", "closed"])
def test_a_name_with_another_input_is_taken(machines: Machines, closed: bool) -> None:
    first = started(machines)
    assert isinstance(first, Started)
    if closed:
        machines.close(first.execution_arn)
    assert started(machines, OTHER_INPUT) == NameTaken(first.execution_arn)


def test_the_input_is_compared_as_text(machines: Machines) -> None:
    started(machines)
    assert isinstance(started(machines, '{"n":[1,2],"key":"2026-03-31"}'), NameTaken)


def test_another_name_is_another_execution(machines: Machines) -> None:
    first, second = started(machines), started(machines, name="fanin-2")
    assert first.execution_arn != second.execution_arn
    assert isinstance(second, Started)


def test_a_missing_state_machine_is_rejected(machines: Machines) -> None:
    with pytest.raises(RejectedError, match="state-machine-missing"):
        machines.machines.start(f"{machines.arn}-2", "fanin-1", INPUT)


def test_a_throttled_twin_says_so_as_the_real_one_does() -> None:
    with pytest.raises(RetryableError, match="start-unavailable"):
        MemoryMachines(MemoryClock(0), throttled=True).start(MACHINE, "fanin-1", INPUT)


@pytest.fixture
def stubbed(aws: boto3.Session) -> Iterator[tuple[SFNClient, Stubber]]:
    client = aws.client("stepfunctions")
    with Stubber(client) as stub:
        yield client, stub


@pytest.mark.parametrize(
    ("code", "kind", "expected"),
    [
        ("StateMachineDoesNotExist", RejectedError, "state-machine-missing"),
        ("StateMachineDeleting", RejectedError, "state-machine-missing"),
        ("InvalidArn", RejectedError, "start-refused"),
        ("InvalidName", RejectedError, "start-refused"),
        ("InvalidExecutionInput", RejectedError, "start-refused"),
        ("ExecutionLimitExceeded", RetryableError, "start-unavailable"),
        ("ThrottlingException", RetryableError, "start-unavailable"),
        ("AccessDeniedException", RetryableError, "start-unavailable"),
        ("KmsThrottlingException", RetryableError, "start-unavailable"),
    ],
)
def test_a_refused_start_is_rejected_or_retried(
    stubbed: tuple[SFNClient, Stubber], code: str, kind: type[FaninError], expected: str
) -> None:
    client, stub = stubbed
    stub.add_client_error("start_execution", code)
    with pytest.raises(kind, match=f"{expected}: .*"):
        StepFunctionsMachines(client).start(MACHINE, "fanin-1", INPUT)


@pytest.mark.parametrize("qualifier", ["", ":PROD", ":12"], ids=["unqualified", "alias", "version"])
def test_a_start_of_a_version_or_alias_is_found_again(stubbed: tuple[SFNClient, Stubber], qualifier: str) -> None:
    # The ARN of an execution names the state machine, never the version or alias that it was started through.
    client, stub = stubbed
    described = {
        "executionArn": EXECUTION,
        "stateMachineArn": MACHINE,
        "status": "SUCCEEDED",
        "startDate": STARTED_AT,
        "input": INPUT,
    }
    for input_text, expected in ((INPUT, Started(EXECUTION, STARTED_AT_MS, already=True)), (OTHER_INPUT, NameTaken(EXECUTION))):
        stub.add_client_error("start_execution", "ExecutionAlreadyExists")
        stub.add_response("describe_execution", described, {"executionArn": EXECUTION})
        assert StepFunctionsMachines(client).start(f"{MACHINE}{qualifier}", "fanin-1", input_text) == expected


def test_an_execution_that_exists_but_cannot_be_described_is_a_retry(stubbed: tuple[SFNClient, Stubber]) -> None:
    client, stub = stubbed
    stub.add_client_error("start_execution", "ExecutionAlreadyExists")
    stub.add_client_error("describe_execution", "ThrottlingException")
    with pytest.raises(RetryableError, match="start-unavailable"):
        StepFunctionsMachines(client).start(MACHINE, "fanin-1", INPUT)


def test_a_lost_answer_is_a_retry(aws: boto3.Session) -> None:
    client = aws.client("stepfunctions")

    def lose(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://states")

    client.meta.events.register("before-call.sfn.StartExecution", lose)
    with pytest.raises(RetryableError, match="start-unavailable"):
        StepFunctionsMachines(client).start(MACHINE, "fanin-1", INPUT)
