"""ECS tasks of the stand-in: their states and events, what a caller may say of them, and who may ask."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import LocalAws
from tests.e2e.watching import eventually
from tests.local.world import REGION, SENDER, Queue, allow, make_queue, make_role, make_rule

pytestmark = pytest.mark.e2e

ECS = f"arn:aws:ecs:{REGION}:{SENDER}"
CLUSTER, TOLD = f"{ECS}:cluster/night", {"FANIN_LOCAL_SECONDS": "told"}
QUICK = {"FANIN_LOCAL_SECONDS": "0.1"}


def environment(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def define(aws: LocalAws, family: str, *, tags: Sequence[dict[str, str]] = (), **container: Any) -> Any:
    """A task definition of two containers, on the cluster `night`; the client."""
    ecs = aws.client(SENDER, "ecs")
    ecs.create_cluster(clusterName="night")
    containers = [{"name": "load", "image": "job", **container}, {"name": "log", "image": "log"}]
    ecs.register_task_definition(family=family, containerDefinitions=containers, tags=list(tags))
    return ecs


def start(ecs: Any, family: str, values: dict[str, str], **rest: Any) -> str:
    overrides = {"containerOverrides": [{"name": "load", "environment": environment(values)}]}
    arn: str = ecs.run_task(cluster="night", taskDefinition=family, launchType="FARGATE", overrides=overrides, **rest)["tasks"][0][
        "taskArn"
    ]
    return arn


def watch(aws: LocalAws, family: str) -> Queue:
    queue = make_queue(aws, SENDER, f"{family}-events")
    pattern = {"source": ["aws.ecs"], "detail": {"taskDefinitionArn": [{"prefix": f"{ECS}:task-definition/{family}:"}]}}
    make_rule(aws, SENDER, f"{family}-events", pattern, {"Arn": queue.arn})
    return queue


def task_of(ecs: Any, arn: str, *include: str) -> dict[str, Any]:
    task: dict[str, Any] = ecs.describe_tasks(cluster="night", tasks=[arn], include=list(include))["tasks"][0]
    return task


def ended(ecs: Any, arn: str) -> dict[str, Any]:
    return eventually(lambda: task if (task := task_of(ecs, arn))["lastStatus"] == "STOPPED" else None, f"the end of {arn}")


def code_of(call: Any, **request: Any) -> str | None:
    try:
        call(**request)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def test_a_task_tells_of_each_of_its_states(local_aws: LocalAws) -> None:
    ecs, queue = define(local_aws, "telling"), watch(local_aws, "telling")
    arn = start(ecs, "telling", {**QUICK, "BUSINESS_DATE": "2026-03-31"}, startedBy="2026-03-31", tags=[{"key": "day", "value": "31"}])
    events = [json.loads(body) for body in queue.bodies(5)]
    details = [event["detail"] for event in events]
    assert [detail["lastStatus"] for detail in details] == ["PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"]
    versions = [detail["version"] for detail in details]
    assert versions == sorted(set(versions))
    last = details[-1]
    assert {event["account"] for event in events} == {SENDER}
    assert {tuple(event["resources"]) for event in events} == {(arn,)}
    assert (last["clusterArn"], last["group"], last["startedBy"]) == (CLUSTER, "family:telling", "2026-03-31")
    assert (last["stopCode"], last["stoppedReason"]) == ("EssentialContainerExited", "Essential container in task exited")
    assert [(one["name"], one["exitCode"], one["lastStatus"]) for one in last["containers"]] == [
        ("load", 0, "STOPPED"),
        ("log", 0, "STOPPED"),
    ]
    assert last["overrides"]["containerOverrides"] == [
        {"name": "load", "environment": environment({**QUICK, "BUSINESS_DATE": "2026-03-31"})},
        {"name": "log"},
    ]
    assert not {"tags", "healthStatus"} & last.keys()
    assert "startedAt" not in details[0]


def test_the_event_and_the_description_tell_the_same_time(local_aws: LocalAws) -> None:
    ecs, queue = define(local_aws, "timed"), watch(local_aws, "timed")
    task = ended(ecs, start(ecs, "timed", QUICK))
    last = json.loads(queue.bodies(5)[-1])["detail"]
    assert last["stoppedAt"] == task["stoppedAt"].isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_a_container_exits_as_its_environment_says(local_aws: LocalAws) -> None:
    ecs = define(local_aws, "failing", environment=environment({**QUICK, "FANIN_LOCAL_EXIT_CODE": "3"}))
    task = ended(ecs, start(ecs, "failing", {}))
    assert [(one["name"], one["exitCode"]) for one in task["containers"]] == [("load", 3), ("log", 0)]


def test_a_task_that_waits_to_be_told_runs_until_then(local_aws: LocalAws) -> None:
    ecs = define(local_aws, "told")
    arn = start(ecs, "told", TOLD)
    eventually(lambda: task_of(ecs, arn)["lastStatus"] == "RUNNING", "the task to run")
    local_aws.end_work(arn, exit_code=7)
    assert ended(ecs, arn)["containers"][0]["exitCode"] == 7


def test_a_task_that_cannot_start_never_ran(local_aws: LocalAws) -> None:
    ecs = define(local_aws, "unpullable")
    task = ended(ecs, start(ecs, "unpullable", {"FANIN_LOCAL_FAILS_TO_START": "CannotPullContainerError: no such image"}))
    assert (task["stopCode"], "startedAt" in task, "exitCode" in task["containers"][0]) == ("TaskFailedToStart", False, False)


def test_stopping_a_task_takes_its_tags(local_aws: LocalAws) -> None:
    ecs = define(local_aws, "stopped")
    arn = start(ecs, "stopped", TOLD, tags=[{"key": "day", "value": "31"}])
    assert task_of(ecs, arn, "TAGS")["tags"] == [{"key": "day", "value": "31"}]
    assert ecs.stop_task(cluster="night", task=arn, reason="enough")["task"]["stopCode"] == "UserInitiated"
    task = task_of(ecs, arn, "TAGS")
    assert (task["tags"], task["stoppedReason"], task["containers"][0]["exitCode"]) == ([], "enough", 143)


def test_tags_are_shown_only_when_asked_for_and_come_from_the_definition_when_propagated(local_aws: LocalAws) -> None:
    ecs = define(local_aws, "tagged", tags=[{"key": "team", "value": "risk"}, {"key": "day", "value": "?"}])
    arn = start(ecs, "tagged", QUICK, tags=[{"key": "day", "value": "31"}], propagateTags="TASK_DEFINITION")
    assert task_of(ecs, arn).get("tags", []) == []
    assert {tag["key"]: tag["value"] for tag in task_of(ecs, arn, "TAGS")["tags"]} == {"team": "risk", "day": "31"}


def test_tasks_are_listed_by_family_and_by_who_started_them(local_aws: LocalAws) -> None:
    ecs = define(local_aws, "listed")
    arn = start(ecs, "listed", QUICK, startedBy="batch-31")
    assert ecs.list_tasks(cluster="night", family="listed")["taskArns"] == [arn]
    assert ecs.list_tasks(cluster="night", startedBy="batch-31")["taskArns"] == [arn]
    ended(ecs, arn)
    assert ecs.list_tasks(cluster="night", family="listed")["taskArns"] == []
    assert ecs.list_tasks(cluster="night", family="listed", desiredStatus="STOPPED")["taskArns"] == [arn]
    assert code_of(ecs.list_tasks, cluster="night", family="listed", startedBy="batch-31") == "InvalidParameterException"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"startedBy": "x" * 128}, None),
        ({"startedBy": "x" * 129}, "InvalidParameterException"),
        ({"startedBy": "2026.03.31"}, "InvalidParameterException"),
        ({"overrides": {"containerOverrides": [{"name": "nobody"}]}}, "InvalidParameterException"),
        ({"overrides": {"containerOverrides": [{"name": "load", "command": ["x" * 8192]}]}}, "InvalidParameterException"),
        ({"count": 11}, "InvalidParameterException"),
        ({"propagateTags": "SERVICE"}, "InvalidParameterException"),
        ({"cluster": "nowhere"}, "ClusterNotFoundException"),
        ({"taskDefinition": "nothing"}, "ClientException"),
    ],
)
def test_requests_are_checked_as_on_aws(local_aws: LocalAws, request_: dict[str, Any], code: str | None) -> None:
    ecs = define(local_aws, "checked")
    assert code_of(ecs.run_task, **{"cluster": "night", "taskDefinition": "checked", **request_}) == code


def test_a_role_is_decided_on_for_the_definition_the_task_and_the_cluster(local_aws: LocalAws) -> None:
    owner = define(local_aws, "guarded")
    arn = start(owner, "guarded", TOLD)
    make_role(
        local_aws,
        SENDER,
        "task-reader",
        allow("ecs:DescribeTasks", f"{ECS}:task/night/*"),
        allow("ecs:ListTasks", "*", Condition={"ArnEquals": {"ecs:cluster": CLUSTER}}),
        allow("ecs:RunTask", f"{ECS}:task-definition/guarded:*"),
    )
    ecs = local_aws.assumed(SENDER, "task-reader").client("ecs")
    assert ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0]["lastStatus"] in {"PROVISIONING", "PENDING", "RUNNING"}
    assert ecs.list_tasks(cluster="night", family="guarded")["taskArns"] == [arn]
    assert ecs.run_task(cluster="night", taskDefinition="guarded")["failures"] == []
    define(local_aws, "unguarded")
    denied = [
        code_of(ecs.run_task, cluster="night", taskDefinition="unguarded"),
        code_of(ecs.list_tasks, cluster="default"),
        code_of(ecs.describe_tasks, cluster="day", tasks=["x"]),
        code_of(ecs.stop_task, cluster="night", task=arn),
    ]
    assert denied == ["AccessDeniedException"] * 4
