"""Step Functions executions as AWS runs them: names as locks, redrive, time-outs, and the events that tell of them."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import LocalAws
from tests.local.world import SENDER, Queue, make_queue, make_role, make_rule

pytestmark = pytest.mark.e2e

DEFINITION = {
    "StartAt": "Which",
    "States": {
        "Which": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.fail", "IsPresent": True, "Next": "Fail"},
                {"Variable": "$.wait", "IsPresent": True, "Next": "Wait"},
            ],
            "Default": "Pass",
        },
        "Wait": {"Type": "Wait", "SecondsPath": "$.wait", "Next": "Pass"},
        "Pass": {"Type": "Pass", "End": True},
        "Fail": {"Type": "Fail", "Error": "Boom", "Cause": "told"},
    },
}


def make_machine(aws: LocalAws, name: str, **rest: Any) -> str:
    role = make_role(aws, SENDER, f"machine-{name}", trusted=("states",))
    states = aws.client(SENDER, "stepfunctions")
    arn: str = states.create_state_machine(name=name, roleArn=role, definition=json.dumps({**DEFINITION, **rest}))["stateMachineArn"]
    return arn


def watch(aws: LocalAws, machine: str, name: str) -> Queue:
    queue = make_queue(aws, SENDER, f"{name}-events")
    detail = {"stateMachineArn": [machine], "status": [{"anything-but": "RUNNING"}]}
    make_rule(aws, SENDER, f"{name}-events", {"source": ["aws.states"], "detail": detail}, {"Arn": queue.arn})
    return queue


def told(queue: Queue) -> Any:
    (body,) = queue.bodies()
    return json.loads(body)["detail"]


def code_of(states: Any, **request: Any) -> str | None:
    try:
        states.start_execution(**request)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def test_a_name_is_a_lock(local_aws: LocalAws) -> None:
    machine, states = make_machine(local_aws, "locked"), local_aws.client(SENDER, "stepfunctions")
    ended = watch(local_aws, machine, "locked")
    request = {"stateMachineArn": machine, "name": "n", "input": '{"wait": 1}'}
    first = states.start_execution(**request)
    assert states.start_execution(**request)["startDate"] == first["startDate"]
    assert code_of(states, **{**request, "input": '{"wait": 2}'}) == "ExecutionAlreadyExists"
    assert told(ended)["status"] == "SUCCEEDED"
    assert code_of(states, **request) == "ExecutionAlreadyExists"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"name": "a b"}, "InvalidName"),
        ({"name": "x" * 80}, None),
        ({"input": '{"a":'}, "InvalidExecutionInput"),
        ({"input": json.dumps("x" * 262_143)}, "InvalidExecutionInput"),
    ],
)
def test_requests_are_checked_as_on_aws(local_aws: LocalAws, request_: dict[str, str], code: str | None) -> None:
    states = local_aws.client(SENDER, "stepfunctions")
    machines = {machine["name"]: machine["stateMachineArn"] for machine in states.list_state_machines()["stateMachines"]}
    assert code_of(states, stateMachineArn=machines.get("checked") or make_machine(local_aws, "checked"), **request_) == code


def test_the_event_of_an_end_says_when_and_what(local_aws: LocalAws) -> None:
    machine, states = make_machine(local_aws, "telling"), local_aws.client(SENDER, "stepfunctions")
    ended = watch(local_aws, machine, "telling")
    execution = states.start_execution(stateMachineArn=machine, input='{"day": "2026-03-31"}')["executionArn"]
    detail, described = told(ended), states.describe_execution(executionArn=execution)
    assert (detail["input"], detail["output"], detail["outputDetails"]) == (
        '{"day": "2026-03-31"}',
        described["output"],
        {"included": True},
    )
    assert detail["startDate"] == round(described["startDate"].timestamp() * 1000)
    assert detail["stopDate"] == round(described["stopDate"].timestamp() * 1000)


def test_input_and_output_are_left_out_together_when_they_are_too_long(local_aws: LocalAws) -> None:
    machine, states = make_machine(local_aws, "long"), local_aws.client(SENDER, "stepfunctions")
    ended = watch(local_aws, machine, "long")
    states.start_execution(stateMachineArn=machine, input=json.dumps({"text": "x" * 130_000}))
    detail = told(ended)
    assert (detail["input"], detail["inputDetails"]) == (None, {"included": False})
    assert (len(detail["output"]) > 130_000, detail["outputDetails"]) == (True, {"included": True})


def test_a_redriven_execution_keeps_its_arn_and_runs_on_from_what_failed(local_aws: LocalAws) -> None:
    look = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter", "Parameters": {"Name": "/redriven"}, "End": True}
    machine = make_machine(local_aws, "redriven", States={"Which": {"Type": "Pass", "Next": "Look"}, "Look": look})
    states = local_aws.client(SENDER, "stepfunctions")
    ended = watch(local_aws, machine, "redriven")
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    first = told(ended)
    local_aws.client(SENDER, "ssm").put_parameter(Name="/redriven", Value="there now", Type="String")
    states.redrive_execution(executionArn=execution)
    second = told(ended)
    assert [(told["executionArn"], told["status"], told["redriveCount"], told["redriveStatus"]) for told in (first, second)] == [
        (execution, "FAILED", 0, "REDRIVABLE"),
        (execution, "SUCCEEDED", 1, "NOT_REDRIVABLE"),
    ]
    entered = [event["type"] for event in states.get_execution_history(executionArn=execution)["events"] if "StateEntered" in event["type"]]
    assert entered == ["PassStateEntered", "TaskStateEntered", "TaskStateEntered"]


def test_a_redriven_execution_fails_as_before_while_nothing_else_changed(local_aws: LocalAws) -> None:
    machine, states = make_machine(local_aws, "still-failing"), local_aws.client(SENDER, "stepfunctions")
    ended = watch(local_aws, machine, "still-failing")
    execution = states.start_execution(stateMachineArn=machine, input='{"fail": true}')["executionArn"]
    first = told(ended)
    states.update_state_machine(stateMachineArn=machine, definition=json.dumps({**DEFINITION, "StartAt": "Pass"}))
    states.redrive_execution(executionArn=execution)
    assert (first["error"], first["cause"], first["output"], told(ended)["status"]) == ("Boom", "told", None, "FAILED")


def test_a_machine_with_a_time_limit_times_out(local_aws: LocalAws) -> None:
    machine, states = make_machine(local_aws, "limited", TimeoutSeconds=1), local_aws.client(SENDER, "stepfunctions")
    ended = watch(local_aws, machine, "limited")
    states.start_execution(stateMachineArn=machine, input='{"wait": 20}')
    assert told(ended)["status"] == "TIMED_OUT"


def test_a_completion_is_in_the_queue_within_the_moment(local_aws: LocalAws) -> None:
    machine, states = make_machine(local_aws, "prompt"), local_aws.client(SENDER, "stepfunctions")
    ended = watch(local_aws, machine, "prompt")
    states.start_execution(stateMachineArn=machine)
    assert time.time() * 1000 - told(ended)["stopDate"] < 250


def test_a_test_may_speak_for_a_service_that_does_not_run_here(local_aws: LocalAws) -> None:
    queue = make_queue(local_aws, SENDER, "ecs-events")
    make_rule(local_aws, SENDER, "ecs-events", {"source": ["aws.ecs"]}, {"Arn": queue.arn})
    local_aws.put_service_event(SENDER, "aws.ecs", "ECS Task State Change", {"lastStatus": "STOPPED"}, ["arn:aws:ecs:us-east-1:3:task/t"])
    (body,) = queue.bodies()
    event = json.loads(body)
    assert (event["source"], event["account"], event["detail"]) == ("aws.ecs", SENDER, {"lastStatus": "STOPPED"})
