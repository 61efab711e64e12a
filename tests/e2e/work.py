"""Work of every kind that runs at AWS's request: a task, a job run, a job, a build, in any account, which begins and ends by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local import LocalAws
from local.aws import DEFAULT_REGION
from tests.e2e.watching import eventually
from tests.local.world import make_role

_QUICK = [{"name": "FANIN_LOCAL_SECONDS", "value": "0.1"}]


@dataclass(frozen=True)
class Work:
    """A kind of work under a name of its own: how it is made, begun, and seen to have ended; `predecessor` is how a definition names it."""

    kind: str
    make: Callable[[LocalAws, str, str], None]
    begin: Callable[[LocalAws, str, str], str]
    has_ended: Callable[[LocalAws, str, str, str], bool]
    predecessor: Callable[[str, str], dict[str, Any]]
    source: Callable[[str, str], str]

    def run(self, aws: LocalAws, account: str, name: str) -> str:
        """Run it to its end; the id of the execution."""
        execution_id = self.begin(aws, account, name)
        eventually(lambda: self.has_ended(aws, account, name, execution_id), f"the end of {execution_id}")
        return execution_id


def _arn(service: str, account: str, resource: str) -> str:
    return f"arn:aws:{service}:{DEFAULT_REGION}:{account}:{resource}"


def _make_task(aws: LocalAws, account: str, name: str) -> None:
    ecs = aws.client(account, "ecs")
    ecs.create_cluster(clusterName="night")
    ecs.register_task_definition(family=name, containerDefinitions=[{"name": "load", "image": "job", "environment": _QUICK}])


def _run_task(aws: LocalAws, account: str, name: str) -> str:
    answer = aws.client(account, "ecs").run_task(cluster="night", taskDefinition=name, launchType="FARGATE")
    return str(answer["tasks"][0]["taskArn"]).rpartition("/")[2]


def _task_has_ended(aws: LocalAws, account: str, name: str, task: str) -> bool:
    (found,) = aws.client(account, "ecs").describe_tasks(cluster="night", tasks=[task])["tasks"]
    return bool(found["lastStatus"] == "STOPPED")


def _make_glue_job(aws: LocalAws, account: str, name: str) -> None:
    role = make_role(aws, account, f"glue-{name}", trusted=("glue",))
    arguments = {"--FANIN_LOCAL_SECONDS": "0.1"}
    aws.client(account, "glue").create_job(Name=name, Role=role, Command={"Name": "glueetl"}, DefaultArguments=arguments)


def _run_glue_job(aws: LocalAws, account: str, name: str) -> str:
    return str(aws.client(account, "glue").start_job_run(JobName=name)["JobRunId"])


def _glue_run_has_ended(aws: LocalAws, account: str, name: str, run: str) -> bool:
    return bool(aws.client(account, "glue").get_job_run(JobName=name, RunId=run)["JobRun"]["JobRunState"] == "SUCCEEDED")


def _make_batch_job(aws: LocalAws, account: str, name: str) -> None:
    batch = aws.client(account, "batch")
    batch.create_job_queue(jobQueueName=name, priority=1, computeEnvironmentOrder=[])
    container = {"image": "job", "command": ["run"], "environment": _QUICK}
    batch.register_job_definition(jobDefinitionName=name, type="container", containerProperties=container)


def _submit_job(aws: LocalAws, account: str, name: str) -> str:
    return str(aws.client(account, "batch").submit_job(jobName=name, jobQueue=name, jobDefinition=name)["jobId"])


def _job_has_ended(aws: LocalAws, account: str, name: str, job: str) -> bool:
    return bool(aws.client(account, "batch").describe_jobs(jobs=[job])["jobs"][0]["status"] == "SUCCEEDED")


def _make_project(aws: LocalAws, account: str, name: str) -> None:
    image = {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"}
    aws.client(account, "codebuild").create_project(
        name=name,
        source={"type": "NO_SOURCE", "buildspec": "version: 0.2"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={**image, "environmentVariables": _QUICK},
        serviceRole=make_role(aws, account, f"build-{name}", trusted=("codebuild",)),
    )


def _start_build(aws: LocalAws, account: str, name: str) -> str:
    return str(aws.client(account, "codebuild").start_build(projectName=name)["build"]["id"]).rpartition(":")[2]


def _build_has_ended(aws: LocalAws, account: str, name: str, build: str) -> bool:
    (found,) = aws.client(account, "codebuild").batch_get_builds(ids=[f"{name}:{build}"])["builds"]
    return bool(found["buildStatus"] == "SUCCEEDED")


WORK = {
    "ecs": Work(
        "ecs",
        _make_task,
        _run_task,
        _task_has_ended,
        lambda account, name: {"ecsTask": {"cluster": _arn("ecs", account, "cluster/night"), "family": name}},
        lambda account, name: _arn("ecs", account, f"cluster/night/{name}"),
    ),
    "glue": Work(
        "glue",
        _make_glue_job,
        _run_glue_job,
        _glue_run_has_ended,
        lambda account, name: {"glueJob": _arn("glue", account, f"job/{name}")},
        lambda account, name: _arn("glue", account, f"job/{name}"),
    ),
    "batch": Work(
        "batch",
        _make_batch_job,
        _submit_job,
        _job_has_ended,
        lambda account, name: {"batchJob": {"queue": _arn("batch", account, f"job-queue/{name}"), "definition": name}},
        lambda account, name: _arn("batch", account, f"job-queue/{name}/{name}"),
    ),
    "codebuild": Work(
        "codebuild",
        _make_project,
        _start_build,
        _build_has_ended,
        lambda account, name: {"codeBuildProject": _arn("codebuild", account, f"project/{name}")},
        lambda account, name: _arn("codebuild", account, f"project/{name}"),
    ),
}
