"""The three ways in which Step Functions runs an ECS task, deployed as examples/ecs-ways.yaml says, and the joins for them.

A task runs until the test ends it, so what is released before is released while it still runs.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fanin.definitions.yaml_source import read_definitions
from local.landscape import DAILY_CLOSE, HUB, PREDECESSOR, machine_arn
from local.process import ROOT
from local.stacks import sam_build, sam_deploy
from tests.e2e.watching import eventually
from tests.e2e.world import BY_DATE, World, definition, to

pytestmark = pytest.mark.e2e

CLUSTER = "ecs-ways"
SYNC, OPTIMIZED, SDK = "run-task-sync", "run-task", "sdk-run-task"
FORGETTING = (OPTIMIZED, SDK)


@pytest.fixture(scope="module")
def ways(world: World) -> World:
    """The example's stack, with tasks that run until they are told to end, and the example's joins."""
    built = sam_build(ROOT / "examples" / "ecs-ways.yaml", ROOT / "build" / "sam" / "ecs-ways")
    sam_deploy(world.aws, HUB, CLUSTER, built, {"Subnet": "subnet-1"})
    ecs = world.aws.client(HUB, "ecs")
    for way in (SYNC, OPTIMIZED, SDK):
        told = [{"name": "FANIN_LOCAL_SECONDS", "value": "told"}]
        ecs.register_task_definition(family=f"{CLUSTER}-{way}", containerDefinitions=[{"name": "load", "image": "x", "environment": told}])
    world.apply(*(example(way) for way in (SYNC, OPTIMIZED, SDK)))
    return world


def example(way: str) -> dict[str, Any]:
    """The definition of examples/ecs for a way."""
    (source,), problems = read_definitions(str(ROOT / "examples" / "ecs" / f"{way}.join.yaml"))
    assert problems == []
    assert isinstance(source.document, dict)
    return source.document


def machine(way: str) -> str:
    return machine_arn(HUB, f"{CLUSTER}-{way}")


def task_for(world: World, way: str, date: str) -> str:
    """The running task that was started for a date, whichever way it was told."""
    ecs = world.aws.client(HUB, "ecs")

    def found() -> str | None:
        arns = ecs.list_tasks(cluster=CLUSTER, family=f"{CLUSTER}-{way}")["taskArns"]
        tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []
        running = (task for task in tasks if task["lastStatus"] == "RUNNING" and date in json.dumps(task, default=str))
        return next((str(task["taskArn"]) for task in running), None)

    return eventually(found, f"the task of {way} for {date} to run")


def is_running(world: World, task: str) -> bool:
    return bool(world.aws.client(HUB, "ecs").describe_tasks(cluster=CLUSTER, tasks=[task])["tasks"][0]["lastStatus"] == "RUNNING")


def start(world: World, way: str, name: str, date: str) -> str:
    return world.deployed.landscape.start(HUB, f"{CLUSTER}-{way}", name, {"businessDate": date})


def status(world: World, execution: str) -> str:
    return str(world.aws.client(HUB, "stepfunctions").describe_execution(executionArn=execution)["status"])


def test_with_sync_a_join_on_the_state_machine_is_enough(ways: World) -> None:
    execution = start(ways, SYNC, "sync-1", "2026-03-31")
    task = task_for(ways, SYNC, "2026-03-31")
    ways.settle()
    assert (status(ways, execution), ways.show(f"ecs-{SYNC}", "2026-03-31")) == ("RUNNING", None)
    ways.aws.end_work(task)
    ways.wait_for_state(f"ecs-{SYNC}", "2026-03-31", "ACKNOWLEDGED")
    assert status(ways, execution) == "SUCCEEDED"


def test_with_sync_a_task_that_fails_releases_nothing(ways: World) -> None:
    execution = start(ways, SYNC, "sync-bad", "2026-04-01")
    ways.aws.end_work(task_for(ways, SYNC, "2026-04-01"), exit_code=1)
    eventually(lambda: status(ways, execution) == "FAILED", "the execution to fail")
    ways.settle()
    run = ways.show(f"ecs-{SYNC}", "2026-04-01")
    assert run is None or run["state"] == "OPEN"


@pytest.mark.parametrize("way", FORGETTING)
def test_without_sync_a_join_on_the_state_machine_fires_while_the_task_still_runs(ways: World, way: str) -> None:
    early, date = f"early-{way}", "2026-05-01"
    ways.apply(definition(early, {"load": machine(way)}, to(DAILY_CLOSE), key=BY_DATE))
    start(ways, way, f"early-{way}", date)
    task = task_for(ways, way, date)
    ways.wait_for_state(early, date, "ACKNOWLEDGED")
    assert is_running(ways, task)
    ways.aws.end_work(task)


@pytest.mark.parametrize("way", FORGETTING)
def test_without_sync_a_join_on_the_task_fires_when_the_task_has_ended(ways: World, way: str) -> None:
    join, date = f"ecs-{way}", "2026-06-01"
    execution = start(ways, way, f"task-{way}", date)
    task = task_for(ways, way, date)
    eventually(lambda: status(ways, execution) == "SUCCEEDED", "the execution to end")
    ways.settle()
    waiting = ways.show(join, date)
    assert waiting is None or (waiting["state"], waiting["missing"]) == ("OPEN", ["load"])
    ways.aws.end_work(task)
    ways.wait_for_state(join, date, "ACKNOWLEDGED")
    (given,) = [one for one in ways.executions_of(join, DAILY_CLOSE) if one["key"] == date]
    assert given["predecessors"]["load"]["executionArn"] == task


@pytest.mark.parametrize("way", FORGETTING)
def test_a_task_that_fails_releases_nothing_although_its_execution_succeeded(ways: World, way: str) -> None:
    join, date = f"ecs-{way}", "2026-07-01"
    execution = start(ways, way, f"bad-{way}", date)
    ways.aws.end_work(task_for(ways, way, date), exit_code=1)
    eventually(lambda: status(ways, execution) == "SUCCEEDED", "the execution to end")
    ways.settle()
    run = ways.show(join, date)
    assert run is None or run["state"] in {"OPEN", "FAILED"}
    assert [one for one in ways.executions_of(join, DAILY_CLOSE) if one["key"] == date] == []


def test_the_date_may_be_a_tag_of_the_task_which_is_looked_up(ways: World) -> None:
    """The event has no tags: the collector asks for them when the task has ended."""
    date = "2026-09-01"
    tagged = {
        **definition("ecs-tagged", {}, to(DAILY_CLOSE), key={"tag": "business-date"}),
        "predecessors": example(OPTIMIZED)["predecessors"],
    }
    ways.apply(tagged)
    start(ways, OPTIMIZED, "tagged", date)
    ways.aws.end_work(task_for(ways, OPTIMIZED, date))
    ways.wait_for_state("ecs-tagged", date, "ACKNOWLEDGED")


def test_two_dates_at_once_are_told_apart(ways: World) -> None:
    join, dates = f"ecs-{OPTIMIZED}", ("2026-08-01", "2026-08-02")
    for date in dates:
        start(ways, OPTIMIZED, f"both-{date}", date)
    tasks = {date: task_for(ways, OPTIMIZED, date) for date in dates}
    ways.aws.end_work(tasks[dates[1]])
    ways.wait_for_state(join, dates[1], "ACKNOWLEDGED")
    assert ways.show(join, dates[0]) is None
    ways.aws.end_work(tasks[dates[0]])
    ways.wait_for_state(join, dates[0], "ACKNOWLEDGED")


def test_a_task_of_another_account_counts_whoever_started_it(ways: World) -> None:
    """No state machine is needed: somebody's own scheduler runs the task, in a predecessor's account."""
    cluster = f"arn:aws:ecs:us-east-1:{PREDECESSOR}:cluster/night"
    predecessor = {"ecsTask": {"cluster": cluster, "family": "prices"}}
    ways.apply(
        {"join": "ecs-foreign", "key": {"input": "startedBy"}, "predecessors": {"prices": predecessor}, "successors": [to(DAILY_CLOSE)]}
    )
    ecs = ways.aws.client(PREDECESSOR, "ecs")
    ecs.create_cluster(clusterName="night")
    for revision in ("first", "second"):  # every revision of the family counts
        ecs.register_task_definition(family="prices", containerDefinitions=[{"name": "load", "image": revision}])
        ecs.run_task(cluster="night", taskDefinition="prices", startedBy=f"{revision}/2026-03-31")
    ways.wait_for_state("ecs-foreign", "first/2026-03-31", "ACKNOWLEDGED")
    ways.wait_for_state("ecs-foreign", "second/2026-03-31", "ACKNOWLEDGED")


@pytest.mark.parametrize(("way", "codes"), [(SYNC, []), (OPTIMIZED, ["fire-and-forget"]), (SDK, ["fire-and-forget"])])
def test_lint_reads_the_deployed_state_machines_and_tells_which_fire_early(ways: World, tmp_path: Path, way: str, codes: list[str]) -> None:
    join = tmp_path / "close.yaml"
    join.write_text(json.dumps(definition("close", {"load": machine(way)}, to(DAILY_CLOSE), key=BY_DATE)))
    command = [str(ROOT / ".venv" / "bin" / "fanin"), "lint", "--json", str(join)]
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **ways.aws.environment(HUB)}
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    answer = json.loads(finished.stdout)
    assert ([one["code"] for one in answer["findings"]], answer["unread"], finished.returncode) == (codes, [], int(bool(codes)))
    for finding in answer["findings"]:
        # As the template filled it in: ready to paste.
        assert f"cluster: arn:aws:ecs:us-east-1:{HUB}:cluster/{CLUSTER}\n" in finding["instead"]
        assert f"family: {CLUSTER}-{way}\n" in finding["instead"]
