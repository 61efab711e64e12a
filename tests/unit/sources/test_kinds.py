"""Every kind of predecessor, out of recorded shapes: what its event says, and each way in which one can lie or be new."""

from __future__ import annotations

import json

import pytest

from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.errors import RejectedError, RetryableError
from fanin.domain.execution_arn import execution_arn
from fanin.sources.kind import Ignored
from fanin.sources.message import Message, parse_message
from fanin.sources.registry import ROWS
from tests.unit.sources.events import HUB, NOW_MS, OTHER, REMOVED, brief
from tests.unit.sources.samples import Event, Place, changed, moved, sample

pytestmark = pytest.mark.unit

STARTED_MS, ENDED_MS = NOW_MS - 182_000, NOW_MS - 2_000
ARN = "arn:aws:{}:us-east-1:111111111111:{}"
TASK_ID, JOB_ID, BUILD_ID = (
    "c13b4cb40f1f4fe4a2971f76ae5a47ad",
    "4c7599ae-0a82-49aa-ba5a-4727fcce14a8",
    "8745a7a9-c340-456a-9166-edf953571bee",
)
RUN_ID, REQUEST_ID = "jr_63c1a1c0b0e0a1e2f3d4c5b6a7980123456789abcdef0123456789abcdef0123", "e4b46cbf-b738-xmpl-8880-a18cdf61200e"
SUCCESSES = {
    "ecs-stopped": (Source(SourceKind.ECS, ARN.format("ecs", "cluster/batch/nightly-load")), TASK_ID, STARTED_MS),
    "glue-succeeded": (Source(SourceKind.GLUE, ARN.format("glue", "job/load")), RUN_ID, None),
    "batch-succeeded": (Source(SourceKind.BATCH, ARN.format("batch", "job-queue/nightly/load")), JOB_ID, STARTED_MS),
    "codebuild-succeeded": (Source(SourceKind.CODEBUILD, ARN.format("codebuild", "project/report")), BUILD_ID, STARTED_MS),
    "lambda-success": (Source(SourceKind.LAMBDA, ARN.format("lambda", "function:prices")), REQUEST_ID, None),
    "join-released": (Source(SourceKind.JOIN, "daily-close"), "2026-03-31/1", None),
}
INPUTS = {
    "ecs-stopped": {
        "environment": {"BUSINESS_DATE": "2026-03-31", "MODE": "full"},
        "command": ["load", "--date", "2026-03-31"],
        "startedBy": "nightly/2026-03-31",
        "group": "family:nightly-load",
    },
    "batch-succeeded": {
        "parameters": {"businessDate": "2026-03-31"},
        "environment": {"MODE": "full"},
        "command": ["load", "--date", "2026-03-31"],
        "jobName": "load-2026-03-31",
    },
    "codebuild-succeeded": {"environment": {"BUSINESS_DATE": "2026-03-31"}, "sourceVersion": "main", "initiator": "nightly-report"},
    "lambda-success": {"businessDate": "2026-03-31"},
    "join-released": {"join": "daily-close", "key": "2026-03-31", "attempt": 1, "outcome": "released"},
}


def told(event: Event) -> Message:
    return parse_message(json.dumps(event))


def said(event: Event) -> Completion:
    found = told(event)
    assert isinstance(found, Completion)
    return found


def refusal(event: Event) -> str:
    with pytest.raises(RejectedError) as caught:
        told(event)
    assert not isinstance(caught.value, RetryableError)
    return caught.value.code


def test_every_kind_but_events_has_one_row_and_every_event_one_reader() -> None:
    assert [row.kind for row in ROWS] == [kind for kind in SourceKind if kind is not SourceKind.EVENT]
    events = [(row.event_source, detail_type) for row in ROWS for detail_type in row.detail_types]
    assert len(events) == len(set(events))


@pytest.mark.parametrize("name", SUCCESSES)
def test_a_success_says_who_ended_when(name: str) -> None:
    source, execution_id, started_at_ms = SUCCESSES[name]
    found = said(sample(name))
    assert (found.source, found.execution_id, found.execution_arn) == (source, execution_id, execution_arn(source, execution_id))
    stopped_at_ms = None if name == "glue-succeeded" else ENDED_MS
    assert (found.status, found.started_at_ms, found.stopped_at_ms) == (Status.SUCCEEDED, started_at_ms, stopped_at_ms)
    assert (found.account, found.region, found.reported_at_ms) == (HUB, "us-east-1", ENDED_MS)
    assert (found.detail, found.tags) == (sample(name)["detail"], None)


@pytest.mark.parametrize("name", INPUTS)
def test_what_it_was_started_with_is_its_input(name: str) -> None:
    found = said(sample(name))
    assert found.input is not None
    assert (json.loads(found.input), found.input_included) == (INPUTS[name], True)


def test_the_arguments_and_the_end_of_a_job_run_are_to_be_asked_for() -> None:
    # Its list says when it ended to the millisecond: said otherwise here, one run would end twice.
    found = said(sample("glue-succeeded"))
    assert (found.input, found.input_included, found.stopped_at_ms, found.reported_at_ms) == (None, False, None, ENDED_MS)


@pytest.mark.parametrize("name", SUCCESSES)
def test_a_payload_is_an_output_and_other_kinds_have_none(name: str) -> None:
    found = said(sample(name))
    assert (found.output, found.output_included) == ('{"prices":418}' if name == "lambda-success" else None, True)


ENDS = {
    "ecs-exit-code": Status.FAILED,
    "ecs-failed-to-start": Status.FAILED,
    "ecs-stopped-by-user": Status.ABORTED,
    "glue-timeout": Status.TIMED_OUT,
    "batch-failed": Status.FAILED,
    "codebuild-stopped": Status.ABORTED,
    "lambda-failure": Status.FAILED,
}


@pytest.mark.parametrize("name", ENDS)
def test_another_end_is_another_status(name: str) -> None:
    found = said(sample(name))
    assert (found.status, found.stopped_at_ms or found.reported_at_ms) == (ENDS[name], ENDED_MS)


WORDS: list[tuple[str, Place, str, Status | None]] = [
    *(("ecs-running", ("detail", "lastStatus"), word, None) for word in ("PROVISIONING", "PENDING", "ACTIVATING")),
    *(("ecs-running", ("detail", "lastStatus"), word, None) for word in ("DEACTIVATING", "STOPPING", "DEPROVISIONING")),
    ("ecs-running", ("detail", "lastStatus"), "RUNNING", Status.RUNNING),
    *(("glue-succeeded", ("detail", "state"), word, None) for word in ("STARTING", "WAITING", "STOPPING")),
    ("glue-succeeded", ("detail", "state"), "RUNNING", Status.RUNNING),
    ("glue-succeeded", ("detail", "state"), "FAILED", Status.FAILED),
    ("glue-succeeded", ("detail", "state"), "ERROR", Status.FAILED),
    ("glue-succeeded", ("detail", "state"), "STOPPED", Status.ABORTED),
    *(("batch-succeeded", ("detail", "status"), word, None) for word in ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING")),
    ("batch-succeeded", ("detail", "status"), "RUNNING", Status.RUNNING),
    ("codebuild-succeeded", ("detail", "build-status"), "IN_PROGRESS", Status.RUNNING),
    ("codebuild-succeeded", ("detail", "build-status"), "FAILED", Status.FAILED),
    ("codebuild-succeeded", ("detail", "build-status"), "FAULT", Status.FAILED),
    ("codebuild-succeeded", ("detail", "build-status"), "TIMED_OUT", Status.TIMED_OUT),
    ("lambda-failure", ("detail", "requestContext", "condition"), "EventAgeExceeded", Status.TIMED_OUT),
    ("join-released", ("detail", "transition"), "FAILED", Status.FAILED),
    *(
        ("join-released", ("detail", "transition"), word, None)
        for word in ("ACKNOWLEDGED", "REOPENED", "EXPIRED", "LATE_ARRIVAL", "NEW_WORD")
    ),
]


@pytest.mark.parametrize(("name", "place", "word", "status"), WORDS)
def test_every_word_means_something(name: str, place: Place, word: str, status: Status | None) -> None:
    found = told(changed(sample(name), {place: word}))
    if status is None:
        assert found == Ignored("status-not-terminal")
    else:
        assert isinstance(found, Completion)
        assert (found.status, found.stopped_at_ms is None) == (status, status is Status.RUNNING or found.source.kind is SourceKind.GLUE)


STATUS_PLACES: dict[str, Place] = {
    "ecs-stopped": ("detail", "lastStatus"),
    "glue-succeeded": ("detail", "state"),
    "batch-succeeded": ("detail", "status"),
    "codebuild-succeeded": ("detail", "build-status"),
    "lambda-failure": ("detail", "requestContext", "condition"),
}


@pytest.mark.parametrize("name", STATUS_PLACES)
@pytest.mark.parametrize("word", ["succeeded", "DONE", "", None, 1, {}, REMOVED], ids=brief)
def test_a_word_that_is_not_known_is_rejected(name: str, word: object) -> None:
    expected = "status-unknown" if isinstance(word, str) and word else "event-malformed"
    assert refusal(changed(sample(name), {STATUS_PLACES[name]: word})) == expected


NAMES: list[tuple[str, Place]] = [
    ("ecs-stopped", ("detail", "taskArn")),
    ("ecs-stopped", ("detail", "clusterArn")),
    ("ecs-stopped", ("detail", "taskDefinitionArn")),
    ("glue-succeeded", ("detail", "jobName")),
    ("glue-succeeded", ("detail", "jobRunId")),
    ("batch-succeeded", ("detail", "jobId")),
    ("batch-succeeded", ("detail", "jobQueue")),
    ("batch-succeeded", ("detail", "jobDefinition")),
    ("codebuild-succeeded", ("detail", "build-id")),
    ("codebuild-succeeded", ("detail", "project-name")),
    ("lambda-success", ("detail", "requestContext", "functionArn")),
    ("lambda-success", ("detail", "requestContext", "requestId")),
    ("join-released", ("detail", "join")),
    ("join-released", ("detail", "key")),
    ("join-released", ("detail", "attempt")),
]


@pytest.mark.parametrize(("name", "place"), NAMES)
@pytest.mark.parametrize("found", [REMOVED, None, "", True, [], {}], ids=brief)
def test_an_event_without_its_names_is_rejected(name: str, place: Place, found: object) -> None:
    assert refusal(changed(sample(name), {place: found})) == "event-malformed"


ARNS = [(name, place) for name, place in NAMES if str(place[-1]).endswith("Arn") or place[-1] in ("build-id", "jobQueue", "jobDefinition")]


@pytest.mark.parametrize(("name", "place"), ARNS)
def test_an_arn_of_another_account_or_region_is_rejected(name: str, place: Place) -> None:
    text = str(_at(sample(name), place))
    assert refusal(changed(sample(name), {place: text.replace(HUB, OTHER)})) == "account-mismatch"
    assert refusal(changed(sample(name), {place: text.replace("us-east-1", "eu-west-1")})) == "region-mismatch"


@pytest.mark.parametrize(("name", "place"), ARNS)
@pytest.mark.parametrize(
    "arn", ["ledger", "arn:aws:s3:::inbox", "arn:aws:sns:us-east-1:111111111111:topic", "arn::::", "arn:" + "x" * 2000], ids=brief
)
def test_an_arn_of_something_else_is_rejected(name: str, place: Place, arn: str) -> None:
    assert refusal(changed(sample(name), {place: arn})) == "arn-invalid"


@pytest.mark.parametrize("name", [name for name in SUCCESSES if name not in ("glue-succeeded", "join-released")])
def test_what_was_sent_by_another_account_than_it_is_about_is_rejected(name: str) -> None:
    assert refusal(changed(sample(name), {("account",): OTHER})) == "account-mismatch"


@pytest.mark.parametrize("name", [name for name in SUCCESSES if name != "join-released"])
@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-central-1", "aws")])
def test_a_source_is_in_any_partition(name: str, region: str, partition: str) -> None:
    found = said(moved(sample(name), OTHER, region, partition))
    source, execution_id, _ = SUCCESSES[name]
    arn = source.arn.replace(HUB, OTHER).replace("us-east-1", region).replace("arn:aws:", f"arn:{partition}:")
    assert (found.source, found.execution_id) == (Source(source.kind, arn), execution_id)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("ecs-stopped", {("detail", "clusterArn"): ARN.format("ecs", "cluster/other")}),
        ("ecs-stopped", {("detail", "taskArn"): ARN.format("ecs", "task/other/" + TASK_ID)}),
        ("ecs-stopped", {("detail", "taskArn"): f"arn:aws-cn:ecs:us-east-1:{HUB}:task/batch/{TASK_ID}"}),
        ("batch-succeeded", {("detail", "jobId"): "another"}),
        ("batch-succeeded", {("detail", "jobDefinition"): f"arn:aws-cn:batch:us-east-1:{HUB}:job-definition/load:4"}),
        ("codebuild-succeeded", {("detail", "project-name"): "another"}),
        ("codebuild-succeeded", {("detail", "build-id"): ARN.format("codebuild", "build/report")}),
    ],
)
def test_names_that_contradict_one_another_are_rejected(name: str, changes: dict[Place, object]) -> None:
    assert refusal(changed(sample(name), changes)) == "arn-mismatch"


@pytest.mark.parametrize(
    ("name", "place", "arn"),
    [
        ("ecs-stopped", ("detail", "taskDefinitionArn"), ARN.format("ecs", "task-definition/nightly-load")),
        ("ecs-stopped", ("detail", "taskDefinitionArn"), ARN.format("ecs", "task-definition/:7")),
        ("batch-succeeded", ("detail", "jobDefinition"), ARN.format("batch", "job-definition/load")),
    ],
)
def test_a_definition_without_a_revision_is_rejected(name: str, place: Place, arn: str) -> None:
    assert refusal(changed(sample(name), {place: arn})) == "arn-invalid"


# What is peculiar to one kind.


def test_the_short_arn_of_an_older_task_is_its_cluster_s() -> None:
    found = said(changed(sample("ecs-stopped"), {("detail", "taskArn"): ARN.format("ecs", f"task/{TASK_ID}")}))
    assert (found.source, found.execution_id) == SUCCESSES["ecs-stopped"][:2]
    assert found.execution_arn == ARN.format("ecs", f"task/batch/{TASK_ID}")


@pytest.mark.parametrize(
    ("code", "exit_codes", "status"),
    [
        ("EssentialContainerExited", [0, 0], Status.SUCCEEDED),
        ("EssentialContainerExited", [0, 1], Status.FAILED),
        ("EssentialContainerExited", [137], Status.FAILED),
        ("EssentialContainerExited", [0, None], Status.FAILED),
        ("EssentialContainerExited", [REMOVED], Status.FAILED),
        ("EssentialContainerExited", [False], Status.FAILED),
        ("EssentialContainerExited", ["0"], Status.FAILED),
        ("EssentialContainerExited", [], Status.FAILED),
        (REMOVED, [0], Status.SUCCEEDED),
        (REMOVED, [1], Status.FAILED),
        (None, [0], Status.SUCCEEDED),
        ("TaskFailedToStart", [0], Status.FAILED),
        ("SpotInterruption", [0], Status.FAILED),
        ("TerminationNotice", [0], Status.FAILED),
        ("ServiceSchedulerInitiated", [0], Status.FAILED),
        ("SomethingNew", [0], Status.FAILED),
        ("UserInitiated", [0], Status.ABORTED),
        ("UserInitiated", [143], Status.ABORTED),
    ],
    ids=brief,
)
def test_a_task_succeeded_when_it_ended_by_itself_and_every_container_well(code: object, exit_codes: list[object], status: Status) -> None:
    containers = [{"name": str(number), **({} if one is REMOVED else {"exitCode": one})} for number, one in enumerate(exit_codes)]
    event = changed(sample("ecs-stopped"), {("detail", "stopCode"): code, ("detail", "containers"): containers})
    assert said(event).status is status


def test_what_a_task_is_wished_to_be_does_not_matter() -> None:
    assert said(changed(sample("ecs-stopped"), {("detail", "desiredStatus"): "RUNNING"})).status is Status.SUCCEEDED
    assert said(changed(sample("ecs-running"), {("detail", "desiredStatus"): "STOPPED"})).status is Status.RUNNING


def test_the_environment_of_a_task_is_that_of_all_its_overrides() -> None:
    overrides = [
        {"name": "sidecar"},
        {"name": "load", "environment": [{"name": "DAY", "value": "1"}, {"name": "A", "value": "a"}]},
        {"name": "other", "command": ["x"], "environment": [{"name": "DAY", "value": "2"}]},
    ]
    event = changed(sample("ecs-stopped"), {("detail", "overrides", "containerOverrides"): overrides, ("detail", "startedBy"): REMOVED})
    assert json.loads(said(event).input or "") == {
        "environment": {"DAY": "2", "A": "a"},
        "command": ["x"],
        "group": "family:nightly-load",
    }


@pytest.mark.parametrize("found", [REMOVED, None, {}, {"containerOverrides": []}], ids=brief)
def test_a_task_without_overrides_has_no_environment(found: object) -> None:
    assert json.loads(said(changed(sample("ecs-stopped"), {("detail", "overrides"): found})).input or "")["environment"] == {}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("ecs-stopped", ("detail", "overrides")),
        ("ecs-stopped", ("detail", "containers")),
        ("ecs-stopped", ("detail", "startedBy")),
        ("batch-succeeded", ("detail", "container")),
        ("batch-succeeded", ("detail", "parameters")),
        ("codebuild-succeeded", ("detail", "additional-information")),
        ("codebuild-succeeded", ("detail", "additional-information", "environment", "environment-variables")),
        ("lambda-success", ("detail", "requestContext")),
    ],
)
@pytest.mark.parametrize("found", [1, True, ["x"], [[]], [None]], ids=brief)
def test_a_part_of_another_shape_is_rejected(name: str, place: Place, found: object) -> None:
    assert refusal(changed(sample(name), {place: found})) == "event-malformed"


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("ecs-stopped", ("detail", "stoppedAt")),
        ("ecs-stopped", ("detail", "startedAt")),
        ("batch-succeeded", ("detail", "stoppedAt")),
        ("codebuild-succeeded", ("detail", "additional-information", "build-start-time")),
        ("lambda-success", ("detail", "timestamp")),
        ("join-released", ("detail", "at")),
    ],
)
@pytest.mark.parametrize("found", ["yesterday", True, [], "2026-03-31T18:59:58", "Mar 31, 2026"], ids=brief)
def test_a_time_that_is_none_is_rejected(name: str, place: Place, found: object) -> None:
    assert refusal(changed(sample(name), {place: found})) == "event-malformed"


@pytest.mark.parametrize("name", ["ecs-stopped", "batch-succeeded"])
def test_a_stop_time_that_is_missing_is_to_be_asked_for(name: str) -> None:
    assert said(changed(sample(name), {("detail", "stoppedAt"): REMOVED})).stopped_at_ms is None


@pytest.mark.parametrize("job_id", [f"{JOB_ID}:0", f"{JOB_ID}:9999", f"{JOB_ID}#1"])
def test_a_part_of_a_job_is_not_the_job(job_id: str) -> None:
    arn = ARN.format("batch", f"job/{job_id}")
    event = changed(sample("batch-succeeded"), {("detail", "jobId"): job_id, ("detail", "jobArn"): arn})
    assert told(event) == Ignored("part-of-a-job")


def test_the_job_of_an_array_counts_as_a_whole() -> None:
    event = changed(sample("batch-succeeded"), {("detail", "arrayProperties"): {"size": 10, "statusSummary": {"SUCCEEDED": 10}}})
    assert said(event).status is Status.SUCCEEDED


@pytest.mark.parametrize(
    ("words", "moment_ms"),
    [
        ("Nov 1, 2016 7:03:13 PM", 1_478_026_993_000),
        ("Sep 1, 2017 4:12:29 PM", 1_504_282_349_000),
        ("Jan 1, 2026 12:00:00 AM", 1_767_225_600_000),
        ("Jan 1, 2026 12:00:00 PM", 1_767_268_800_000),
        ("Jan 1, 2026, 12:00:00\u202fPM", 1_767_268_800_000),
        ("Feb 29, 2028 1:02:03 AM", 1_835_398_923_000),
    ],
)
def test_a_build_says_its_times_in_words(words: str, moment_ms: int) -> None:
    event = changed(sample("codebuild-succeeded"), {("detail", "additional-information", "build-start-time"): words})
    assert said(event).started_at_ms == moment_ms


@pytest.mark.parametrize(
    "words", ["Feb 29, 2026 1:02:03 AM", "Foo 1, 2026 1:02:03 AM", "Jan 1, 2026 1:61:03 AM", "January 1, 2026 1:02:03 AM"]
)
def test_a_moment_that_there_is_not_is_rejected(words: str) -> None:
    event = changed(sample("codebuild-succeeded"), {("detail", "additional-information", "build-start-time"): words})
    assert refusal(event) == "event-malformed"


def test_a_build_whose_phases_do_not_say_it_stopped_when_its_event_was_made() -> None:
    event = changed(sample("codebuild-succeeded"), {("detail", "additional-information", "phases"): [], ("time",): "2026-03-31T18:59:59Z"})
    assert said(event).stopped_at_ms == NOW_MS - 1_000


@pytest.mark.parametrize("qualifier", ["", ":$LATEST", ":7", ":live"])
def test_every_version_of_a_function_is_the_function(qualifier: str) -> None:
    arn = ARN.format("lambda", f"function:prices{qualifier}")
    event = changed(sample("lambda-success"), {("detail", "requestContext", "functionArn"): arn})
    assert said(event).source == SUCCESSES["lambda-success"][0]


def test_a_success_that_calls_itself_a_failure_is_rejected() -> None:
    failure = "Lambda Function Invocation Result - Failure"
    assert refusal(changed(sample("lambda-success"), {("detail-type",): failure})) == "status-mismatch"
    assert refusal(changed(sample("lambda-failure"), {("detail", "requestContext", "condition"): "Success"})) == "status-mismatch"


@pytest.mark.parametrize(("payload", "text"), [(None, "null"), ("2026", '"2026"'), (1.5, "1.5"), ([], "[]"), ({"é": 1}, '{"\\u00e9":1}')])
def test_a_payload_is_any_json(payload: object, text: str) -> None:
    event = changed(sample("lambda-success"), {("detail", "requestPayload"): payload})
    assert (said(event).input, said(event).input_included) == (text, True)


def test_a_payload_that_lambda_left_out_is_no_payload() -> None:
    event = changed(sample("lambda-success"), {("detail", "requestPayload"): REMOVED, ("detail", "responsePayload"): REMOVED})
    assert (said(event).input_included, said(event).output_included) == (False, False)


@pytest.mark.parametrize(
    ("key", "identifier"),
    [("2026-03-31", "2026-03-31/1"), ("a b", "a%20b/1"), ("100%", "100%25/1"), ("締め", "締め/1"), ("a/b", "a/b/1")],
)
def test_a_release_is_an_attempt_at_a_key(key: str, identifier: str) -> None:
    found = said(changed(sample("join-released"), {("detail", "key"): key}))
    assert found.execution_id == identifier
    assert json.loads(found.input or "")["key"] == key


def test_the_longest_keys_are_told_apart() -> None:
    ids = {said(changed(sample("join-released"), {("detail", "key"): "é" * 127 + end})).execution_id for end in "ab"}
    assert len(ids) == 2
    assert max(len(one.encode()) for one in ids) <= 256


def test_another_attempt_is_another_execution() -> None:
    assert said(changed(sample("join-released"), {("detail", "attempt"): 2})).execution_id == "2026-03-31/2"


@pytest.mark.parametrize("attempt", [0, -1, 1.0, "1"])
def test_an_attempt_that_is_none_is_rejected(attempt: object) -> None:
    assert refusal(changed(sample("join-released"), {("detail", "attempt"): attempt})) == "event-malformed"


def _at(event: object, place: Place) -> object:
    for step in place:
        assert isinstance(event, dict)
        event = event[step]
    return event
