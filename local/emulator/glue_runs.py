"""AWS Glue job runs that take their time and end as their arguments say (local.emulator.work), with the event of the end.

MiniStack runs a script where it finds one and ends any other run at once, in silence. `--FANIN_LOCAL_EXIT_CODE` other than 0 is FAILED.
Events: https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html (SUCCEEDED, FAILED, TIMEOUT, STOPPED)
"""

import json
import time
from typing import Any
from uuid import uuid4

from ministack.core.responses import error_response_json, json_response
from ministack.services import glue

from local.emulator import service_events, work

_SEVERITIES = {"SUCCEEDED": "INFO", "FAILED": "ERROR", "TIMEOUT": "WARN", "STOPPED": "INFO"}
_MAX_PAGE = 200


def install() -> None:
    glue._start_job_run, glue._get_job_runs, glue._batch_stop_job_run = start, _runs, stop


def start(request: dict[str, Any]) -> Any:
    """StartJobRun."""
    name = request.get("JobName", "")
    job = glue._jobs.get(name)
    if job is None:
        return error_response_json("EntityNotFoundException", f"Job {name} not found", 400)
    now = time.time()
    arguments = request.get("Arguments", {})
    run = {
        "Id": f"jr_{uuid4().hex}{uuid4().hex}",
        "Attempt": 0,
        "JobName": name,
        "StartedOn": now,
        "LastModifiedOn": now,
        "JobRunState": "STARTING",
        "ExecutionTime": 0,
        "Arguments": arguments,
        "PredecessorRuns": [],
        "Timeout": request.get("Timeout", job.get("Timeout", 2880)),
        "GlueVersion": job.get("GlueVersion", "4.0"),
        "LogGroupName": "/aws-glue/jobs",
    }
    glue._job_runs.setdefault(name, []).append(run)
    said = {key.removeprefix("--"): value for key, value in {**job.get("DefaultArguments", {}), **arguments}.items()}
    exit_code = work.exit_code_of(said)
    work.begin(
        run["Id"],
        said,
        lambda: run.update(JobRunState="RUNNING", LastModifiedOn=time.time()),
        lambda told: _ended(run, "FAILED" if (exit_code if told is None else told) else "SUCCEEDED"),
    )
    return json_response({"JobRunId": run["Id"]})


def run_of(name: str, run_id: str) -> dict[str, Any]:
    """The run, as GetJobRun shows it."""
    return next(run for run in glue._job_runs[name] if run["Id"] == run_id)


def _ended(run: dict[str, Any], state: str) -> None:
    now = time.time()
    message = {"SUCCEEDED": "Job run succeeded", "STOPPED": "Job run stopped"}.get(state, "Command failed with exit code 1")
    run.update(JobRunState=state, CompletedOn=now, LastModifiedOn=now, ExecutionTime=int(now - run["StartedOn"]))
    if state == "FAILED":
        run["ErrorMessage"] = message
    detail = {"jobName": run["JobName"], "severity": _SEVERITIES[state], "state": state, "jobRunId": run["Id"], "message": message}
    service_events.tell("aws.glue", "Glue Job State Change", json.dumps(detail), [])


def _runs(request: dict[str, Any]) -> Any:
    """GetJobRuns: the newest first."""
    name = request.get("JobName", "")
    if name not in glue._jobs:
        return error_response_json("EntityNotFoundException", f"Job {name} not found", 400)
    runs = glue._job_runs.get(name, [])[::-1]
    start_at = int(request.get("NextToken") or 0)
    end_at = start_at + min(request.get("MaxResults") or _MAX_PAGE, _MAX_PAGE)
    return json_response({"JobRuns": runs[start_at:end_at], **({"NextToken": str(end_at)} if end_at < len(runs) else {})})


def stop(request: dict[str, Any]) -> Any:
    """BatchStopJobRun."""
    name, stopped, errors = request.get("JobName", ""), [], []
    for run_id in request.get("JobRunIds", []):
        if work.end(run_id):
            _ended(run_of(name, run_id), "STOPPED")
            stopped.append({"JobName": name, "JobRunId": run_id})
        else:
            error = {"ErrorCode": "JobRunCannotBeStoppedException", "ErrorMessage": f"{run_id} cannot be stopped"}
            errors.append({"JobName": name, "JobRunId": run_id, "ErrorDetail": error})
    return json_response({"SuccessfulSubmissions": stopped, "Errors": errors})
