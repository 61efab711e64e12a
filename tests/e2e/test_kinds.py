"""Every kind of predecessor, from an event on an account's default bus to the execution that a join over it starts.

The events are the recorded shapes of events/collector, made to have happened just now. Of the hub's own account they come by its rules, of
another by the predecessor stack's.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

import pytest

from local.aws import DEFAULT_REGION
from local.landscape import DAILY_CLOSE, EVENT_SOURCES, HUB, PREDECESSOR, SUCCESSOR, machine_arn
from local.process import ROOT
from local.stacks import sam_deploy
from tests.e2e.deployment import update_stack
from tests.e2e.events import body, completion, event
from tests.e2e.faults import silent
from tests.e2e.watching import eventually
from tests.e2e.world import World, to

pytestmark = pytest.mark.e2e

DAY = "2026-03-31"
ACCOUNTS = (HUB, PREDECESSOR)
BOTH = {"ecs-stopped", "glue-succeeded", "batch-succeeded", "codebuild-succeeded", "lambda-success", "s3-object-created"}
JOBS, S3 = EVENT_SOURCES.split(",")
OURS: dict[str, Any] = {
    "region": DEFAULT_REGION,
    "source": JOBS,
    "detailType": "Job Ended",
    "pattern": {"detail": {"job": [{"prefix": "load-"}]}},
    "id": "detail.run",
    "status": {"path": "detail.state", "succeeded": ["ok"], "failed": ["bad"]},
    "startedAt": "detail.began",
}


FILES: dict[str, Any] = {
    "region": DEFAULT_REGION,
    "source": S3,
    "detailType": "Object Created",
    "pattern": {"detail": {"bucket": {"name": ["inbox"]}, "object": {"key": [{"prefix": "prices/"}]}}},
    "id": "detail.object.key",
}


def arn(service: str, account: str, resource: str) -> str:
    return f"arn:aws:{service}:{DEFAULT_REGION}:{account}:{resource}"


PREDECESSORS: dict[str, Callable[[str], dict[str, Any]]] = {
    "ecs-stopped": lambda account: {"ecsTask": {"cluster": arn("ecs", account, "cluster/batch"), "family": "nightly-load"}},
    "glue-succeeded": lambda account: {"glueJob": arn("glue", account, "job/load")},
    "batch-succeeded": lambda account: {"batchJob": {"queue": arn("batch", account, "job-queue/nightly"), "definition": "load"}},
    "codebuild-succeeded": lambda account: {"codeBuildProject": arn("codebuild", account, "project/report")},
    "lambda-success": lambda account: {"lambdaFunction": arn("lambda", account, "function:prices"), "trust": "account"},
    "s3-object-created": lambda account: {"event": {**FILES, "account": account}, "trust": "account"},
    "ours": lambda account: {"event": {**OURS, "account": account}, "trust": "account"},
}
KEYS: dict[str, dict[str, Any]] = {
    "ecs-stopped": {"input": "environment.BUSINESS_DATE"},
    "glue-succeeded": {"detail": "jobRunId"},
    "batch-succeeded": {"input": "parameters.businessDate"},
    "codebuild-succeeded": {"input": "environment.BUSINESS_DATE"},
    "lambda-success": {"input": "businessDate"},
    "s3-object-created": {"name": r"^prices/([0-9-]{10})\.csv$"},
    "ours": {"input": "day"},
}
FAILURES = {
    "ecs-stopped": ("ecs-exit-code", "FAILED"),
    "glue-succeeded": ("glue-timeout", "TIMED_OUT"),
    "batch-succeeded": ("batch-failed", "FAILED"),
    "codebuild-succeeded": ("codebuild-stopped", "ABORTED"),
    "lambda-success": ("lambda-failure", "FAILED"),
}


@cache
def stamped() -> Callable[[str, datetime], dict[str, Any]]:
    """events/now.py is a script, so it is not on the path."""
    spec = importlib.util.spec_from_file_location("events_now", ROOT / "events" / "now.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast(Callable[[str, datetime], dict[str, Any]], module.stamped)


def recorded(name: str, account: str, day: str) -> dict[str, Any]:
    """The recorded event as if it had just happened in an account, for a business date."""
    text = (ROOT / "events" / "collector" / f"{name}.json").read_text(encoding="utf-8")
    (record,) = stamped()(text, datetime.now(UTC).replace(microsecond=0))["Records"]
    told: dict[str, Any] = json.loads(record["body"].replace(HUB, account).replace(f'"{DAY}"', f'"{day}"'))
    return told


def tell(world: World, told: dict[str, Any]) -> None:
    """Put an event on the default bus of its account, as the service would."""
    world.aws.put_service_event(told["account"], told["source"], told["detail-type"], told["detail"], told["resources"])


def tell_ours(world: World, account: str, **detail: Any) -> None:
    """Put an event of our own, as anybody may who may put events there."""
    entry = {"Source": JOBS, "DetailType": "Job Ended", "Detail": json.dumps(detail)}
    answer = world.aws.client(account, "events").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0


def join_over(join: str, *predecessors: dict[str, Any], key: dict[str, Any]) -> dict[str, Any]:
    return {
        "join": join,
        "key": key,
        "predecessors": {f"p{number}": one for number, one in enumerate(predecessors)},
        "successors": [to(DAILY_CLOSE)],
    }


def key_of(kind: str, told: dict[str, Any], day: str) -> str:
    return str(told["detail"]["jobRunId"]) if kind == "glue-succeeded" else day


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("kind", sorted(BOTH))
def test_a_success_of_any_kind_in_any_account_releases_a_join(world: World, kind: str, account: str) -> None:
    join = f"{kind}-{account[:3]}"
    world.apply(join_over(join, PREDECESSORS[kind](account), key=KEYS[kind]))
    told = recorded(kind, account, DAY)
    tell(world, told)
    world.wait_for_state(join, key_of(kind, told, DAY), "ACKNOWLEDGED")
    (given,) = world.executions_of(join, DAILY_CLOSE)
    assert given["predecessors"]["p0"]["status"] == "SUCCEEDED"
    assert account in given["predecessors"]["p0"]["executionArn"]


@pytest.mark.parametrize("kind", FAILURES)
def test_a_failure_of_any_kind_is_an_arrival_that_makes_nothing_ready(world: World, kind: str) -> None:
    join, (failure, status) = f"{kind}-bad", FAILURES[kind]
    world.apply(join_over(join, PREDECESSORS[kind](HUB), key=KEYS[kind]))
    told = recorded(failure, HUB, "2026-04-01")
    tell(world, told)
    run = world.wait_for_state(join, key_of(kind, told, "2026-04-01"), "OPEN")
    world.settle()
    assert run["arrivals"]["p0"]["status"] == status
    assert world.executions_of(join, DAILY_CLOSE) == []


def test_a_task_that_has_started_is_waited_for_where_it_is_optional(world: World) -> None:
    join = "ecs-optional"
    optional = {**PREDECESSORS["ecs-stopped"](HUB), "optional": True}
    document = join_over(join, optional, {"stateMachine": machine_arn(HUB, "never")}, key=KEYS["ecs-stopped"])
    document["predecessors"]["p1"]["key"] = {"input": "day"}
    world.apply({**document, "deadlines": [{"after": "P1D", "then": "fail"}]})
    tell(world, recorded("ecs-running", HUB, "2026-04-02"))
    run = world.wait_for_state(join, "2026-04-02", "OPEN")
    assert (run["arrivals"]["p0"]["status"], sorted(run["missing"])) == ("RUNNING", ["p0", "p1"])


def test_a_child_of_an_array_job_releases_nothing(world: World) -> None:
    join = "batch-array"
    world.apply(join_over(join, PREDECESSORS["batch-succeeded"](HUB), key=KEYS["batch-succeeded"]))
    tell(world, recorded("batch-array-child", HUB, "2026-04-03"))
    world.settle()
    assert world.show(join, "2026-04-03") is None


@pytest.mark.parametrize("account", ACCOUNTS)
def test_an_event_of_our_own_releases_a_join_where_its_rule_takes_it(world: World, account: str) -> None:
    join = f"ours-{account[:3]}"
    world.apply(join_over(join, PREDECESSORS["ours"](account), key=KEYS["ours"]))
    tell_ours(world, account, job="other-1", run="r-0", state="ok", day=DAY)
    tell_ours(world, account, job="load-1", run="r-1", state="begun", day=DAY)
    world.settle()
    assert world.show(join, DAY) is None
    tell_ours(world, account, job="load-1", run="r-1", state="bad", day=DAY)
    assert world.wait_for_state(join, DAY, "OPEN")["arrivals"]["p0"]["status"] == "FAILED"
    tell_ours(world, account, job="load-1", run="r-1", state="ok", day=DAY)
    world.wait_for_state(join, DAY, "ACKNOWLEDGED")
    (given,) = world.executions_of(join, DAILY_CLOSE)
    assert given["predecessors"]["p0"]["executionArn"] == f"{account}:{DEFAULT_REGION}:{JOBS}/Job Ended/r-1"


def test_an_event_that_no_definition_names_is_quarantined(world: World) -> None:
    (message,) = world.send_arrivals(body(event(JOBS, "Something Else", {"job": "load-1"}, HUB)))
    world.settle()
    assert world.arrivals_quarantine.wait_for(message).code == "source-unknown"


def test_a_release_of_another_account_counts_for_nothing(world: World) -> None:
    world.apply(
        join_over("kinds-upstream", {"stateMachine": machine_arn(HUB, "kinds-upstream")}, key={"input": "day"}),
        join_over("kinds-downstream", {"join": "kinds-upstream"}, key={"input": "key"}),
    )
    notice = {"v": 1, "transition": "RELEASED", "join": "kinds-upstream", "key": DAY, "attempt": 1, "at": 1, "reason": "satisfied"}
    (message,) = world.send_arrivals(body(event("fanin.hub", "Fan-in Notice", notice, PREDECESSOR)))
    world.settle()
    assert world.arrivals_quarantine.wait_for(message).code == "account-mismatch"
    assert world.show("kinds-downstream", DAY) is None


def test_a_chain_of_joins_is_released_link_by_link(world: World) -> None:
    day = "2026-04-05"
    world.apply(
        join_over("chain-one", PREDECESSORS["ecs-stopped"](HUB), key=KEYS["ecs-stopped"]),
        join_over("chain-two", {"join": "chain-one"}, key={"input": "key"}),
        join_over("chain-three", {"join": "chain-two"}, {"join": "chain-one"}, key={"input": "key"}),
    )
    tell(world, recorded("ecs-stopped", HUB, day))
    world.wait_for_state("chain-three", day, "ACKNOWLEDGED")
    (given,) = world.executions_of("chain-three", DAILY_CLOSE)
    named = {name: one["executionArn"] for name, one in given["predecessors"].items()}
    assert named == {"p0": f"chain-two/{day}/1", "p1": f"chain-one/{day}/1"}
    assert [len(world.executions_of(join, DAILY_CLOSE)) for join in ("chain-one", "chain-two")] == [1, 1]


def test_a_release_whose_notice_was_lost_is_found_by_the_run_that_waits(world: World) -> None:
    day = "2026-04-07"
    last = {**OURS, "account": HUB, "pattern": {"detail": {"job": ["last"]}}}
    world.apply(
        join_over("lost-one", {"stateMachine": machine_arn(HUB, "lost-one")}, key={"input": "day"}),
        join_over("lost-two", {"join": "lost-one"}, {"event": last, "trust": "account", "key": KEYS["ours"]}, key={"input": "key"}),
    )
    with silent(world, HUB, "fanin-joins", "fanin"):
        world.send_arrivals(body(completion(machine_arn(HUB, "lost-one"), "lost-one", day=day)))
        world.wait_for_state("lost-one", day, "ACKNOWLEDGED")
        eventually(lambda: "RELEASED" in world.notices_of("lost-one", day), "the notice to be sent")
    tell_ours(world, HUB, job="last", run="r-1", state="ok", day=day)
    assert world.wait_for_state("lost-two", day, "OPEN")["missing"] == ["p0"]
    world.send_arrivals(body({"v": 1, "recheck": {"join": "lost-two", "key": day}}))
    world.wait_for_state("lost-two", day, "ACKNOWLEDGED")
    (given,) = world.executions_of("lost-two", DAILY_CLOSE)
    assert given["predecessors"]["p0"]["executionArn"] == f"lost-one/{day}/1"


def test_a_circle_with_what_is_applied_is_refused_by_the_operator(world: World) -> None:
    world.apply(
        join_over("circle-one", {"stateMachine": machine_arn(HUB, "circle")}, key={"input": "key"}),
        join_over("circle-two", {"join": "circle-one"}, key={"input": "key"}),
    )
    closing = join_over("circle-one", {"join": "circle-two"}, key={"input": "key"})
    answer = world.ask_operator(action="apply", definitions=[{"label": "one", "document": closing}])
    assert [(one["code"], one["path"]) for one in answer["problems"]] == [("join-cycle", ["predecessors", "p0", "join"])]


@pytest.fixture(scope="module")
def reporting(world: World) -> World:
    """The successor's account, whose executions count as well: it has a predecessor stack, and the hub hears it."""
    hub = world.deployed.landscape.hub
    update_stack(world.aws, HUB, "fanin", {"PredecessorAccounts": f"{PREDECESSOR},{SUCCESSOR}"})
    template = ROOT / "build" / "sam" / "predecessor" / "template.yaml"
    sam_deploy(world.aws, SUCCESSOR, "fanin-predecessor", template, {"HubBusArn": hub["HubBusArn"]})
    return world


def test_what_a_release_has_started_releases_the_next_join_when_it_has_ended(reporting: World) -> None:
    day, mine = "2026-04-06", {**OURS, "account": HUB, "pattern": {"detail": {"job": ["close"]}}}
    after = join_over("after-the-close", {"stateMachine": machine_arn(SUCCESSOR, DAILY_CLOSE)}, key={"input": "key"})
    after["successors"] = [to("report")]
    reporting.apply(join_over("the-close", {"event": mine, "trust": "account"}, key=KEYS["ours"]), after)
    tell_ours(reporting, HUB, job="close", run="r-1", state="ok", day=day)
    reporting.wait_for_state("after-the-close", day, "ACKNOWLEDGED")
    (given,) = reporting.executions_of("after-the-close", "report")
    started_by_us = f"arn:aws:states:{DEFAULT_REGION}:{SUCCESSOR}:execution:{DAILY_CLOSE}:fanin-the-close"
    assert given["predecessors"]["p0"]["executionArn"].startswith(started_by_us)
