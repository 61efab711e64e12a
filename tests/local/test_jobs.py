"""Glue job runs, Batch jobs and CodeBuild builds of the stand-ins: their states, their events, what lists them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from local import LocalAws
from tests.e2e.watching import eventually
from tests.local.test_tasks import code_of, environment
from tests.local.world import REGION, SENDER, Queue, allow, make_queue, make_role, make_rule

pytestmark = pytest.mark.e2e

QUICK, TOLD, FAILS = "0.1", "told", {"FANIN_LOCAL_SECONDS": "0.1", "FANIN_LOCAL_EXIT_CODE": "1"}


def watch(aws: LocalAws, name: str, source: str) -> Queue:
    queue = make_queue(aws, SENDER, f"{name}-events")
    make_rule(aws, SENDER, f"{name}-events", {"source": [source]}, {"Arn": queue.arn})
    return queue


def events(queue: Queue, number: int) -> list[Any]:
    return [json.loads(body) for body in queue.bodies(number)]


def make_glue_job(aws: LocalAws, name: str) -> Any:
    glue = aws.client(SENDER, "glue")
    role = make_role(aws, SENDER, f"glue-{name}", trusted=("glue",))
    glue.create_job(Name=name, Role=role, Command={"Name": "glueetl"}, DefaultArguments={"--FANIN_LOCAL_SECONDS": QUICK})
    return glue


def make_queue_and_definition(aws: LocalAws, name: str) -> Any:
    batch = aws.client(SENDER, "batch")
    batch.create_job_queue(jobQueueName=name, priority=1, computeEnvironmentOrder=[])
    container = {"image": "job", "command": ["run"], "environment": environment({"FANIN_LOCAL_SECONDS": QUICK})}
    batch.register_job_definition(jobDefinitionName=name, type="container", containerProperties=container)
    return batch


def make_project(aws: LocalAws, name: str) -> Any:
    codebuild = aws.client(SENDER, "codebuild")
    role = make_role(aws, SENDER, f"build-{name}", trusted=("codebuild",))
    image = {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"}
    codebuild.create_project(
        name=name,
        source={"type": "NO_SOURCE", "buildspec": "version: 0.2"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={**image, "environmentVariables": environment({"FANIN_LOCAL_SECONDS": QUICK})},
        serviceRole=role,
    )
    return codebuild


def test_a_glue_run_tells_of_its_end_only(local_aws: LocalAws) -> None:
    glue, queue = make_glue_job(local_aws, "load"), watch(local_aws, "glue", "aws.glue")
    good = glue.start_job_run(JobName="load", Arguments={"--business-date": "2026-03-31"})["JobRunId"]
    bad = glue.start_job_run(JobName="load", Arguments={f"--{name}": value for name, value in FAILS.items()})["JobRunId"]
    details = {event["detail"]["jobRunId"]: event["detail"] for event in events(queue, 2)}
    assert details[good] == {"jobName": "load", "severity": "INFO", "state": "SUCCEEDED", "jobRunId": good, "message": "Job run succeeded"}
    assert (details[bad]["state"], details[bad]["severity"]) == ("FAILED", "ERROR")
    runs = glue.get_job_runs(JobName="load")["JobRuns"]
    assert [(run["Id"], run["JobRunState"]) for run in runs] == [(bad, "FAILED"), (good, "SUCCEEDED")]
    assert runs[1]["Arguments"] == {"--business-date": "2026-03-31"}
    assert runs[1]["CompletedOn"] > runs[1]["StartedOn"]
    assert glue.get_job_run(JobName="load", RunId=good)["JobRun"]["JobRunState"] == "SUCCEEDED"


def test_glue_runs_are_listed_page_by_page_the_newest_first(local_aws: LocalAws) -> None:
    glue = make_glue_job(local_aws, "paged")
    started = [glue.start_job_run(JobName="paged")["JobRunId"] for _ in range(3)]
    first = glue.get_job_runs(JobName="paged", MaxResults=2)
    second = glue.get_job_runs(JobName="paged", MaxResults=2, NextToken=first["NextToken"])
    assert [run["Id"] for run in (*first["JobRuns"], *second["JobRuns"])] == started[::-1]
    assert "NextToken" not in second


def test_a_glue_run_that_is_stopped_says_so(local_aws: LocalAws) -> None:
    glue = make_glue_job(local_aws, "stoppable")
    run = glue.start_job_run(JobName="stoppable", Arguments={"--FANIN_LOCAL_SECONDS": TOLD})["JobRunId"]
    assert glue.batch_stop_job_run(JobName="stoppable", JobRunIds=[run])["SuccessfulSubmissions"] == [
        {"JobName": "stoppable", "JobRunId": run}
    ]
    assert glue.get_job_run(JobName="stoppable", RunId=run)["JobRun"]["JobRunState"] == "STOPPED"


def test_a_batch_job_tells_of_each_state_after_its_submission(local_aws: LocalAws) -> None:
    batch, queue = make_queue_and_definition(local_aws, "night"), watch(local_aws, "batch", "aws.batch")
    job = batch.submit_job(
        jobName="load-31",
        jobQueue="night",
        jobDefinition="night",
        parameters={"day": "31"},
        containerOverrides={"environment": environment({"BUSINESS_DATE": "2026-03-31"})},
        tags={"business-date": "2026-03-31"},
    )
    told = events(queue, 5)
    assert [event["detail"]["status"] for event in told] == ["PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]
    last = told[-1]["detail"]
    here = f"arn:aws:batch:{REGION}:{SENDER}"
    assert (last["jobQueue"], last["jobDefinition"]) == (f"{here}:job-queue/night", f"{here}:job-definition/night:1")
    assert (last["jobId"], last["jobArn"], told[-1]["resources"]) == (job["jobId"], job["jobArn"], [job["jobArn"]])
    assert last["container"]["environment"] == environment({"FANIN_LOCAL_SECONDS": QUICK, "BUSINESS_DATE": "2026-03-31"})
    assert (last["parameters"], last["tags"]["business-date"], last["container"]["exitCode"]) == ({"day": "31"}, "2026-03-31", 0)
    described = batch.describe_jobs(jobs=[job["jobId"]])["jobs"][0]
    assert {name: described[name] for name in ("status", "startedAt", "stoppedAt", "tags")} == {
        **{name: last[name] for name in ("status", "startedAt", "stoppedAt")},
        "tags": {"business-date": "2026-03-31"},
    }


def test_batch_jobs_are_listed_by_status_or_by_a_filter(local_aws: LocalAws) -> None:
    batch = make_queue_and_definition(local_aws, "lists")
    before = int(time.time() * 1000) - 1

    def submit(name: str, values: dict[str, str]) -> str:
        asked = {"environment": environment(values)}
        job: str = batch.submit_job(jobName=name, jobQueue="lists", jobDefinition="lists", containerOverrides=asked)["jobId"]
        return job

    def listed(**asked: Any) -> list[str]:
        return [job["jobId"] for job in batch.list_jobs(jobQueue="lists", **asked)["jobSummaryList"]]

    bad, going = submit("bad", FAILS), submit("going", {"FANIN_LOCAL_SECONDS": TOLD})
    eventually(lambda: listed() == [going], "one job to run")
    assert eventually(lambda: listed(jobStatus="FAILED"), "one job to fail") == [bad]
    after = [{"name": "AFTER_CREATED_AT", "values": [str(before)]}]
    assert set(listed(filters=after)) == {bad, going}
    assert listed(filters=[{"name": "JOB_DEFINITION", "values": ["lis*"]}], maxResults=1) in ([bad], [going])
    assert len(list(batch.get_paginator("list_jobs").paginate(jobQueue="lists", filters=after, maxResults=1))) == 2
    batch.terminate_job(jobId=going, reason="enough")
    assert batch.describe_jobs(jobs=[going])["jobs"][0]["statusReason"] == "enough"


def test_a_build_tells_of_its_start_and_its_end(local_aws: LocalAws) -> None:
    codebuild, queue = make_project(local_aws, "report"), watch(local_aws, "builds", "aws.codebuild")
    variables = environment({"BUSINESS_DATE": "2026-03-31"})
    build = codebuild.start_build(projectName="report", environmentVariablesOverride=variables)["build"]
    first, last = events(queue, 2)
    assert (first["detail"]["build-status"], last["detail"]["build-status"]) == ("IN_PROGRESS", "SUCCEEDED")
    assert (last["detail"]["build-id"], last["resources"]) == (build["arn"], [build["arn"]])
    said = last["detail"]["additional-information"]["environment"]["environment-variables"]
    assert {"name": "BUSINESS_DATE", "type": "PLAINTEXT", "value": "2026-03-31"} in said
    assert codebuild.list_builds_for_project(projectName="report")["ids"] == [build["id"]]
    (found,) = codebuild.batch_get_builds(ids=[build["id"]])["builds"]
    assert (found["buildStatus"], found["buildComplete"], found["endTime"] > found["startTime"]) == ("SUCCEEDED", True, True)


def test_a_build_that_waits_to_be_told_fails_when_told(local_aws: LocalAws) -> None:
    codebuild = make_project(local_aws, "told-build")
    override = environment({"FANIN_LOCAL_SECONDS": TOLD})
    build = codebuild.start_build(projectName="told-build", environmentVariablesOverride=override)["build"]["id"]
    time.sleep(0.3)
    assert codebuild.batch_get_builds(ids=[build])["builds"][0]["buildStatus"] == "IN_PROGRESS"
    local_aws.end_work(build, exit_code=1)
    assert codebuild.batch_get_builds(ids=[build])["builds"][0]["buildStatus"] == "FAILED"


def test_a_role_may_read_the_builds_of_its_project(local_aws: LocalAws) -> None:
    codebuild = make_project(local_aws, "read")
    build = codebuild.start_build(projectName="read")["build"]["id"]
    make_role(local_aws, SENDER, "build-reader", allow("codebuild:BatchGetBuilds", f"arn:aws:codebuild:{REGION}:{SENDER}:project/read"))
    reader = local_aws.assumed(SENDER, "build-reader").client("codebuild")
    assert [one["id"] for one in reader.batch_get_builds(ids=[build])["builds"]] == [build]
    assert code_of(reader.batch_get_builds, ids=["other:1"]) == "AccessDeniedException"
