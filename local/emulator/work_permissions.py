"""What ECS and CodeBuild calls are decided on: MiniStack takes the cluster for every call that names one, and no project for build ids.

On AWS RunTask is decided on the task definition, DescribeTasks and StopTask on the task, ListTasks on the cluster's container
instances, each with `ecs:cluster`; BatchGetBuilds on the project:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodebuild.html
A call that names several tasks or builds is decided on the first.
"""

import contextvars
import json
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions
from ministack.services import ecs

# MiniStack asks for a request's resource first and for its condition keys next, and gives the ARN only to the first.
_cluster: contextvars.ContextVar[str | None] = contextvars.ContextVar("fanin_ecs_cluster", default=None)


def install() -> None:
    iam_actions.extract_resource_arn = _of_work(iam_actions.extract_resource_arn)
    iam_actions.request_tag_context = _with_cluster(iam_actions.request_tag_context)


def _of_work(extract: Any) -> Any:
    def extracted(service: str, *rest: Any) -> str:
        _, _, headers, body, _, region, account = rest
        found = str(extract(service, *rest))
        decide = _RESOURCES.get(headers.get("x-amz-target", "").rpartition(".")[2]) if service in ("ecs", "codebuild") else None
        _cluster.set(None)
        return found if decide is None else decide(_document(body), f"arn:aws:{service}:{region}:{account}:") or found

    return extracted


def _with_cluster(request_tags: Any) -> Any:
    def found(service: str, iam_action: str, body: bytes, params: Any) -> dict[str, Any]:
        keys: dict[str, Any] = request_tags(service, iam_action, body, params)
        cluster = _cluster.get()
        return {**keys, "ecs:cluster": cluster} if service == "ecs" and cluster else keys

    return found


def _definition(request: dict[str, Any], here: str) -> str:
    _of_cluster(request, here)
    definition = ecs._task_defs.get(ecs._resolve_td_key(request.get("taskDefinition", "")))
    return str(definition["taskDefinitionArn"]) if definition else ""


def _task(request: dict[str, Any], here: str) -> str:
    cluster = _of_cluster(request, here)
    tasks = request.get("tasks") or [request.get("task", "")]
    return str(tasks[0]) if str(tasks[0]).startswith("arn:") else f"{here}task/{cluster}/{tasks[0]}"


def _instances(request: dict[str, Any], here: str) -> str:
    return f"{here}container-instance/{_of_cluster(request, here)}/*"


def _of_cluster(request: dict[str, Any], here: str) -> str:
    name = str(ecs._resolve_cluster_name(request.get("cluster", "default")))
    _cluster.set(f"{here}cluster/{name}")
    return name


def _project(request: dict[str, Any], here: str) -> str:
    ids = request.get("ids") or [request.get("id", "")]
    return f"{here}project/{str(ids[0]).rpartition('build/')[2].partition(':')[0]}"


_RESOURCES: dict[str, Callable[[dict[str, Any], str], str]] = {
    "RunTask": _definition,
    "DescribeTasks": _task,
    "StopTask": _task,
    "ListTasks": _instances,
    "BatchGetBuilds": _project,
    "StopBuild": _project,
}


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
