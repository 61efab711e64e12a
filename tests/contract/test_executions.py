"""The contract of `Executions`: a look-up fills in what an event left out, and tells what has become of an execution since."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from fanin.adapters.memory_executions import MemoryExecutions
from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.errors import RetryableError
from tests.contract.conftest import ACCOUNT, REGION
from tests.contract.sources import asking

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

MACHINE = Source(SourceKind.STEP_FUNCTIONS, f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:ledger")
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:ledger:close"
BARE = Completion(
    source=MACHINE,
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
    detail={"status": "SUCCEEDED"},
)
WHOLE = BARE._replace(
    started_at_ms=1_774_983_600_123,
    stopped_at_ms=1_774_983_600_500,
    input='{"d": 1}',
    input_included=True,
    output="{}",
    output_included=True,
)
DESCRIBED = {
    "executionArn": EXECUTION,
    "stateMachineArn": MACHINE.arn,
    "name": "close",
    "status": "SUCCEEDED",
    "startDate": datetime(2026, 3, 31, 19, 0, 0, 123_000, tzinfo=UTC),
    "stopDate": datetime(2026, 3, 31, 19, 0, 0, 500_000, tzinfo=UTC),
    "input": '{"d": 1}',
    "output": "{}",
}
RUNNING = {name: value for name, value in DESCRIBED.items() if name not in ("stopDate", "output")} | {"status": "RUNNING"}


@pytest.fixture
def stubbed(aws: boto3.Session) -> Iterator[tuple[SFNClient, Stubber]]:
    client = aws.client("stepfunctions")
    with Stubber(client) as stub:
        yield client, stub


def test_a_look_up_tells_what_the_event_left_out(stubbed: tuple[SFNClient, Stubber]) -> None:
    client, stub = stubbed
    stub.add_response("describe_execution", DESCRIBED, {"executionArn": EXECUTION})
    found = asking(client).describe(BARE)
    assert found == WHOLE
    assert MemoryExecutions({EXECUTION: WHOLE}).describe(BARE) == WHOLE


def test_the_status_and_stop_time_of_the_event_stand(stubbed: tuple[SFNClient, Stubber]) -> None:
    # A redrive since then may have changed both; it will report for itself.
    client, stub = stubbed
    stub.add_response("describe_execution", RUNNING)
    failed = BARE._replace(status=Status.FAILED, stopped_at_ms=7)
    expected = WHOLE._replace(status=Status.FAILED, stopped_at_ms=7, output=None, output_included=False)
    assert asking(client).describe(failed) == expected
    known = WHOLE._replace(status=Status.RUNNING, stopped_at_ms=None, output=None, output_included=False)
    assert MemoryExecutions({EXECUTION: known}).describe(failed) == expected


def test_an_execution_is_told_as_it_is_now(stubbed: tuple[SFNClient, Stubber]) -> None:
    client, stub = stubbed
    stub.add_response("describe_execution", DESCRIBED, {"executionArn": EXECUTION})
    found = asking(client).ask(MACHINE, "close")
    assert found is not None
    assert found._replace(detail=BARE.detail) == WHOLE._replace(reported_at_ms=1_774_983_600_500)
    # What an event's detail would have said, its times as it says them, so that a key can be read from it.
    assert found.detail == {**DESCRIBED, "startDate": 1_774_983_600_123, "stopDate": 1_774_983_600_500}
    assert MemoryExecutions({EXECUTION: WHOLE}).ask(MACHINE, "close") == WHOLE


@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE"])
def test_an_execution_that_runs_again_or_waits_to_has_not_ended(stubbed: tuple[SFNClient, Stubber], status: str) -> None:
    client, stub = stubbed
    stub.add_response("describe_execution", {**RUNNING, "status": status, "stopDate": DESCRIBED["stopDate"]})
    found = asking(client).ask(MACHINE, "close")
    assert found is not None
    assert (found.status, found.stopped_at_ms) == (Status.RUNNING, None)


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "AccessDeniedException", "InvalidArn"])
def test_what_may_not_or_cannot_be_described_is_none(stubbed: tuple[SFNClient, Stubber], code: str) -> None:
    client, stub = stubbed
    stub.add_client_error("describe_execution", code)
    stub.add_client_error("describe_execution", code)
    assert asking(client).describe(BARE) is None
    assert asking(client).ask(MACHINE, "close") is None
    for memory in (MemoryExecutions(), MemoryExecutions({EXECUTION: WHOLE}, refused={ACCOUNT})):
        assert memory.describe(BARE) is None
        assert memory.ask(MACHINE, "close") is None


def test_a_source_that_the_hub_has_no_client_for_is_not_asked() -> None:
    assert asking(None).describe(BARE) is None
    assert asking(None).ask(MACHINE, "close") is None


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError", "SomethingNew"])
def test_a_source_that_does_not_answer_now_is_a_retry(stubbed: tuple[SFNClient, Stubber], code: str) -> None:
    client, stub = stubbed
    stub.add_client_error("describe_execution", code)
    stub.add_client_error("describe_execution", code)
    asks: list[Callable[[], object]] = [
        lambda: asking(client).describe(BARE),
        lambda: asking(client).ask(MACHINE, "close"),
        lambda: MemoryExecutions(throttled=True).describe(BARE),
        lambda: MemoryExecutions(throttled=True).ask(MACHINE, "close"),
    ]
    for ask in asks:
        with pytest.raises(RetryableError, match="source-unavailable"):
            ask()


def test_a_source_that_cannot_be_reached_is_a_retry(aws: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    client = aws.client("stepfunctions")

    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://states.nowhere")

    monkeypatch.setattr(client, "describe_execution", unreachable)
    with pytest.raises(RetryableError, match="source-unavailable"):
        asking(client).ask(MACHINE, "close")


def test_a_real_execution_is_described(aws: boto3.Session) -> None:
    client = aws.client("stepfunctions")
    trusted = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    role = aws.client("iam").create_role(RoleName="contract-executions", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    definition = json.dumps({"StartAt": "wait", "States": {"wait": {"Type": "Wait", "Seconds": 600, "End": True}}})
    machine = client.create_state_machine(name="contract-executions", definition=definition, roleArn=role)["stateMachineArn"]
    source = Source(SourceKind.STEP_FUNCTIONS, machine)
    execution = client.start_execution(stateMachineArn=machine, name="close", input='{"businessDate":"2026-03-31"}')["executionArn"]
    running = asking(client).ask(source, "close")
    assert running is not None
    assert (running.status, running.stopped_at_ms) == (Status.RUNNING, None)
    client.stop_execution(executionArn=execution)
    found = asking(client).describe(BARE._replace(source=source, execution_arn=execution))
    assert found is not None
    assert found.input == '{"businessDate":"2026-03-31"}'
    assert found.input_included
    assert found.started_at_ms is not None
    assert found.stopped_at_ms is not None
    assert found.started_at_ms <= found.stopped_at_ms
    assert not found.output_included
    aborted = asking(client).ask(source, "close")
    assert aborted is not None
    assert aborted.status is Status.ABORTED
    assert asking(client).ask(source, "close-2") is None
