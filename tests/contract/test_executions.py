"""The contract of `Executions`: a look-up fills in what an event left out, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from fanin.adapters.memory_executions import MemoryExecutions
from fanin.adapters.step_functions_executions import StepFunctionsExecutions
from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.errors import RetryableError
from tests.contract.conftest import ACCOUNT, REGION

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:ledger"
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:ledger:close"
BARE = Completion(
    source=Source(SourceKind.STEP_FUNCTIONS, MACHINE),
    account=ACCOUNT,
    region=REGION,
    execution_id="close",
    execution_arn=EXECUTION,
    status=Status.SUCCEEDED,
    reported_at_ms=1_774_983_600_999,
    started_at_ms=None,
    stopped_at_ms=None,
    input=None,
    input_included=False,
    output=None,
    output_included=False,
)
WHOLE = replace(
    BARE,
    started_at_ms=1_774_983_600_123,
    stopped_at_ms=1_774_983_600_500,
    input='{"d": 1}',
    input_included=True,
    output="{}",
    output_included=True,
)
DESCRIBED = {
    "executionArn": EXECUTION,
    "stateMachineArn": MACHINE,
    "status": "SUCCEEDED",
    "startDate": datetime(2026, 3, 31, 19, 0, 0, 123_000, tzinfo=UTC),
    "stopDate": datetime(2026, 3, 31, 19, 0, 0, 500_000, tzinfo=UTC),
    "input": '{"d": 1}',
    "output": "{}",
}


@pytest.fixture
def stubbed(aws: boto3.Session) -> Iterator[tuple[SFNClient, Stubber]]:
    client = aws.client("stepfunctions")
    with Stubber(client) as stub:
        yield client, stub


def executions(client: SFNClient) -> StepFunctionsExecutions:
    return StepFunctionsExecutions(lambda: client, ACCOUNT, REGION)


def test_a_look_up_tells_what_the_event_left_out(stubbed: tuple[SFNClient, Stubber]) -> None:
    client, stub = stubbed
    stub.add_response("describe_execution", DESCRIBED, {"executionArn": EXECUTION})
    assert executions(client).describe(BARE) == WHOLE
    assert MemoryExecutions({EXECUTION: WHOLE}).describe(BARE) == WHOLE


def test_the_status_and_stop_time_of_the_event_stand(stubbed: tuple[SFNClient, Stubber]) -> None:
    # A redrive since then may have changed both; it will report for itself.
    client, stub = stubbed
    running = {name: value for name, value in DESCRIBED.items() if name not in ("stopDate", "output")} | {"status": "RUNNING"}
    stub.add_response("describe_execution", running)
    failed = replace(BARE, status=Status.FAILED, stopped_at_ms=7)
    answer = executions(client).describe(failed)
    assert answer == replace(WHOLE, status=Status.FAILED, stopped_at_ms=7, output=None, output_included=False)


@pytest.mark.parametrize("where", [{"account": "999999999999"}, {"region": "eu-west-1"}])
def test_another_account_or_region_is_not_asked(where: dict[str, str]) -> None:
    def no_client() -> SFNClient:
        raise AssertionError("asked")

    assert StepFunctionsExecutions(no_client, ACCOUNT, REGION).describe(replace(BARE, **where)) is None  # type: ignore[arg-type]  # two texts


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "AccessDeniedException", "InvalidArn"])
def test_what_may_not_or_cannot_be_described_is_none(stubbed: tuple[SFNClient, Stubber], code: str) -> None:
    client, stub = stubbed
    stub.add_client_error("describe_execution", code)
    assert executions(client).describe(BARE) is None
    assert MemoryExecutions().describe(BARE) is None


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError"])
def test_a_source_that_does_not_answer_now_is_a_retry(stubbed: tuple[SFNClient, Stubber], code: str) -> None:
    client, stub = stubbed
    stub.add_client_error("describe_execution", code)
    asking: list[Callable[[], object]] = [
        lambda: executions(client).describe(BARE),
        lambda: MemoryExecutions(throttled=True).describe(BARE),
    ]
    for ask in asking:
        with pytest.raises(RetryableError, match="source-unavailable"):
            ask()


def test_a_real_execution_is_described(aws: boto3.Session) -> None:
    client = aws.client("stepfunctions")
    trusted = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    role = aws.client("iam").create_role(RoleName="contract-executions", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    definition = json.dumps({"StartAt": "wait", "States": {"wait": {"Type": "Wait", "Seconds": 600, "End": True}}})
    machine = client.create_state_machine(name="contract-executions", definition=definition, roleArn=role)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine, name="close", input='{"businessDate":"2026-03-31"}')["executionArn"]
    client.stop_execution(executionArn=execution)
    found = executions(client).describe(replace(BARE, execution_arn=execution))
    assert found is not None
    assert found.input == '{"businessDate":"2026-03-31"}'
    assert found.input_included
    assert found.started_at_ms is not None
    assert found.stopped_at_ms is not None
    assert found.started_at_ms <= found.stopped_at_ms
    assert not found.output_included
    assert executions(client).describe(replace(BARE, execution_arn=f"{execution}-2")) is None
