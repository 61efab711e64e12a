"""What Step Functions does with the work of the stand-ins: each way to start it, what waiting for it means, and the role's permissions.

A state `<service>:<action>` or `aws-sdk:<service>:<action>` ends when the work is started; with `.sync` it ends when the work ends, and
fails when the work fails. Before either, the state machine's role is asked, as a call with its credentials would be; creating a state
machine whose `.sync` needs a managed rule asks it for that:
https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
Learning of the end costs nothing here: on AWS it is an event, and about once a minute a call that describes the work.
"""

import contextvars
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import batch, codebuild, ecs, stepfunctions
from ministack.services.cloudformation import provisioners

from local.emulator import batch_jobs, builds, glue_runs, permissions, tasks

_POLL_SECONDS = 0.02
# The execution that a state runs in: MiniStack's handlers of a task state are not told.
_execution: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("fanin_execution", default=None)

Needs = Iterator[tuple[str, str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of work: how it is started, what that needs, how to see whether it ended and well, and how to stop it."""

    service: str
    api: str
    start: Callable[[dict[str, Any]], Any]
    needs: Callable[[dict[str, Any]], Needs]
    # From the answer of the start: the work's record, once it ended; and what `.sync` gives of it.
    ended: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any] | None]
    failed: Callable[[dict[str, Any]], bool]
    shape: tuple[str, Callable[[dict[str, Any]], dict[str, Any]], Callable[[dict[str, Any]], Any]]
    stop: tuple[str, Callable[[dict[str, Any], dict[str, Any]], Any]]
    optimized_error: str
    sdk_error: str
    rule: str | None = None


def install() -> None:
    for kind in _KINDS:
        action = kind.api[0].lower() + kind.api[1:]
        stepfunctions._SERVICE_DISPATCH[f"arn:aws:states:::{kind.service}:{action}"] = _optimized(kind)
    stepfunctions._invoke_aws_sdk_integration = _through_the_sdk(stepfunctions._invoke_aws_sdk_integration)
    stepfunctions._run_execution = _known(stepfunctions._run_execution)
    stepfunctions._create_state_machine = _with_managed_rules(stepfunctions._create_state_machine)
    by_type = provisioners._RESOURCE_HANDLERS["AWS::StepFunctions::StateMachine"]
    by_type["create"] = _provisioned_with_managed_rules(by_type["create"])


def _known(run: Any) -> Any:
    def ran(execution_arn: str) -> None:
        token = _execution.set(stepfunctions._executions.get(execution_arn))
        try:
            run(execution_arn)
        finally:
            _execution.reset(token)

    return ran


def _optimized(kind: _Kind) -> Any:
    def invoked(resource: str, given: dict[str, Any]) -> Any:
        if kind.service == "ecs":
            given = {"StartedBy": tasks.STEP_FUNCTIONS, **given}
        asked, answer = _started(kind, given, kind.optimized_error)
        if resource.endswith(".sync"):
            return _awaited(kind, asked, answer)
        return stepfunctions._sdk_json_result(kind.service, kind.api, answer)

    return invoked


def _through_the_sdk(invoke: Any) -> Any:
    kinds = {f"{kind.service}:{kind.api}".lower(): kind for kind in _KINDS}

    def invoked(resource: str, given: dict[str, Any]) -> Any:
        kind = kinds.get(resource.replace(".waitForTaskToken", "").partition(":aws-sdk:")[2].lower())
        if kind is None:
            return invoke(resource, given)
        _, answer = _started(kind, given, kind.sdk_error)
        return stepfunctions._sdk_json_result(kind.service, kind.api, answer)

    return invoked


def _started(kind: _Kind, given: dict[str, Any], error: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The request and the service's answer; the state fails when the role may not, or the service refuses."""
    asked = stepfunctions._sdk_json_params({}, kind.service, kind.api, given)
    role = _role()
    for action, resource, keys in kind.needs(asked) if role else ():
        if not permissions.role_may(role, action, resource, keys):
            text = f"User: {role} is not authorized to perform: {action} on resource: {resource}"
            raise stepfunctions._ExecutionError(f"{error}.AccessDeniedException", text)
    status, _, body = kind.start(asked)
    answer = json.loads(body)
    if status >= 400:
        raise stepfunctions._ExecutionError(f"{error}.{answer['__type'].rpartition('#')[2]}", answer.get("message", ""))
    return asked, answer


def _role() -> str:
    execution = _execution.get() or {}
    machine = stepfunctions._state_machines.get(execution.get("stateMachineArn", "")) or {}
    return str(machine.get("roleArn", ""))


def _awaited(kind: _Kind, asked: dict[str, Any], answer: dict[str, Any]) -> Any:
    """What `.sync` gives when the work ended well; the state fails when it did not. An execution that was stopped stops the work."""
    record = kind.ended(asked, answer)
    while record is None:
        if (_execution.get() or {"status": "RUNNING"})["status"] != "RUNNING":
            if permissions.role_may(_role(), kind.stop[0], "*"):
                kind.stop[1](asked, answer)
            raise stepfunctions._ExecutionError("States.Runtime", "the execution was stopped")
        time.sleep(_POLL_SECONDS)
        record = kind.ended(asked, answer)
    api, wrapped, unwrapped = kind.shape
    shown = unwrapped(stepfunctions._sdk_json_result(kind.service, api, wrapped(record)))
    if kind.failed(record):
        raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(shown))
    return shown


def _with_managed_rules(create: Any) -> Any:
    def created(request: dict[str, Any]) -> Any:
        if _lacks_a_rule(str(request.get("definition", "")), str(request.get("roleArn", ""))):
            return error_response_json("AccessDeniedException", f"'{request['roleArn']}' is not authorized to create managed-rule.", 400)
        return create(request)

    return created


def _provisioned_with_managed_rules(create: Any) -> Any:
    def created(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        made = create(logical_id, props, stack_name)
        machine = stepfunctions._state_machines[made[0]]
        if _lacks_a_rule(machine["definition"], machine["roleArn"]):
            del stepfunctions._state_machines[made[0]]
            raise ValueError(f"AccessDeniedException: '{machine['roleArn']}' is not authorized to create managed-rule.")
        return made

    return created


def _lacks_a_rule(definition: str, role: str) -> bool:
    here = f"arn:aws:events:{get_region()}:{get_account_id()}:rule/"
    for kind in _KINDS:
        if kind.rule and f":{kind.service}:{kind.api[0].lower()}{kind.api[1:]}.sync" in definition:
            for action in ("events:PutTargets", "events:PutRule", "events:DescribeRule"):
                if not permissions.role_may(role, action, here + kind.rule):
                    return True
    return False


def _task_needs(asked: dict[str, Any]) -> Needs:
    definition = ecs._task_defs.get(ecs._resolve_td_key(asked.get("taskDefinition", ""))) or {}
    cluster = f"arn:aws:ecs:{get_region()}:{get_account_id()}:cluster/{ecs._resolve_cluster_name(asked.get('cluster', 'default'))}"
    if definition:
        yield "ecs:RunTask", definition["taskDefinitionArn"], {"ecs:cluster": cluster}
    if asked.get("tags"):
        yield "ecs:TagResource", f"{cluster.replace(':cluster/', ':task/')}/*", {"ecs:createaction": "RunTask"}
    for member in ("taskRoleArn", "executionRoleArn"):
        role = asked.get("overrides", {}).get(member) or definition.get(member)
        if role:
            yield "iam:PassRole", role, {"iam:passedtoservice": "ecs-tasks.amazonaws.com"}


def _task_ended(_asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any] | None:
    task: dict[str, Any] = ecs._tasks[answer["tasks"][0]["taskArn"]]
    return {**ecs._sanitize(task), "tags": []} if task["lastStatus"] == "STOPPED" else None


def _task_failed(task: dict[str, Any]) -> bool:
    return task["stopCode"] != "EssentialContainerExited" or any(container.get("exitCode") != 0 for container in task["containers"])


def _run_needs(asked: dict[str, Any]) -> Needs:
    yield "glue:StartJobRun", f"arn:aws:glue:{get_region()}:{get_account_id()}:job/{asked.get('JobName')}", {}


def _run_ended(asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any] | None:
    run = glue_runs.run_of(asked["JobName"], answer["JobRunId"])
    return run if "CompletedOn" in run else None


def _job_needs(asked: dict[str, Any]) -> Needs:
    here = f"arn:aws:batch:{get_region()}:{get_account_id()}:"
    for kind, reference in (("job-definition", asked.get("jobDefinition", "")), ("job-queue", asked.get("jobQueue", ""))):
        yield "batch:SubmitJob", reference if reference.startswith("arn:") else f"{here}{kind}/{reference}", {}


def _job_ended(_asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any] | None:
    job: dict[str, Any] = batch._jobs[answer["jobId"]]
    return job if job["status"] in ("SUCCEEDED", "FAILED") else None


def _build_needs(asked: dict[str, Any]) -> Needs:
    yield "codebuild:StartBuild", codebuild._project_arn(asked.get("projectName")), {}


def _build_ended(_asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any] | None:
    build: dict[str, Any] = codebuild._builds[answer["build"]["id"]]
    return build if build["buildComplete"] else None


_KINDS = (
    _Kind(
        service="ecs",
        api="RunTask",
        start=tasks.run,
        needs=_task_needs,
        ended=_task_ended,
        failed=_task_failed,
        shape=("DescribeTasks", lambda task: {"tasks": [task]}, lambda shown: shown["Tasks"][0]),
        stop=("ecs:StopTask", lambda asked, answer: tasks.stop({**asked, "task": answer["tasks"][0]["taskArn"]})),
        optimized_error="ECS",
        sdk_error="Ecs",
        rule="StepFunctionsGetEventsForECSTaskRule",
    ),
    _Kind(
        service="glue",
        api="StartJobRun",
        start=glue_runs.start,
        needs=_run_needs,
        ended=_run_ended,
        failed=lambda run: run["JobRunState"] != "SUCCEEDED",
        shape=("GetJobRun", lambda run: {"JobRun": run}, lambda shown: shown["JobRun"]),
        stop=("glue:BatchStopJobRun", lambda asked, answer: glue_runs.stop({**asked, "JobRunIds": [answer["JobRunId"]]})),
        optimized_error="Glue",
        sdk_error="Glue",
    ),
    _Kind(
        service="batch",
        api="SubmitJob",
        start=batch_jobs.submit,
        needs=_job_needs,
        ended=_job_ended,
        failed=lambda job: job["status"] != "SUCCEEDED",
        shape=("DescribeJobs", lambda job: {"jobs": [job]}, lambda shown: shown["Jobs"][0]),
        stop=("batch:TerminateJob", lambda _, answer: batch_jobs.terminate(answer)),
        optimized_error="Batch",
        sdk_error="Batch",
        rule="StepFunctionsGetEventsForBatchJobsRule",
    ),
    _Kind(
        service="codebuild",
        api="StartBuild",
        start=builds.start,
        needs=_build_needs,
        ended=_build_ended,
        failed=lambda build: build["buildStatus"] != "SUCCEEDED",
        shape=("BatchGetBuilds", lambda build: {"builds": [build]}, lambda shown: {"Build": shown["Builds"][0]}),
        stop=("codebuild:StopBuild", lambda _, answer: builds.stop({"id": answer["build"]["id"]})),
        optimized_error="CodeBuild",
        sdk_error="CodeBuild",
        rule="StepFunctionsGetEventForCodeBuildStartBuildRule",
    ),
)
