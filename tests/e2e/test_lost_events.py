"""Lost events: rules that match nothing, a sweeper that is away, an input that was left out; the sources know, and are asked.

Every source here is asked by the hub's own role in its account, and by the observer's in the predecessor's.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from local.landscape import DAILY_CLOSE, HUB, HUB_NAME, PREDECESSOR
from tests.e2e.deployment import make_machine
from tests.e2e.faults import silent
from tests.e2e.watching import eventually
from tests.e2e.work import WORK
from tests.e2e.world import BY_DATE, World, definition, to

pytestmark = pytest.mark.e2e

DATE = "2026-03-31"
SWEEP_RULE = f"{HUB_NAME}-sweep"
RULES = {
    HUB: {
        "stepfunctions": f"{HUB_NAME}-completions",
        "ecs": f"{HUB_NAME}-ecs-tasks",
        "glue": f"{HUB_NAME}-glue-jobs",
        "batch": f"{HUB_NAME}-batch-jobs",
        "codebuild": f"{HUB_NAME}-codebuild-builds",
    },
    PREDECESSOR: {
        "stepfunctions": f"fanin-predecessor-{HUB_NAME}",
        "ecs": f"fanin-predecessor-{HUB_NAME}-ecs-tasks",
        "glue": f"fanin-predecessor-{HUB_NAME}-glue-jobs",
        "batch": f"fanin-predecessor-{HUB_NAME}-batch-jobs",
        "codebuild": f"fanin-predecessor-{HUB_NAME}-codebuild",
    },
}
ACCOUNTS = pytest.mark.parametrize("account", [HUB, PREDECESSOR], ids=["hub", "predecessor"])


def ask_again(world: World, source: str, kind: str = "stepfunctions") -> None:
    """The time passes until a source is to be asked again, and the sweeper comes by."""
    world.table.make_watch_due(source, kind)
    world.sweep()
    world.settle()


def name_in(account: str, name: str) -> str:
    return f"{name}-{'hub' if account == HUB else 'other'}"


def join_of(world: World, account: str, name: str, **more: Any) -> tuple[str, str, str]:
    """A join that waits for one job of the hub, whose events come, and for one of an account: its name, and the two state machines."""
    join = name_in(account, name)
    heard, lost = world.job(HUB, f"{join}-heard"), world.job(account, f"{join}-lost")
    world.apply(definition(join, {"heard": heard, "lost": lost}, to(DAILY_CLOSE), key=BY_DATE) | more)
    return join, heard, lost


@ACCOUNTS
def test_with_the_rule_disabled_during_the_run_the_join_is_released_within_two_sweeps(world: World, account: str) -> None:
    join, heard, lost = join_of(world, account, "lost-events")
    with silent(world, HUB, SWEEP_RULE):
        world.run(heard, "h", businessDate=DATE)
        world.wait_for_state(join, DATE, "OPEN")
        world.settle()
        with silent(world, account, RULES[account]["stepfunctions"]):
            world.sweep()
            world.run(lost, "l", businessDate=DATE)
            world.settle()
            assert world.executions_of(join, DAILY_CLOSE) == []
            ask_again(world, lost)
        run = world.wait_for_state(join, DATE, "ACKNOWLEDGED")
    assert run["arrivals"]["lost"]["executionArn"].endswith(f":{join}-lost:l")
    (given,) = world.executions_of(join, DAILY_CLOSE)
    assert given["key"] == DATE


def test_with_the_sweeper_off_for_a_while_nothing_is_lost_when_it_returns(world: World) -> None:
    join, heard, lost = join_of(world, PREDECESSOR, "sweeper-off")
    with silent(world, HUB, SWEEP_RULE):
        with silent(world, HUB, RULES[HUB]["stepfunctions"]), silent(world, PREDECESSOR, RULES[PREDECESSOR]["stepfunctions"]):
            for number in range(3):
                world.run(heard, f"h-{number}", businessDate=str(number))
                world.run(lost, f"l-{number}", businessDate=str(number))
        world.settle()
        assert world.runs(join) == []
        for source in (heard, lost):
            ask_again(world, source)
        for number in range(3):
            world.wait_for_state(join, str(number), "ACKNOWLEDGED")
    assert [given["key"] for given in world.executions_of(join, DAILY_CLOSE)] == ["0", "1", "2"]


@ACCOUNTS
def test_an_input_that_the_event_left_out_is_fetched_when_it_is_collected(world: World, account: str) -> None:
    join, heard, large = join_of(world, account, "large-input")
    world.run(heard, "h", businessDate=DATE)
    world.run(large, "l", businessDate=DATE, filler="x" * 250_000)
    world.wait_for_state(join, DATE, "ACKNOWLEDGED")
    assert len(world.executions_of(join, DAILY_CLOSE)) == 1


def make_redrivable(world: World, account: str, name: str) -> str:
    """A state machine that fails until a parameter of its own name is there; its ARN."""
    look = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter", "Parameters": {"Name": f"/{name}"}, "End": True}
    return make_machine(world.aws, account, name, json.dumps({"StartAt": "Look", "States": {"Look": look}}))


@ACCOUNTS
def test_a_redrive_whose_event_is_lost_is_found_when_its_run_is_looked_at(world: World, account: str) -> None:
    join = name_in(account, "lost-redrive")
    heard, lost = world.job(HUB, f"{join}-heard"), make_redrivable(world, account, f"{join}-lost")
    world.apply(definition(join, {"heard": heard, "lost": lost}, to(DAILY_CLOSE), key=BY_DATE))
    states = world.aws.client(account, "stepfunctions")
    with silent(world, HUB, SWEEP_RULE):
        world.run(heard, "h", businessDate=DATE)
        failed = world.run(lost, "l", businessDate=DATE)
        slot = eventually(lambda: arrival(world, join, "lost"), "the failure")
        assert (failed["status"], slot["status"]) == ("FAILED", "FAILED")
        with silent(world, account, RULES[account]["stepfunctions"]):
            world.aws.client(account, "ssm").put_parameter(Name=f"/{join}-lost", Value="there now", Type="String")
            states.redrive_execution(executionArn=failed["executionArn"])
            eventually(lambda: states.describe_execution(executionArn=failed["executionArn"])["status"] == "SUCCEEDED", "its success")
            world.settle()
            # The source itself has just been asked, and is not asked again; the run is looked at.
            world.table.write(world.table.watch(lost), dueAt={"N": str((time.time_ns() // 1_000_000) + 600_000)})
            world.table.make_due(join, DATE)
            world.sweep()
            run = world.wait_for_state(join, DATE, "ACKNOWLEDGED")
    assert (run["attempt"], run["arrivals"]["lost"]["status"]) == (1, "SUCCEEDED")
    assert run["arrivals"]["lost"]["executionArn"] == slot["executionArn"]


def arrival(world: World, join: str, predecessor: str) -> dict[str, Any] | None:
    run = world.show(join, DATE)
    found: dict[str, Any] | None = None if run is None else run["arrivals"][predecessor]
    return found


KEYS = {"ecs": "group", "glue": "jobName", "batch": "jobName", "codebuild": '"project-name"'}


@ACCOUNTS
@pytest.mark.parametrize("kind", WORK)
def test_work_of_every_kind_whose_event_is_lost_is_found(world: World, account: str, kind: str) -> None:
    work, name = WORK[kind], name_in(account, f"lost-{kind}")
    work.make(world.aws, account, name)
    document = definition(name, {}, to(DAILY_CLOSE), key={"detail": KEYS[kind]})
    world.apply({**document, "predecessors": {"work": work.predecessor(account, name)}})
    with silent(world, account, RULES[account][kind]):
        execution_id = work.run(world.aws, account, name)
    world.settle()
    assert world.runs(name) == []
    ask_again(world, work.source(account, name), kind)
    (run,) = eventually(lambda: world.runs(name), f"the run of {name}")
    shown = world.wait_for_state(name, run["key"], "ACKNOWLEDGED")
    assert run["key"] == (f"family:{name}" if kind == "ecs" else name)
    assert execution_id in shown["arrivals"]["work"]["executionArn"]
    (given,) = world.executions_of(name, DAILY_CLOSE)
    assert given["predecessors"]["work"]["status"] == "SUCCEEDED"
    ask_again(world, work.source(account, name), kind)
    assert [one["state"] for one in world.runs(name)] == ["ACKNOWLEDGED"]


def test_completions_older_than_the_join_are_found_when_it_is_applied_with_a_catch_up(world: World) -> None:
    left, right = world.job(HUB, "catch-up-left"), world.job(PREDECESSOR, "catch-up-right")
    for number in range(3):
        world.run(left, f"l-{number}", businessDate=str(number))
        world.run(right, f"r-{number}", businessDate=str(number))
    world.settle()
    document = definition("catch-up", {"left": left, "right": right}, to(DAILY_CLOSE), key=BY_DATE)
    request = {"action": "apply", "definitions": [{"label": "catch-up", "document": document}]}
    assert world.ask_operator(**request, catchUp="P21D")["problems"][0]["code"] == "catch-up-invalid"
    for _ in range(2):
        answer = world.ask_operator(**request, catchUp="PT6H")
        assert answer["ok"]
        (told,) = answer["results"]
        assert (told["catchUp"]["sources"], told["catchUp"]["cannotAsk"]) == (2, [])
        time.sleep(max(0.0, told["effectiveFromMs"] / 1000 - time.time()))
        for source in (left, right):
            ask_again(world, source)
        for number in range(3):
            world.wait_for_state("catch-up", str(number), "ACKNOWLEDGED")
    assert [given["key"] for given in world.executions_of("catch-up", DAILY_CLOSE)] == ["0", "1", "2"]
    sources = world.ask_viewer(action="sources", join="catch-up")["sources"]
    assert [(one["arn"], one["asked"], one["reading"], one["trouble"]) for one in sources] == [
        (left, True, False, None),
        (right, True, False, None),
    ]
    assert all(one["passedAtMs"] > one["sinceMs"] for one in sources)
