"""ECS tasks, asked: DescribeTasks, and ListTasks of the stopped tasks of a family.

Stopped tasks are listed for an hour at least (DescribeTasks in the API reference), in no order, by their ARNs alone: each has to be
described, and is then remembered. What stopped while nobody asked for longer than that hour cannot be found. Tasks of services come and go
without anything being completed by that, and are left out, as they are by the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from fanin.adapters.source_answers import Said, as_event, ended_of, meaning, milliseconds, remembered
from fanin.composed import composed
from fanin.domain.watch import ListedPage, Watch, digest_of
from fanin.sources.ecs import input_of, status_of

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import ListTasksRequestTypeDef, TaskTypeDef

    from fanin.domain.completion import Completion, Source
    from fanin.signing.strict_json import JsonValue

PAGE_SIZE = 100  # as many as DescribeTasks takes

_OF_SERVICES = "service:"


@composed
class EcsSource:
    """How task definition families are asked."""

    service: str = "ecs"
    absent: frozenset[str] = frozenset({"ClusterNotFoundException", "InvalidParameterException"})
    page_unknown: frozenset[str] = frozenset({"InvalidParameterException"})

    def ask(self, client: ECSClient, source: Source, execution_id: str) -> Completion | None:
        """See the protocol."""
        found = client.describe_tasks(cluster=_cluster(source), tasks=[execution_id], include=["TAGS"])["tasks"]
        return _said(found[0]).completion(source) if found else None

    def page(self, client: ECSClient, watch: Watch) -> ListedPage:
        """See the protocol."""
        source = watch.source
        request: ListTasksRequestTypeDef = {
            "cluster": _cluster(source),
            "family": source.arn.rpartition("/")[2],
            "desiredStatus": "STOPPED",
            "maxResults": PAGE_SIZE,
        }
        if watch.passing is not None and watch.passing.page is not None:
            request["nextToken"] = watch.passing.page
        answer = client.list_tasks(**request)
        listed = [arn.rpartition("/")[2] for arn in answer["taskArns"]]
        known = {task: digest for task in listed if (digest := remembered(watch, task)) is not None}
        unknown = [task for task in listed if task not in known]
        tasks = client.describe_tasks(cluster=_cluster(source), tasks=unknown, include=["TAGS"])["tasks"] if unknown else []
        said = [_said(task) for task in tasks if not task.get("group", "").startswith(_OF_SERVICES)]
        replaced = [digest_of(_id(task), "FAILED") for task in tasks if task.get("group", "").startswith(_OF_SERVICES)]
        return ListedPage(ended_of(source, said), None, answer.get("nextToken"), (*known.values(), *replaced), looked_up=True)


def _said(task: TaskTypeDef) -> Said:
    detail = cast("Mapping[str, JsonValue]", as_event(task))
    return Said(
        execution_id=_id(task),
        status=meaning(lambda: status_of(detail)),
        begun_at_ms=milliseconds(task.get("createdAt")),
        started_at_ms=milliseconds(task.get("startedAt")),
        stopped_at_ms=milliseconds(task.get("stoppedAt")),
        input=input_of(detail),
        detail=detail,
        tags={tag["key"]: tag.get("value", "") for tag in task.get("tags", []) if "key" in tag},
    )


def _id(task: TaskTypeDef) -> str:
    return task["taskArn"].rpartition("/")[2]


def _cluster(source: Source) -> str:
    return source.arn.rpartition("/")[0]
