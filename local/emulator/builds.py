"""AWS CodeBuild builds that take their time and end as their environment says (local.emulator.work), with their status events.

MiniStack ends a build at its start, in silence. FANIN_LOCAL_EXIT_CODE other than 0 is FAILED.
Events: https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html
"""

import copy
import json
import time
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import codebuild

from local.emulator import service_events, work

_MAX_IDS = 100


def install() -> None:
    codebuild._start_build, codebuild._stop_build = start, stop
    codebuild._batch_get_builds = _at_most(codebuild._batch_get_builds)
    codebuild._list_builds_for_project = _paged(codebuild._list_builds_for_project)


def start(request: dict[str, Any]) -> Any:
    """StartBuild."""
    project = codebuild._projects.get(request.get("projectName", ""))
    if project is None:
        return error_response_json("ResourceNotFoundException", f"Project cannot be found: {request.get('projectName')}", 400)
    build = codebuild._make_build_record(project, codebuild._build_id(project["name"]), request.get("sourceVersion"))
    environment = copy.deepcopy(build["environment"])
    overridden = (*environment.get("environmentVariables", []), *request.get("environmentVariablesOverride", []))
    environment["environmentVariables"] = list({one["name"]: {"type": "PLAINTEXT", **one} for one in overridden}.values())
    build.update(environment=environment, startTime=time.time(), buildStatus="IN_PROGRESS", currentPhase="SUBMITTED", buildComplete=False)
    del build["endTime"]
    build["phases"] = [{**phase, "startTime": build["startTime"]} for phase in build["phases"] if phase["phaseType"] == "SUBMITTED"]
    codebuild._builds[build["id"]] = build
    _tell(build)
    said = {one["name"]: one["value"] for one in environment["environmentVariables"]}
    exit_code = work.exit_code_of(said)
    work.begin(
        build["id"],
        said,
        lambda: build.update(currentPhase="BUILD"),
        lambda told: _ended(build, "FAILED" if (exit_code if told is None else told) else "SUCCEEDED"),
    )
    return json_response({"build": copy.deepcopy(build)})


def stop(request: dict[str, Any]) -> Any:
    """StopBuild."""
    build = codebuild._builds.get(request.get("id", ""))
    if build is None:
        return error_response_json("ResourceNotFoundException", f"Build cannot be found: {request.get('id')}", 400)
    if work.end(build["id"]):
        _ended(build, "STOPPED")
    return json_response({"build": copy.deepcopy(build)})


def _ended(build: dict[str, Any], status: str) -> None:
    now = time.time()
    phases = [*build["phases"], {"phaseType": "BUILD", "phaseStatus": status, "startTime": build["startTime"], "endTime": now}]
    build.update(buildStatus=status, currentPhase="COMPLETED", buildComplete=True, endTime=now, phases=phases)
    _tell(build)


def _tell(build: dict[str, Any]) -> None:
    environment = build["environment"]
    detail = {
        "build-status": build["buildStatus"],
        "project-name": build["projectName"],
        "build-id": build["arn"],
        "additional-information": {
            "artifact": {"location": ""},
            "environment": {
                "image": environment.get("image"),
                "privileged-mode": bool(environment.get("privilegedMode")),
                "compute-type": environment.get("computeType"),
                "type": environment.get("type"),
                "environment-variables": environment["environmentVariables"],
            },
            "timeout-in-minutes": float(build["timeoutInMinutes"]),
            "build-complete": build["buildComplete"],
            "build-number": float(build["buildNumber"]),
            "initiator": build["initiator"],
            "build-start-time": _in_words(build["startTime"]),
            "source": {"type": build["source"].get("type")},
            "source-version": build["sourceVersion"],
            "logs": {"group-name": build["logs"]["groupName"], "stream-name": build["logs"]["streamName"]},
            "phases": [_phase(one) for one in build["phases"]],
        },
        "current-phase": build["currentPhase"],
        "current-phase-context": "[]",
        "version": "1",
    }
    service_events.tell("aws.codebuild", "CodeBuild Build State Change", json.dumps(detail), [build["arn"]])


def _phase(phase: dict[str, Any]) -> dict[str, Any]:
    ended = {"end-time": _in_words(phase["endTime"]), "phase-status": phase["phaseStatus"]} if "endTime" in phase else {}
    return {"phase-context": [], "start-time": _in_words(phase["startTime"]), "phase-type": phase["phaseType"], **ended}


def _in_words(epoch_s: float) -> str:
    """The event's way with times: `Sep 1, 2017 4:12:29 PM`."""
    moment = datetime.fromtimestamp(epoch_s, UTC)
    return f"{moment:%b} {moment.day}, {moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p}"


def _at_most(get_builds: Any) -> Any:
    def got(request: dict[str, Any]) -> Any:
        ids = [one.rpartition("build/")[2] for one in request.get("ids", [])]
        if not 1 <= len(ids) <= _MAX_IDS:
            return error_response_json("InvalidInputException", "1 to 100 build IDs are needed", 400)
        return get_builds({**request, "ids": ids})

    return got


def _paged(list_builds: Any) -> Any:
    """ListBuildsForProject: the newest first, 100 a page."""

    def listed(request: dict[str, Any]) -> Any:
        answer = list_builds(request)
        if answer[0] != 200:
            return answer
        ids, start_at = json.loads(answer[2])["ids"], int(request.get("nextToken") or 0)
        end_at = start_at + _MAX_IDS
        return json_response({"ids": ids[start_at:end_at], **({"nextToken": str(end_at)} if end_at < len(ids) else {})})

    return listed
