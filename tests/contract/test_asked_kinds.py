"""Every kind that can be asked: what is told of an execution by name, and by its source's list, is what its event says.

The recorded events are in events/collector; the answers of the APIs are made of them, in the shapes that the SDK's models hold them to. On
the local AWS the work really runs, and its own event is what the answers are compared with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.errors import RetryableError
from fanin.domain.watch import ListedPage, Pass, Watch, begun, new_watch, turned
from fanin.ports import Unlisted
from fanin.sources.message import parse_message
from local import LocalAws
from tests.contract.sources import asking
from tests.e2e.watching import eventually
from tests.local.test_jobs import FAILS, make_glue_job, make_project, make_queue_and_definition
from tests.local.test_tasks import QUICK, define, start
from tests.local.world import SENDER, make_queue, make_rule

EVENTS = Path(__file__).parents[2] / "events" / "collector"
SERVICES = {SourceKind.ECS: "ecs", SourceKind.GLUE: "glue", SourceKind.BATCH: "batch", SourceKind.CODEBUILD: "codebuild"}
STARTED, STOPPED = datetime(2026, 3, 31, 18, 56, 58, tzinfo=UTC), datetime(2026, 3, 31, 18, 59, 58, tzinfo=UTC)


def recorded(name: str) -> tuple[Completion, dict[str, Any]]:
    """A recorded event: the completion it reports, and its detail."""
    body = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))["Records"][0]["body"]
    completion = parse_message(body)
    assert isinstance(completion, Completion)
    return completion, json.loads(body)["detail"]


def with_times(value: Any) -> Any:
    """ISO 8601 texts as the SDK gives them."""
    if isinstance(value, Mapping):
        members = {name: one for name, one in value.items() if name != "updatedAt"}  # which events alone have
        return {name: datetime.fromisoformat(one) if name.endswith("At") else with_times(one) for name, one in members.items()}
    return [with_times(one) for one in value] if isinstance(value, list) else value


def glue_run(completion: Completion, state: str) -> dict[str, Any]:
    return {
        "Id": completion.execution_id,
        "JobName": "load",
        "JobRunState": state,
        "StartedOn": STARTED,
        "CompletedOn": STOPPED,
        "Arguments": {"--business-date": "2026-03-31"},
    }


def build(detail: Mapping[str, Any]) -> dict[str, Any]:
    more, arn = detail["additional-information"], detail["build-id"]
    return {
        "id": arn.rpartition("build/")[2],
        "arn": arn,
        "projectName": detail["project-name"],
        "buildStatus": detail["build-status"],
        "startTime": STARTED.replace(microsecond=729_000),
        "endTime": STOPPED.replace(microsecond=931_000),
        "phases": [{"phaseType": "BUILD"}, {"phaseType": "COMPLETED", "startTime": STOPPED.replace(microsecond=512_000)}],
        "sourceVersion": more["source-version"],
        "initiator": more["initiator"],
        "environment": {
            "type": "LINUX_CONTAINER",
            "image": "i",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": more["environment"]["environment-variables"],
        },
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """One kind: what an event said, and how its APIs tell the same."""

    event: Completion
    described: tuple[str, dict[str, Any], dict[str, Any]]
    pages: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...]
    absent: tuple[str, str]
    token: tuple[str, str]

    @property
    def service(self) -> str:
        return SERVICES[self.event.source.kind]


def ecs() -> Asked:
    event, detail = recorded("ecs-stopped")
    cluster = detail["clusterArn"]
    task = {**with_times(detail), "tags": [{"key": "business-date", "value": "2026-03-31"}]}
    answer = {"tasks": [task]}
    listing = {"cluster": cluster, "family": "nightly-load", "desiredStatus": "STOPPED", "maxResults": 100}
    return Asked(
        event,
        ("describe_tasks", answer, {"cluster": cluster, "tasks": [event.execution_id], "include": ["TAGS"]}),
        (
            ("list_tasks", {"taskArns": [detail["taskArn"]]}, listing),
            ("describe_tasks", answer, {"cluster": cluster, "tasks": [event.execution_id], "include": ["TAGS"]}),
        ),
        ("describe_tasks", "ClusterNotFoundException"),
        ("list_tasks", "InvalidParameterException"),
    )


def glue() -> Asked:
    event, _ = recorded("glue-succeeded")
    run = glue_run(event, "SUCCEEDED")
    return Asked(
        event,
        ("get_job_run", {"JobRun": run}, {"JobName": "load", "RunId": event.execution_id}),
        (("get_job_runs", {"JobRuns": [run]}, {"JobName": "load", "MaxResults": 50}),),
        ("get_job_run", "EntityNotFoundException"),
        ("get_job_runs", "InvalidInputException"),
    )


def batch() -> Asked:
    event, detail = recorded("batch-succeeded")
    job = {name: value for name, value in detail.items() if name not in ("tags", "attempts")} | {"tags": {"business-date": "2026-03-31"}}
    summary = {
        name: detail[name] for name in ("jobArn", "jobId", "jobName", "status", "createdAt", "startedAt", "stoppedAt", "jobDefinition")
    }
    child = {**summary, "jobId": f"{detail['jobId']}:0"}
    filters = [{"name": "JOB_DEFINITION", "values": ["load"]}]
    return Asked(
        event,
        ("describe_jobs", {"jobs": [job]}, {"jobs": [event.execution_id]}),
        (
            (
                "list_jobs",
                {"jobSummaryList": [summary, child]},
                {"jobQueue": detail["jobQueue"], "filters": filters, "maxResults": 100},
            ),
        ),
        ("describe_jobs", "ClientException"),
        ("list_jobs", "ClientException"),
    )


def codebuild() -> Asked:
    event, detail = recorded("codebuild-succeeded")
    one = build(detail)
    return Asked(
        event,
        ("batch_get_builds", {"builds": [one]}, {"ids": [one["id"]]}),
        (
            ("list_builds_for_project", {"ids": [one["id"]]}, {"projectName": "report"}),
            ("batch_get_builds", {"builds": [one]}, {"ids": [one["id"]]}),
        ),
        ("batch_get_builds", "InvalidInputException"),
        ("list_builds_for_project", "InvalidInputException"),
    )


KINDS = {"ecs": ecs, "glue": glue, "batch": batch, "codebuild": codebuild}


def client_of(service: Any) -> Any:
    return boto3.client(service, "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture(params=KINDS)
def asked(request: pytest.FixtureRequest) -> Asked:
    return KINDS[request.param]()


@pytest.fixture
def stubbed(asked: Asked) -> Iterator[tuple[Any, Stubber]]:
    client = client_of(asked.service)
    with Stubber(client) as stub:
        yield client, stub


def watch_of(asked: Asked, page: str | None = None) -> Watch:
    watch = new_watch(asked.event.source, (asked.event.stopped_at_ms or asked.event.reported_at_ms) - 1)
    return replace(watch, passing=Pass(watch.since_ms, page))


def same(found: Completion, event: Completion) -> bool:
    """Whether a report found by asking says of an execution what its event says; Glue's events leave most of it out."""
    known = event._replace(detail=None, tags=None, reported_at_ms=0)
    if not event.input_included:
        known = known._replace(input=found.input, input_included=found.input_included, started_at_ms=found.started_at_ms)
    if event.stopped_at_ms is None:
        known = known._replace(stopped_at_ms=found.stopped_at_ms)
    return found._replace(detail=None, tags=None, reported_at_ms=0) == known


def test_an_execution_is_told_of_by_name_as_by_its_event(asked: Asked, stubbed: tuple[Any, Stubber]) -> None:
    client, stub = stubbed
    stub.add_response(*asked.described)
    found = asking(client).ask(asked.event.source, asked.event.execution_id)
    assert found is not None
    assert same(found, asked.event)
    assert found.input_included
    assert found.detail is not None


def test_a_list_tells_of_it_too(asked: Asked, stubbed: tuple[Any, Stubber]) -> None:
    client, stub = stubbed
    for response in asked.pages:
        stub.add_response(*response)
    page = asking(client).page(watch_of(asked))
    assert isinstance(page, ListedPage)
    (found,) = page.ended
    expected = asked.event if found.input_included else asked.event._replace(input=None, input_included=False)
    assert same(found, expected)
    assert page.following is None


def test_what_is_remembered_is_not_looked_up_again(asked: Asked, stubbed: tuple[Any, Stubber]) -> None:
    client, stub = stubbed
    for response in (*asked.pages, asked.pages[0]):
        stub.add_response(*response)
    watch = watch_of(asked)
    page = asking(client).page(watch)
    assert isinstance(page, ListedPage)
    turn = turned(watch, page, watch.since_ms + 2)
    assert len(turn.news) == 1
    again = begun(turn.watch, watch.since_ms + 3)
    page = asking(client).page(again)
    assert isinstance(page, ListedPage)
    assert turned(again, page, watch.since_ms + 4).news == ()


def test_a_list_goes_on_from_its_token(asked: Asked, stubbed: tuple[Any, Stubber]) -> None:
    client, stub = stubbed
    (operation, answer, expected), *rest = asked.pages
    token = "NextToken" if asked.service == "glue" else "nextToken"
    stub.add_response(operation, {**answer, token: "more"}, {**expected, token: "here"})
    for response in rest:
        stub.add_response(*response)
    page = asking(client).page(watch_of(asked, "here"))
    assert isinstance(page, ListedPage)
    assert page.following == "more"


def test_a_list_in_the_order_of_time_is_over_before_the_cursor(asked: Asked, stubbed: tuple[Any, Stubber]) -> None:
    client, stub = stubbed
    (operation, answer, expected), *rest = asked.pages
    stub.add_response(operation, {**answer, "NextToken" if asked.service == "glue" else "nextToken": "more"}, expected)
    for response in rest:
        stub.add_response(*response)
    stopped_at_ms = asked.event.stopped_at_ms or asked.event.reported_at_ms
    page = asking(client).page(replace(watch_of(asked), listed_from_ms=stopped_at_ms + 1_000))
    assert isinstance(page, ListedPage)
    # Tasks are listed in no order, and no longer than an hour: all of them are read.
    assert page.following == ("more" if asked.service == "ecs" else None)


def test_a_token_that_is_not_known_any_more_begins_the_list_anew(asked: Asked, stubbed: tuple[Any, Stubber]) -> None:
    client, stub = stubbed
    operation, code = asked.token
    for _ in range(2):
        stub.add_client_error(operation, code)
    assert asking(client).page(watch_of(asked, "gone")) is Unlisted.PAGE_UNKNOWN
    if asked.service != "glue":
        assert asking(client).page(watch_of(asked)) is Unlisted.MAY_NOT_ASK


@pytest.mark.parametrize("code", ["AccessDeniedException", "absent"])
def test_what_may_not_be_asked_or_is_not_there_is_none(asked: Asked, stubbed: tuple[Any, Stubber], code: str) -> None:
    client, stub = stubbed
    operation, absent = asked.absent
    stub.add_client_error(operation, absent if code == "absent" else code)
    assert asking(client).ask(asked.event.source, asked.event.execution_id) is None


@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequestsException", "ServerException", "InternalServiceException"])
def test_a_source_that_does_not_answer_now_is_a_retry(asked: Asked, stubbed: tuple[Any, Stubber], code: str) -> None:
    client, stub = stubbed
    stub.add_client_error(asked.described[0], code)
    with pytest.raises(RetryableError, match="source-unavailable"):
        asking(client).ask(asked.event.source, asked.event.execution_id)
    stub.add_client_error(asked.pages[0][0], code)
    with pytest.raises(RetryableError, match="source-unavailable"):
        asking(client).page(watch_of(asked))


@pytest.mark.parametrize("asked", ["ecs", "batch", "codebuild"], indirect=True)
def test_an_execution_that_is_unknown_is_none(asked: Asked, stubbed: tuple[Any, Stubber]) -> None:
    # Glue answers with an error, as above.
    client, stub = stubbed
    operation, answer, _ = asked.described
    stub.add_response(operation, {name: [] for name in answer})
    assert asking(client).ask(asked.event.source, "unknown") is None


def one_service(detail: dict[str, Any]) -> dict[str, Any]:
    return {**with_times(detail), "group": "service:web"}


def test_tasks_of_services_complete_nothing_and_are_not_described_again() -> None:
    event, detail = recorded("ecs-stopped")
    client = client_of("ecs")
    watch = replace(new_watch(event.source, 0), passing=Pass(0))
    with Stubber(client) as stub:
        stub.add_response("list_tasks", {"taskArns": [detail["taskArn"]]})
        stub.add_response("describe_tasks", {"tasks": [one_service(detail)]}, {"cluster": ANY, "tasks": ANY, "include": ANY})
        stub.add_response("list_tasks", {"taskArns": [detail["taskArn"]]})
        page = asking(client).page(watch)
        assert isinstance(page, ListedPage)
        turn = turned(watch, page, 1)
        assert turn.news == ()
        page = asking(client).page(begun(turn.watch, 2))
    assert isinstance(page, ListedPage)
    assert page.ended == ()


def test_a_status_that_aws_added_since_is_left_to_its_event() -> None:
    event, _ = recorded("glue-succeeded")
    client = client_of("glue")
    with Stubber(client) as stub:
        stub.add_response("get_job_runs", {"JobRuns": [glue_run(event, "PONDERING")]})
        page = asking(client).page(replace(new_watch(event.source, 0), passing=Pass(0)))
    assert isinstance(page, ListedPage)
    assert (page.ended, page.running_since_ms) == ((), round(STARTED.timestamp() * 1000))


# On the local AWS.


def run_task(aws: LocalAws) -> str:
    arn = start(define(aws, "asked"), "asked", QUICK)
    return arn.rpartition("/")[2]


def run_glue_job(aws: LocalAws) -> str:
    run: str = make_glue_job(aws, "asked").start_job_run(JobName="asked", Arguments={"--day": "1"})["JobRunId"]
    return run


def run_job(aws: LocalAws) -> str:
    submitted = make_queue_and_definition(aws, "asked").submit_job(jobName="asked", jobQueue="asked", jobDefinition="asked")
    job: str = submitted["jobId"]
    return job


def run_build(aws: LocalAws) -> str:
    environment = [{"name": name, "value": value} for name, value in FAILS.items()]
    build: str = make_project(aws, "asked").start_build(projectName="asked", environmentVariablesOverride=environment)["build"]["id"]
    return build.rpartition(":")[2]


WORK: dict[str, tuple[str, Callable[[LocalAws], str]]] = {
    "ecs": ("aws.ecs", run_task),
    "glue": ("aws.glue", run_glue_job),
    "batch": ("aws.batch", run_job),
    "codebuild": ("aws.codebuild", run_build),
}


@pytest.mark.e2e
@pytest.mark.parametrize("service", WORK)
def test_work_that_ended_is_told_of_by_name_and_by_its_list_as_by_its_event(local_aws: LocalAws, service: str) -> None:
    source, run = WORK[service]
    queue = make_queue(local_aws, SENDER, f"asked-{service}")
    make_rule(local_aws, SENDER, f"asked-{service}", {"source": [source]}, {"Arn": queue.arn})
    execution_id, events = run(local_aws), list[Completion]()

    def ended() -> Completion | None:
        said = (parse_message(body) for body in queue.bodies(1))
        events.extend(one for one in said if isinstance(one, Completion) and one.execution_id == execution_id)
        return next((one for one in events if one.status is not Status.RUNNING), None)

    event = eventually(ended, f"the event of {execution_id}")
    listings = asking(local_aws.client(SENDER, service))
    found = listings.ask(event.source, execution_id)
    page = listings.page(begun(replace(new_watch(event.source, 0), since_ms=0), event.reported_at_ms))
    assert found is not None
    assert isinstance(page, ListedPage)
    (listed,) = [one for one in page.ended if one.execution_id == execution_id]
    assert (listed.status, listed.source, listed.stopped_at_ms) == (found.status, found.source, found.stopped_at_ms)
    assert (found.status, found.source, found.execution_arn) == (event.status, event.source, event.execution_arn)
    if event.input_included:
        assert json.loads(found.input or "") == json.loads(event.input or "")
    assert listings.ask(Source(event.source.kind, event.source.arn), execution_id[:-4] + "0000") is None
