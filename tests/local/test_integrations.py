"""The ways in which Step Functions starts work: what ends when, what fails, and what the state machine's role must be allowed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from local import LocalAws
from tests.e2e.watching import eventually
from tests.local.test_jobs import make_glue_job, make_project, make_queue_and_definition
from tests.local.test_tasks import CLUSTER, ECS, code_of, define, task_of
from tests.local.world import REGION, SENDER, allow, make_role

pytestmark = pytest.mark.e2e

RULES = f"arn:aws:events:{REGION}:{SENDER}:rule"
MAY_RUN = allow("ecs:RunTask", f"{ECS}:task-definition/*", Condition={"ArnEquals": {"ecs:cluster": CLUSTER}})
MAY_STOP = allow("ecs:StopTask", "*")
MANAGED = {"Effect": "Allow", "Action": ["events:PutTargets", "events:PutRule", "events:DescribeRule"], "Resource": f"{RULES}/*"}
WAYS = {"sync": "ecs:runTask.sync", "optimized": "ecs:runTask", "sdk": "aws-sdk:ecs:runTask"}


def machine_of(aws: LocalAws, name: str, resource: str, parameters: dict[str, Any], statements: Sequence[dict[str, Any]]) -> str:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    role = make_role(aws, SENDER, f"runs-{name}", *statements, trusted=("states",))
    states = aws.client(SENDER, "stepfunctions")
    definition = json.dumps({"StartAt": "Run", "States": {"Run": state}})
    arn: str = states.create_state_machine(name=name, roleArn=role, definition=definition)["stateMachineArn"]
    return arn


def task_machine(aws: LocalAws, name: str, way: str, statements: Sequence[dict[str, Any]] = (MAY_RUN, MANAGED, MAY_STOP)) -> str:
    """A state machine whose task exits as its input says, when the test says."""
    define(aws, name)
    environment = [{"Name": "FANIN_LOCAL_SECONDS", "Value": "told"}, {"Name": "BUSINESS_DATE", "Value.$": "$.businessDate"}]
    overrides = {"ContainerOverrides": [{"Name": "load", "Environment": environment}]}
    return machine_of(aws, name, WAYS[way], {"Cluster": CLUSTER, "TaskDefinition": name, "Overrides": overrides}, statements)


def start(aws: LocalAws, machine: str, given: dict[str, Any] | None = None) -> str:
    text = json.dumps({"businessDate": "2026-03-31"} if given is None else given)
    arn: str = aws.client(SENDER, "stepfunctions").start_execution(stateMachineArn=machine, input=text)["executionArn"]
    return arn


def status(aws: LocalAws, execution: str) -> str:
    return str(aws.client(SENDER, "stepfunctions").describe_execution(executionArn=execution)["status"])


def ended(aws: LocalAws, execution: str) -> dict[str, Any]:
    eventually(lambda: status(aws, execution) != "RUNNING", f"the end of {execution}")
    described: dict[str, Any] = aws.client(SENDER, "stepfunctions").describe_execution(executionArn=execution)
    return described


def the_task(aws: LocalAws, family: str) -> str:
    """The one running task of the family."""
    ecs = aws.client(SENDER, "ecs")
    (arn,) = eventually(lambda: ecs.list_tasks(cluster="night", family=family)["taskArns"], f"a task of {family}")
    eventually(lambda: task_of(ecs, arn)["lastStatus"] == "RUNNING", f"{arn} to run")
    return str(arn)


@pytest.mark.parametrize("way", ["optimized", "sdk"])
def test_without_sync_the_execution_ends_while_the_task_runs_on(local_aws: LocalAws, way: str) -> None:
    name = f"forgets-{way}"
    execution = ended(local_aws, start(local_aws, task_machine(local_aws, name, way)))
    assert execution["status"] == "SUCCEEDED"
    task = task_of(local_aws.client(SENDER, "ecs"), the_task(local_aws, name))
    (shown,) = json.loads(execution["output"])["Tasks"]
    assert (shown["TaskArn"], shown["LastStatus"], task["lastStatus"]) == (task["taskArn"], "PROVISIONING", "RUNNING")
    assert task.get("startedBy") == {"optimized": "AWS Step Functions", "sdk": None}[way]
    assert {"name": "BUSINESS_DATE", "value": "2026-03-31"} in task["overrides"]["containerOverrides"][0]["environment"]


@pytest.mark.parametrize(("exit_code", "status_"), [(0, "SUCCEEDED"), (1, "FAILED")])
def test_with_sync_the_execution_ends_as_the_task_does(local_aws: LocalAws, exit_code: int, status_: str) -> None:
    name = f"waits-{exit_code}"
    execution = start(local_aws, task_machine(local_aws, name, "sync"))
    task = the_task(local_aws, name)
    assert status(local_aws, execution) == "RUNNING"
    local_aws.end_work(task, exit_code)
    described = ended(local_aws, execution)
    assert described["status"] == status_
    told = json.loads(described["output"] if status_ == "SUCCEEDED" else described["cause"])
    assert (told["TaskArn"], told["LastStatus"], told["Containers"][0]["ExitCode"]) == (task, "STOPPED", exit_code)
    assert described.get("error") == (None if status_ == "SUCCEEDED" else "States.TaskFailed")


def test_stopping_the_execution_stops_its_task(local_aws: LocalAws) -> None:
    execution = start(local_aws, task_machine(local_aws, "aborted-run", "sync"))
    task = the_task(local_aws, "aborted-run")
    local_aws.client(SENDER, "stepfunctions").stop_execution(executionArn=execution)
    ecs = local_aws.client(SENDER, "ecs")
    assert eventually(lambda: task_of(ecs, task).get("stopCode"), "the task to stop") == "UserInitiated"


@pytest.mark.parametrize("way", ["sync", "optimized", "sdk"])
def test_the_role_must_be_allowed_to_run_the_task(local_aws: LocalAws, way: str) -> None:
    described = ended(local_aws, start(local_aws, task_machine(local_aws, f"may-not-{way}", way, [MANAGED])))
    assert described["error"] == {"sync": "ECS", "optimized": "ECS", "sdk": "Ecs"}[way] + ".AccessDeniedException"
    assert "ecs:RunTask" in described["cause"]


def test_the_role_must_be_allowed_to_pass_the_roles_of_the_task(local_aws: LocalAws) -> None:
    ecs = define(local_aws, "passing")
    role = make_role(local_aws, SENDER, "of-the-task", trusted=("ecs-tasks",))
    ecs.register_task_definition(family="passing", taskRoleArn=role, containerDefinitions=[{"name": "load", "image": "job"}])
    parameters = {"Cluster": CLUSTER, "TaskDefinition": "passing"}
    without = ended(local_aws, start(local_aws, machine_of(local_aws, "passes-not", WAYS["sdk"], parameters, [MAY_RUN])))
    assert "iam:PassRole" in without["cause"]
    allowed = [MAY_RUN, allow("iam:PassRole", role)]
    assert ended(local_aws, start(local_aws, machine_of(local_aws, "passes", WAYS["sdk"], parameters, allowed)))["status"] == "SUCCEEDED"


def test_waiting_needs_a_managed_rule_when_the_state_machine_is_created(local_aws: LocalAws) -> None:
    role = make_role(local_aws, SENDER, "no-rule", MAY_RUN, trusted=("states",))
    state = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "End": True}
    definition = json.dumps({"StartAt": "Run", "States": {"Run": state}})
    states = local_aws.client(SENDER, "stepfunctions")
    assert code_of(states.create_state_machine, name="no-rule", roleArn=role, definition=definition) == "AccessDeniedException"


def test_a_refused_start_fails_the_state(local_aws: LocalAws) -> None:
    machine = machine_of(local_aws, "refused", WAYS["optimized"], {"Cluster": CLUSTER, "TaskDefinition": "nothing"}, [MAY_RUN])
    assert ended(local_aws, start(local_aws, machine))["error"] == "ECS.ClientException"


@pytest.mark.parametrize(("exit_code", "status_"), [("0", "SUCCEEDED"), ("1", "FAILED")])
def test_glue_batch_and_builds_are_waited_for_with_sync(local_aws: LocalAws, exit_code: str, status_: str) -> None:
    name = f"waits-{exit_code}"
    make_glue_job(local_aws, name)
    make_queue_and_definition(local_aws, name)
    make_project(local_aws, name)
    said = [{"Name": "FANIN_LOCAL_EXIT_CODE", "Value": exit_code}]
    work: dict[str, dict[str, Any]] = {
        "glue:startJobRun": {"JobName": name, "Arguments": {"--FANIN_LOCAL_EXIT_CODE": exit_code}},
        "batch:submitJob": {"JobName": name, "JobQueue": name, "JobDefinition": name, "ContainerOverrides": {"Environment": said}},
        "codebuild:startBuild": {"ProjectName": name, "EnvironmentVariablesOverride": said},
    }
    for resource, parameters in work.items():
        service, _, action = resource.partition(":")
        allowed = [allow(f"{service}:{action[0].upper()}{action[1:]}", "*"), MANAGED]
        waiting = machine_of(local_aws, f"{service}-{name}", f"{resource}.sync", parameters, allowed)
        assert ended(local_aws, start(local_aws, waiting))["status"] == status_, resource
        forgetting = machine_of(local_aws, f"{service}-forgets-{exit_code}", resource, parameters, allowed)
        assert ended(local_aws, start(local_aws, forgetting))["status"] == "SUCCEEDED", resource
        forbidden = machine_of(local_aws, f"{service}-forbidden-{exit_code}", f"aws-sdk:{resource}", parameters, [])
        assert ended(local_aws, start(local_aws, forbidden))["error"].endswith(".AccessDeniedException"), resource
