"""Amazon ECS tasks without a container engine: a task goes through the states that AWS names and tells of each on the default bus.

How long a task runs and how its containers exit is said in their environment, of the task definition or of the call
(local.emulator.work). FANIN_LOCAL_FAILS_TO_START gives a reason to stop before anything ran. Tasks of services are MiniStack's.
Events: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
"""

import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

from ministack.core.responses import error_response_json, json_response
from ministack.services import ecs

from local.emulator import service_events, work

FAILS_TO_START = "FANIN_LOCAL_FAILS_TO_START"
_SIGTERM_EXIT_CODE = 143
# DescribeTasks: "stopped tasks appear in the returned results for at least one hour".
_KEPT_SECONDS = 3600
_MAX_OVERRIDES_CHARS, _MAX_DESCRIBED, _MAX_TASKS, _MAX_TAGS = 8192, 100, 10, 50
_STARTED_BY = re.compile(r"[A-Za-z0-9/_-]{1,128}")
# What Step Functions says when the state machine does not: the one value outside the documented characters.
STEP_FUNCTIONS = "AWS Step Functions"
_NOT_YET = (
    *("startedAt", "pullStartedAt", "pullStoppedAt", "connectivity", "connectivityAt"),
    *("stopCode", "stoppedReason", "containerInstanceArn"),
)
_NOT_IN_EVENTS = frozenset({"tags", "healthStatus"})


def install() -> None:
    ecs._get_docker = lambda: None
    ecs.new_uuid = lambda: uuid4().hex
    ecs._ts_to_epoch = _with_milliseconds
    ecs._ACTION_MAP.update(
        RunTask=run,
        StopTask=stop,
        DescribeTasks=_describing(ecs._describe_tasks),
        ListTasks=_listing(ecs._list_tasks),
    )


def run(request: dict[str, Any]) -> Any:
    """RunTask, as clients and Step Functions call it."""
    definition = ecs._task_defs.get(ecs._resolve_td_key(request.get("taskDefinition", ""))) or {}
    refusal = _refusal(request, definition)
    if refusal is not None:
        return refusal
    overrides = _overrides(request, definition)
    tags = [*(definition_tags(definition) if request.get("propagateTags") == "TASK_DEFINITION" else []), *request.get("tags", [])]
    asked = {**request, "overrides": overrides, "tags": list({tag["key"]: tag for tag in tags}.values())}
    asked.setdefault("group", f"family:{definition['family']}")
    answer = ecs._run_task(asked)
    if answer[0] != 200:
        return answer
    began = json.loads(answer[2])["tasks"]
    for one in began:
        _begin(ecs._tasks[one["taskArn"]], definition)
    return json_response({"tasks": [_shown(ecs._tasks[one["taskArn"]]) for one in began], "failures": []})


def stop(request: dict[str, Any]) -> Any:
    """StopTask: the containers get SIGTERM, and the task loses its tags, as on AWS."""
    task = ecs._resolve_task(request.get("task", ""), ecs._resolve_cluster_name(request.get("cluster", "default")))
    if task is None:
        return error_response_json("InvalidParameterException", "The referenced task was not found.", 400)
    if work.end(task["taskArn"]):
        ecs._tags.pop(task["taskArn"], None)
        _stopped(task, request.get("reason") or "Task stopped by user", "UserInitiated", _SIGTERM_EXIT_CODE)
    return json_response({"task": _shown(task)})


def definition_tags(definition: dict[str, Any]) -> list[dict[str, str]]:
    tags: list[dict[str, str]] = ecs._tags.get(definition["taskDefinitionArn"], [])
    return tags


def _refusal(request: dict[str, Any], definition: dict[str, Any]) -> Any:
    cluster = ecs._clusters.get(ecs._resolve_cluster_name(request.get("cluster") or "default"))
    if cluster is None or cluster["status"] != "ACTIVE":
        return error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
    if not definition or definition["status"] != "ACTIVE":
        return error_response_json("ClientException", "TaskDefinition not found.", 400)
    problem = next(_problems(request, definition), None)
    return None if problem is None else error_response_json("InvalidParameterException", problem, 400)


def _problems(request: dict[str, Any], definition: dict[str, Any]) -> Iterator[str]:
    overrides = request.get("overrides") or {}
    if not 1 <= request.get("count", 1) <= _MAX_TASKS:
        yield "count must be between 1 and 10."
    started_by = request.get("startedBy")
    if started_by is not None and started_by != STEP_FUNCTIONS and not _STARTED_BY.fullmatch(started_by):
        yield "startedBy must be up to 128 letters, numbers, hyphens, forward slashes and underscores."
    if len(json.dumps(overrides, separators=(",", ":"))) > _MAX_OVERRIDES_CHARS:
        yield "Container Overrides length must be at most 8192"
    if len(request.get("tags", [])) > _MAX_TAGS:
        yield "The number of tags must be at most 50."
    if request.get("propagateTags") == "SERVICE":
        yield "The propagateTags parameter must not be SERVICE when running a task."
    names = {container["name"] for container in definition["containerDefinitions"]}
    for override in overrides.get("containerOverrides", []):
        if override.get("name") not in names:
            yield f"Override for container named {override.get('name')} is not a container in the TaskDefinition."


def _overrides(request: dict[str, Any], definition: dict[str, Any]) -> dict[str, Any]:
    """The overrides as AWS shows them: an entry for each container, whether anything of it is overridden or not."""
    given = request.get("overrides") or {}
    by_name = {one["name"]: one for one in given.get("containerOverrides", [])}
    containers = [by_name.get(container["name"], {"name": container["name"]}) for container in definition["containerDefinitions"]]
    return {"inferenceAcceleratorOverrides": [], **given, "containerOverrides": containers}


def _begin(task: dict[str, Any], definition: dict[str, Any]) -> None:
    """Take back what MiniStack says of a task without a container engine, which is that it already runs, and put it on the clock."""
    environments = [_environment(container, task) for container in definition["containerDefinitions"]]
    said = {name: value for environment in environments for name, value in environment.items()}
    task.update(dict.fromkeys(_NOT_YET), lastStatus="PROVISIONING")
    task.update({name: None for name in ("startedBy", "capacityProviderName") if not task[name]})
    task["_exit_codes"] = [work.exit_code_of(environment) for environment in environments]
    for container in task["containers"]:
        container.update(lastStatus="PENDING", runtimeId=None, exitCode=None)
    _tell(task)
    reason = said.get(FAILS_TO_START)
    running = (lambda: _fail_to_start(task, reason)) if reason else (lambda: _running(task))
    work.begin(task["taskArn"], said, running, lambda exit_code: _exited(task, exit_code))


def _environment(container: dict[str, Any], task: dict[str, Any]) -> dict[str, str]:
    override = next(one for one in task["overrides"]["containerOverrides"] if one["name"] == container["name"])
    return {one["name"]: one["value"] for one in (*container.get("environment", []), *override.get("environment", []))}


def _running(task: dict[str, Any]) -> None:
    ecs._mark_task_pending(task["taskArn"], task)
    _tell(task)
    ecs._mark_task_activating(task["taskArn"], task)
    for container in task["containers"]:
        container.update(lastStatus="RUNNING", runtimeId=uuid4().hex)
    task.update(connectivity="CONNECTED", connectivityAt=ecs._iso())
    ecs._mark_task_running(task["taskArn"], task)
    _tell(task)


def _fail_to_start(task: dict[str, Any], reason: str) -> None:
    if work.end(task["taskArn"]):
        _stopped(task, reason, "TaskFailedToStart", None)


def _exited(task: dict[str, Any], exit_code: int | None) -> None:
    for container, said in zip(task["containers"], task["_exit_codes"], strict=True):
        container["exitCode"] = said if exit_code is None else exit_code
    _stopped(task, "Essential container in task exited", "EssentialContainerExited", None)


def _stopped(task: dict[str, Any], reason: str, code: str, exit_code: int | None) -> None:
    ecs._mark_task_stopped(task["taskArn"], task, reason, code, exit_code=exit_code)
    task["_stopped_epoch_s"] = time.time()
    _tell({**task, "lastStatus": "DEPROVISIONING", "stoppedAt": None, "version": task["version"] - 1})
    _tell(task)


def _tell(task: dict[str, Any]) -> None:
    detail = {name: value for name, value in ecs._sanitize(task).items() if name not in _NOT_IN_EVENTS}
    detail["containers"] = [{name: value for name, value in one.items() if name != "healthStatus"} for one in detail["containers"]]
    text = json.dumps({**detail, "updatedAt": ecs._iso()})
    service_events.tell("aws.ecs", "ECS Task State Change", text, [task["taskArn"]])


def _shown(task: dict[str, Any]) -> dict[str, Any]:
    return {**ecs._sanitize(task), "tags": ecs._tags.get(task["taskArn"], [])}


def _describing(describe: Any) -> Any:
    def described(request: dict[str, Any]) -> Any:
        if len(request.get("tasks", [])) > _MAX_DESCRIBED:
            return error_response_json("InvalidParameterException", "Tasks cannot be more than 100.", 400)
        _forget()
        answer = describe(request)
        if answer[0] != 200 or "TAGS" in request.get("include", []):
            return answer
        shown = json.loads(answer[2])
        return json_response({**shown, "tasks": [{**task, "tags": []} for task in shown["tasks"]]})

    return described


def _listing(list_tasks: Any) -> Any:
    def listed(request: dict[str, Any]) -> Any:
        others = request.keys() & {"family", "serviceName", "containerInstance", "launchType"}
        if request.get("startedBy") and others:
            return error_response_json("InvalidParameterException", "When you specify startedBy, it must be the only filter.", 400)
        _forget()
        return list_tasks(request)

    return listed


def _forget() -> None:
    """Forget tasks that stopped an hour ago."""
    now = time.time()
    for arn, task in list(ecs._tasks.items()):
        if now - task.get("_stopped_epoch_s", now) > _KEPT_SECONDS:
            del ecs._tasks[arn]


def _with_milliseconds(value: Any) -> Any:
    """MiniStack answers whole seconds; the event's text and the answer's number are one time on AWS."""
    return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else value
