"""Joins over every kind of predecessor: from the events of AWS to the release, and what is kept out on the way."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fanin.domain.arrival import decode_arrival
from fanin.domain.completion import Completion, Status
from fanin.domain.run import RunState
from fanin.sources.message import parse_message
from fanin.use_cases.collect_batch import Collected
from tests.unit.sources.events import HUB, NOW_MS, OTHER, machine_arn, status_change
from tests.unit.sources.samples import Event, Place, changed, moved, sample
from tests.unit.use_cases.landscape import HUB_BUS, PLAN_CACHE_S, Landscape, definition, successor

pytestmark = pytest.mark.unit

DAY = "2026-03-31"
CLUSTER = f"arn:aws:ecs:us-east-1:{HUB}:cluster/batch"
S3: dict[str, object] = {
    "account": HUB,
    "region": "us-east-1",
    "source": "aws.s3",
    "detailType": "Object Created",
    "pattern": {"detail": {"bucket": {"name": ["inbox"]}, "object": {"key": [{"prefix": "prices/"}]}}},
    "id": "detail.object.key",
}
KINDS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "ecs-stopped": ({"ecsTask": {"cluster": CLUSTER, "family": "nightly-load"}}, {"input": "environment.BUSINESS_DATE"}),
    "batch-succeeded": (
        {"batchJob": {"queue": f"arn:aws:batch:us-east-1:{HUB}:job-queue/nightly", "definition": "load"}},
        {"input": "parameters.businessDate"},
    ),
    "codebuild-succeeded": (
        {"codeBuildProject": f"arn:aws:codebuild:us-east-1:{HUB}:project/report"},
        {"input": "environment.BUSINESS_DATE"},
    ),
    "lambda-success": (
        {"lambdaFunction": f"arn:aws:lambda:us-east-1:{HUB}:function:prices", "trust": "account"},
        {"input": "businessDate"},
    ),
    "join-released": ({"join": "daily-close"}, {"input": "key"}),
    "s3-object-created": ({"event": S3, "trust": "account"}, {"name": "^prices/([0-9-]{10})\\.csv$"}),
}
BY_STOP: dict[str, object] = {"window": {"every": "day", "by": "stop"}}
GLUE: dict[str, object] = {"glueJob": f"arn:aws:glue:us-east-1:{HUB}:job/load"}


def waiting_for(*predecessors: dict[str, object], join: str = "report", key: dict[str, object] | None = None) -> dict[str, object]:
    return {
        "join": join,
        "key": key or {"input": "businessDate"},
        "predecessors": {f"p{number}": one for number, one in enumerate(predecessors)},
        "successors": [successor("report")],
    }


def applied(*documents: dict[str, object]) -> Landscape:
    """A hub with these joins; daily-close is there in any case, since some wait for it."""
    landscape = Landscape()
    landscape.apply(definition({"ledger": machine_arn()}), *documents)
    return landscape


def take(landscape: Landscape, *events: Event) -> Collected:
    landscape.arrive(*(json.dumps(one) for one in events))
    collected = landscape.collect()
    assert collected is not None
    assert not collected.failed
    return collected


@pytest.mark.parametrize("name", KINDS)
def test_a_success_of_any_kind_releases_a_join(name: str) -> None:
    predecessor, key = KINDS[name]
    landscape = applied(waiting_for(predecessor, key=key))
    take(landscape, sample(name))
    landscape.settle()
    (given,) = landscape.inputs()
    assert (given["join"], given["key"]) == ("report", DAY)
    assert landscape.run(join="report") is not None
    assert landscape.quarantine.kept == []


@pytest.mark.parametrize("name", KINDS)
def test_the_same_event_again_changes_nothing(name: str) -> None:
    landscape = applied(waiting_for(KINDS[name][0], {"stateMachine": machine_arn("last")}, key=BY_STOP))
    take(landscape, sample(name))
    before = landscape.run(join="report")
    assert before is not None
    take(landscape, sample(name), changed(sample(name), {("id",): "another"}))
    assert landscape.run(join="report") == before


def test_a_glue_job_says_its_arguments_when_it_is_asked() -> None:
    landscape = applied(waiting_for(GLUE, key={"input": 'arguments."--business-date"'}))
    known = parse_message(json.dumps(sample("glue-succeeded")))
    assert isinstance(known, Completion)
    asked = known._replace(input=json.dumps({"arguments": {"--business-date": DAY}}), input_included=True)
    landscape.executions.known[known.execution_arn] = asked
    take(landscape, sample("glue-succeeded"))
    assert landscape.run(join="report") is not None


def test_a_glue_job_that_cannot_be_asked_has_no_key() -> None:
    landscape = applied(waiting_for(GLUE, key={"input": "arguments.day"}))
    assert [one.code for one in take(landscape, sample("glue-succeeded")).rejected.values()] == ["input-unavailable"]


def test_only_its_end_is_asked_for_where_no_key_needs_more() -> None:
    landscape = applied(waiting_for(GLUE, key=BY_STOP))
    known = parse_message(json.dumps(sample("glue-succeeded")))
    assert isinstance(known, Completion)
    landscape.executions.known[known.execution_arn] = known._replace(stopped_at_ms=NOW_MS - 5_777)
    take(landscape, sample("glue-succeeded"))
    run = landscape.run(join="report")
    assert run is not None
    assert run.slots[0].startswith(f"3{NOW_MS - 5_777} ")


def test_when_a_glue_job_started_is_asked_for_where_its_window_depends_on_it() -> None:
    landscape = applied(waiting_for(GLUE, key={"window": {"every": "day"}}))
    known = parse_message(json.dumps(sample("glue-succeeded")))
    assert isinstance(known, Completion)
    landscape.executions.known[known.execution_arn] = known._replace(started_at_ms=NOW_MS - 86_400_000)
    take(landscape, sample("glue-succeeded"))
    assert landscape.run("2026-03-30", "report") is not None


TASK: dict[str, object] = KINDS["ecs-stopped"][0]


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"business-date": DAY}, None),
        ({"other": DAY}, "tag-absent"),
        ({}, "tag-absent"),
        ({"business-date": ""}, "key-empty"),
        (None, "tags-unavailable"),
    ],
)
def test_a_tag_is_looked_up(tags: dict[str, str] | None, code: str | None) -> None:
    landscape = applied(waiting_for(TASK, key={"tag": "business-date"}))
    known = parse_message(json.dumps(sample("ecs-stopped")))
    assert isinstance(known, Completion)
    if tags is not None:
        landscape.executions.known[known.execution_arn] = known._replace(tags=tags)
    collected = take(landscape, sample("ecs-stopped"))
    assert [one.code for one in collected.rejected.values()] == ([] if code is None else [code])
    assert landscape.executions.asked == [known.execution_arn]
    assert (landscape.run(join="report") is not None) is (code is None)


def test_a_source_that_is_throttled_is_asked_again() -> None:
    landscape = applied(waiting_for(TASK, key={"tag": "business-date"}))
    landscape.executions.throttled = True
    landscape.arrive(json.dumps(sample("ecs-stopped")))
    collected = landscape.collect()
    assert collected is not None
    assert len(collected.failed) == len(landscape.arrivals) == 1


def test_an_exit_code_that_is_known_later_is_an_upgrade() -> None:
    landscape = applied(waiting_for(TASK, key=KINDS["ecs-stopped"][1]))
    early = changed(sample("ecs-stopped"), {("detail", "containers", 0, "exitCode"): None})
    assert +take(landscape, early).outcomes == {"waiting": 1}
    assert +take(landscape, sample("ecs-stopped")).outcomes == {"released": 1}


# Who is believed.


def test_a_source_that_nobody_names_is_quarantined() -> None:
    collected = take(applied(), sample("s3-object-created"))
    assert [one.code for one in collected.rejected.values()] == ["source-unknown"]


def test_an_event_that_no_rule_takes_is_not_wanted() -> None:
    landscape = applied(waiting_for(KINDS["s3-object-created"][0], key=KINDS["s3-object-created"][1]))
    other = changed(sample("s3-object-created"), {("detail", "bucket", "name"): "outbox"})
    assert dict(take(landscape, other).outcomes) == {"not-wanted": 1}


@pytest.mark.parametrize("changes", [{("account",): OTHER}, {("region",): "eu-west-1"}])
def test_the_same_event_of_another_account_or_region_is_another_source(changes: dict[Place, object]) -> None:
    landscape = applied(waiting_for(KINDS["s3-object-created"][0], key=KINDS["s3-object-created"][1]))
    collected = take(landscape, changed(sample("s3-object-created"), changes))
    assert [one.code for one in collected.rejected.values()] == ["source-unknown"]


@pytest.mark.parametrize("name", ["lambda-success", "s3-object-created"])
def test_what_anybody_can_say_counts_only_where_the_definition_accepts_that(name: str) -> None:
    predecessor, key = KINDS[name]
    landscape = applied(waiting_for(predecessor, key=key))
    plans = landscape.table.plans
    plan = plans["report", 1]
    plans["report", 1] = replace(plan, predecessors=tuple(one._replace(trusts_account=False) for one in plan.predecessors))
    collected = take(landscape, sample(name))
    assert [one.code for one in collected.rejected.values()] == ["source-unanchored"]
    assert landscape.run(join="report") is None


def test_a_version_that_accepts_it_does_not_speak_for_one_that_does_not() -> None:
    predecessor = KINDS["s3-object-created"][0]
    landscape = applied(waiting_for(predecessor, {"stateMachine": machine_arn("last")}, key=BY_STOP))
    first = landscape.table.plans["report", 1]
    distrusting = tuple(one._replace(trusts_account=False) for one in first.predecessors)
    landscape.table.plans["report", 1] = replace(first, predecessors=distrusting)
    landscape.apply(waiting_for(predecessor, {"stateMachine": machine_arn("other")}, key=BY_STOP))
    take(landscape, sample("s3-object-created"))
    run = landscape.run(join="report")
    assert run is not None
    assert run.plan_version == 2


@pytest.mark.parametrize(("account", "region"), [(OTHER, "us-east-1"), (HUB, "eu-west-1")])
def test_a_release_counts_only_from_the_hubs_own_account_and_region(account: str, region: str) -> None:
    landscape = applied(waiting_for({"join": "daily-close"}, key={"input": "key"}))
    collected = take(landscape, moved(sample("join-released"), account, region))
    assert [one.code for one in collected.rejected.values()] == ["account-mismatch"]
    assert landscape.run(join="report") is None


# Joins that wait for joins.


def test_a_join_is_released_by_the_release_of_another() -> None:
    landscape = applied(
        waiting_for({"join": "daily-close"}, key={"input": "key"}),
        waiting_for({"join": "report"}, join="archive", key={"input": "key"}),
    )
    landscape.arrive(status_change(machine_arn()))
    landscape.settle()
    assert sorted(str(one["join"]) for one in landscape.inputs()) == ["archive", "daily-close", "report"]
    assert {str(one["key"]) for one in landscape.inputs()} == {DAY}
    named = landscape.inputs()[-1]["predecessors"]
    assert isinstance(named, dict)
    assert named["p0"]["executionArn"] == f"report/{DAY}/1"
    assert all(put.bus_arn == HUB_BUS for put in landscape.notices)


def test_a_join_whose_run_fails_fails_the_ones_that_wait_for_it() -> None:
    first = {**definition({"ledger": machine_arn()}), "onFailure": "fail"}
    second = {**waiting_for({"join": "daily-close"}, key={"input": "key"}), "onFailure": "fail"}
    landscape = Landscape()
    landscape.apply(first, second)
    landscape.arrive(status_change(machine_arn(), status="FAILED"))
    landscape.settle()
    run = landscape.run(join="report")
    assert run is not None
    assert run.state is RunState.FAILED


def test_the_next_attempt_of_a_join_is_the_next_arrival_of_those_that_wait() -> None:
    first = {**definition({"ledger": machine_arn()}), "afterRelease": "again"}
    second = {**waiting_for({"join": "daily-close"}, key={"input": "key"}), "afterRelease": "again"}
    landscape = Landscape()
    landscape.apply(first, second)
    landscape.arrive(status_change(machine_arn(), "one"))
    landscape.settle()
    landscape.arrive(status_change(machine_arn(), "two", stopped_at_ms=NOW_MS - 1_000))
    landscape.clock.advance(1_000)
    landscape.settle()
    run = landscape.run(join="report")
    assert run is not None
    assert run.attempt == 2


def chained(**second: object) -> Landscape:
    """A join that waits for two others, notices of which are lost."""
    landscape = Landscape()
    landscape.notices_return = False
    landscape.apply(
        definition({"ledger": machine_arn()}),
        definition({"positions": machine_arn("positions")}, join="europe"),
        {**waiting_for({"join": "daily-close"}, {"join": "europe"}, key={"input": "key"}), **second},
    )
    return landscape


def open_world(landscape: Landscape) -> None:
    """One of the two notices arrives after all, so that there is a run that waits."""
    take(landscape, changed(sample("join-released"), {("detail", "join"): "europe", ("detail", "at"): NOW_MS - 1_000}))


def test_a_release_whose_notice_was_lost_is_found_by_the_run_that_waits_for_it() -> None:
    landscape = chained()
    landscape.arrive(status_change(machine_arn()))
    landscape.settle()
    open_world(landscape)
    landscape.until_quiet()
    run = landscape.run(join="report")
    assert run is not None
    assert run.state is RunState.ACKNOWLEDGED
    assert [decode_arrival(run.slots[slot]).execution_id for slot in (0, 1)] == [f"{DAY}/1", f"{DAY}/1"]


def test_a_notice_that_comes_after_its_release_was_found_changes_nothing() -> None:
    landscape = chained()
    landscape.arrive(status_change(machine_arn()))
    landscape.settle()
    open_world(landscape)
    landscape.until_quiet()
    before = landscape.run(join="report")
    (notice,) = [one for one in landscape.notices if '"RELEASED"' in one.detail and "daily-close" in one.detail]
    landscape.arrive(landscape.event_of(notice, HUB))
    landscape.settle()
    assert landscape.run(join="report") == before


def test_a_failed_run_whose_notice_was_lost_is_found_too() -> None:
    landscape = chained(onFailure="fail")
    landscape.apply({**definition({"ledger": machine_arn()}), "onFailure": "fail"})
    landscape.clock.advance(PLAN_CACHE_S * 1000)
    landscape.arrive(status_change(machine_arn(), status="FAILED"))
    landscape.settle()
    open_world(landscape)
    landscape.until_quiet()
    run = landscape.run(join="report")
    assert run is not None
    assert (run.state, decode_arrival(run.slots[0]).status) == (RunState.FAILED, Status.FAILED)


def test_nothing_is_found_of_what_is_not_released_or_has_another_key() -> None:
    landscape = chained()
    landscape.arrive(status_change(machine_arn(), key="2026-04-01"))
    landscape.settle()
    open_world(landscape)
    landscape.until_quiet()
    run = landscape.run(join="report")
    assert run is not None
    assert (run.state, sorted(run.slots)) == (RunState.OPEN, [1])


def test_a_key_that_leads_back_to_no_run_is_not_looked_for() -> None:
    landscape = chained()
    moved_by_a_day: dict[str, object] = {"join": "daily-close", "key": {"input": "key", "offset": "+1d"}}
    landscape.apply(waiting_for(moved_by_a_day, {"join": "europe"}, key={"input": "key"}))
    landscape.clock.advance(PLAN_CACHE_S * 1000)
    landscape.arrive(status_change(machine_arn()))
    landscape.settle()
    open_world(landscape)
    landscape.until_quiet()
    run = landscape.run(join="report")
    assert run is not None
    assert run.state is RunState.OPEN


# Several rules for one event.


def test_an_event_is_a_completion_for_each_rule_that_takes_it() -> None:
    rule = {
        **S3,
        "pattern": {"detail": {"bucket": {"name": ["inbox"]}}},
        "id": "id",
        "input": "{day: '2026-03-31', size: detail.object.size}",
    }
    landscape = applied(
        waiting_for(KINDS["s3-object-created"][0], key=KINDS["s3-object-created"][1]),
        waiting_for({"event": rule, "trust": "account"}, join="sizes", key={"input": "day"}),
        waiting_for({"event": {**rule, "pattern": {"detail": {"bucket": {"name": ["other"]}}}}, "trust": "account"}, join="others"),
    )
    assert +take(landscape, sample("s3-object-created")).outcomes == {"released": 2}
    sizes, report = landscape.run(join="sizes"), landscape.run(join="report")
    assert sizes is not None
    assert report is not None
    assert (sizes.slots[0].split(" ")[1], report.slots[0].split(" ")[1]) == (sample("s3-object-created")["id"], f"prices/{DAY}.csv")


def test_one_rule_that_cannot_read_the_event_keeps_no_other_from_it() -> None:
    broken = {**S3, "id": "detail.nothing"}
    landscape = applied(
        waiting_for({"event": broken, "trust": "account"}, join="broken"),
        waiting_for(KINDS["s3-object-created"][0], key=KINDS["s3-object-created"][1]),
    )
    collected = take(landscape, sample("s3-object-created"))
    assert [one.code for one in collected.rejected.values()] == ["event-id-absent"]
    assert landscape.run(join="report") is not None


STATUS = {"path": "detail.reason", "succeeded": ["PutObject"], "failed": ["DeleteObject"]}
READ: list[tuple[dict[str, object], dict[Place, object], str | Status | None]] = [
    ({"status": STATUS}, {}, Status.SUCCEEDED),
    ({"status": STATUS}, {("detail", "reason"): "DeleteObject"}, Status.FAILED),
    ({"status": STATUS}, {("detail", "reason"): "CopyObject"}, None),
    ({"status": STATUS}, {("detail", "reason"): None}, None),
    ({"status": STATUS}, {("detail", "reason"): {}}, "event-status-invalid"),
    ({"status": {"path": "detail.reason", "succeeded": ["true"]}}, {("detail", "reason"): True}, Status.SUCCEEDED),
    ({"status": {"path": "detail.reason", "succeeded": ["0"]}}, {("detail", "reason"): 0}, Status.SUCCEEDED),
    ({"id": "detail.object.size"}, {}, Status.SUCCEEDED),
    ({"id": "detail.object"}, {}, "event-id-invalid"),
    ({"id": "detail.missing"}, {}, "event-id-absent"),
    ({"id": "detail.object.key"}, {("detail", "object", "key"): "prices/a b.csv"}, Status.SUCCEEDED),
    ({"id": "join('/', detail.object.size)"}, {}, "event-path-failed"),
    ({"stoppedAt": "detail.at"}, {("detail", "at"): "yesterday"}, "event-time-invalid"),
    ({"stoppedAt": "detail.at"}, {("detail", "at"): "2026-03-31T18:59:58"}, "event-time-invalid"),
    ({"stoppedAt": "detail.at"}, {("detail", "at"): True}, "event-time-invalid"),
    ({"stoppedAt": "detail.at"}, {("detail", "at"): -1}, "completion-too-old"),
    ({"stoppedAt": "detail.at"}, {("detail", "at"): 1_700_000_000}, "completion-too-old"),
    ({"stoppedAt": "detail.at"}, {("detail", "at"): NOW_MS // 1000 - 5}, Status.SUCCEEDED),
    ({"stoppedAt": "detail.at"}, {("detail", "at"): NOW_MS - 5000}, Status.SUCCEEDED),
    ({"stoppedAt": "detail.at"}, {}, Status.SUCCEEDED),
]


@pytest.mark.parametrize(("rule", "changes", "expected"), READ, ids=lambda value: ascii(value)[:50])
def test_a_rule_reads_what_it_says(rule: dict[str, object], changes: dict[Place, object], expected: str | Status | None) -> None:
    # The second predecessor never comes, so that nothing is released.
    landscape = applied(
        waiting_for(
            {"event": {**S3, **rule}, "trust": "account"},
            {"stateMachine": machine_arn("last")},
            key=BY_STOP,
        )
    )
    collected = take(landscape, changed(sample("s3-object-created"), changes))
    run = landscape.run(join="report")
    if isinstance(expected, Status):
        assert run is not None
        assert run.slots[0].split(" ")[2][0] == expected.value[0]
    else:
        assert run is None
        assert [one.code for one in collected.rejected.values()] == ([] if expected is None else [expected])
