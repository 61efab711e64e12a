"""AWS Batch jobs that go through the states that AWS names, take their time and exit as their environment says (local.emulator.work).

MiniStack ends a job at its submission, in silence. FANIN_LOCAL_EXIT_CODE other than 0 is FAILED.
Events: https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html (each change of state; none for the submission)
"""

import json
from typing import Any

from ministack.core.responses import error_response_json, new_uuid
from ministack.services import batch

from local.emulator import service_events, work

_MAX_DESCRIBED, _MAX_PAGE, _MAX_FILTERED_PAGE = 100, 1000, 100
_SUMMARY = ("jobArn", "jobId", "jobName", "createdAt", "status", "statusReason", "startedAt", "stoppedAt", "jobDefinition")


def install() -> None:
    batch._DISPATCH.update({"/v1/submitjob": submit, "/v1/describejobs": _describe, "/v1/listjobs": _list, "/v1/terminatejob": terminate})


def submit(request: dict[str, Any]) -> Any:
    """SubmitJob."""
    queue, definition = _queue(request.get("jobQueue", "")), _definition(request.get("jobDefinition", ""))
    if queue is None or definition is None:
        missing = "JobQueue" if queue is None else "JobDefinition"
        return error_response_json("ClientException", f"{missing} does not exist", 400)
    job = _job(request, queue, definition)
    batch._jobs[job["jobId"]] = job
    said = {one["name"]: one["value"] for one in job["container"]["environment"]}
    exit_code = work.exit_code_of(said)
    work.begin(job["jobId"], said, lambda: _run(job), lambda told: _exited(job, exit_code if told is None else told))
    return batch._json(200, {name: job[name] for name in ("jobArn", "jobId", "jobName")})


def terminate(request: dict[str, Any]) -> Any:
    """TerminateJob."""
    if work.end(request.get("jobId", "")):
        _ended(batch._jobs[request["jobId"]], "FAILED", request.get("reason", ""))
    return batch._json(200, {})


def _queue(reference: str) -> str | None:
    """The ARN of the queue that a name or an ARN stands for."""
    queue = batch._job_queues.get(reference.rpartition("/")[2])
    return str(queue["jobQueueArn"]) if queue else None


def _definition(reference: str) -> dict[str, Any] | None:
    """The revision that a name, a name with revision or an ARN stands for; the newest unless one is named."""
    name, _, revision = reference.rpartition("/")[2].partition(":")
    revisions: list[dict[str, Any]] = batch._job_definitions.get(name) or []
    return next((one for one in revisions[::-1] if revision in ("", str(one["revision"]))), None)


def _job(request: dict[str, Any], queue: str, definition: dict[str, Any]) -> dict[str, Any]:
    job_id, container = new_uuid(), definition["containerProperties"]
    overrides = request.get("containerOverrides") or {}
    environment = {one["name"]: one for one in (*container.get("environment", []), *overrides.get("environment", []))}
    arn = batch._job_arn(job_id)
    return {
        "jobArn": arn,
        "jobId": job_id,
        "jobName": request["jobName"],
        "jobQueue": queue,
        "status": "SUBMITTED",
        "jobDefinition": definition["jobDefinitionArn"],
        "createdAt": batch._now_ms(),
        "attempts": [],
        "dependsOn": [],
        "parameters": {**definition.get("parameters", {}), **request.get("parameters", {})},
        "retryStrategy": {"attempts": 1, "evaluateOnExit": []},
        "propagateTags": bool(request.get("propagateTags")),
        "tags": {**request.get("tags", {}), "resourceArn": arn},
        "platformCapabilities": [],
        "container": {
            "image": container.get("image", ""),
            "command": overrides.get("command") or container.get("command", []),
            "environment": list(environment.values()),
            **{name: [] for name in ("volumes", "mountPoints", "ulimits", "networkInterfaces", "resourceRequirements", "secrets")},
        },
    }


def _run(job: dict[str, Any]) -> None:
    for status in ("PENDING", "RUNNABLE", "STARTING"):
        job["status"] = status
        _tell(job)
    job.update(status="RUNNING", startedAt=batch._now_ms())
    _tell(job)


def _exited(job: dict[str, Any], exit_code: int) -> None:
    job["container"]["exitCode"] = exit_code
    _ended(job, "FAILED" if exit_code else "SUCCEEDED", "Essential container in task exited")


def _ended(job: dict[str, Any], status: str, reason: str) -> None:
    now = batch._now_ms()
    attempt = {"container": {"exitCode": job["container"].get("exitCode")}, "startedAt": job.get("startedAt"), "stoppedAt": now}
    job.update(status=status, statusReason=reason, stoppedAt=now, attempts=[{**attempt, "statusReason": reason}])
    _tell(job)


def _tell(job: dict[str, Any]) -> None:
    service_events.tell("aws.batch", "Batch Job State Change", json.dumps(job), [job["jobArn"]])


def _describe(request: dict[str, Any]) -> Any:
    ids = [reference.rpartition("/")[2] for reference in request.get("jobs", [])]
    if len(ids) > _MAX_DESCRIBED:
        return error_response_json("ClientException", "At most 100 jobs can be described in a call", 400)
    found = (batch._jobs.get(job_id) for job_id in ids)
    shown = [{**job, "tags": {name: value for name, value in job["tags"].items() if name != "resourceArn"}} for job in found if job]
    return batch._json(200, {"jobs": shown})


def _list(request: dict[str, Any]) -> Any:
    """ListJobs: one queue, RUNNING unless a status or a filter is named; with a filter the newest first, in any status."""
    queue, filters = _queue(request.get("jobQueue", "")), request.get("filters")
    if queue is None:
        return error_response_json("ClientException", "JobQueue does not exist", 400)
    jobs = [job for job in batch._jobs.values() if job["jobQueue"] == queue]
    if filters:
        jobs = sorted((job for job in jobs if _passes(job, filters[0])), key=lambda job: -job["createdAt"])
    else:
        jobs = [job for job in jobs if job["status"] == request.get("jobStatus", "RUNNING")]
    most = _MAX_FILTERED_PAGE if filters else _MAX_PAGE
    start_at = int(request.get("nextToken") or 0)
    end_at = start_at + min(request.get("maxResults") or most, most)
    page = [{**{name: job[name] for name in _SUMMARY if name in job}, "container": _exit_of(job)} for job in jobs[start_at:end_at]]
    return batch._json(200, {"jobSummaryList": page, **({"nextToken": str(end_at)} if end_at < len(jobs) else {})})


def _exit_of(job: dict[str, Any]) -> dict[str, int]:
    exit_code = job["container"].get("exitCode")
    return {} if exit_code is None else {"exitCode": exit_code}


def _passes(job: dict[str, Any], wanted: dict[str, Any]) -> bool:
    name, value = wanted["name"], wanted["values"][0]
    match name:
        case "AFTER_CREATED_AT":
            return bool(job["createdAt"] > int(value))
        case "BEFORE_CREATED_AT":
            return bool(job["createdAt"] < int(value))
        case "JOB_NAME":
            return _matches(job["jobName"].lower(), value.lower())
        case _:
            return value == job["jobDefinition"] or _matches(job["jobDefinition"].rpartition("/")[2].partition(":")[0], value)


def _matches(text: str, wanted: str) -> bool:
    return text.startswith(wanted[:-1]) if wanted.endswith("*") else text == wanted
