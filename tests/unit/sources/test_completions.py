"""Every line of "Completions" in the list of cases that a parser can meet: accepted, ignored, or rejected under its code."""

from __future__ import annotations

import json

import pytest

from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.errors import RejectedError, RetryableError
from fanin.sources.envelope import MAX_BODY_BYTES
from fanin.sources.kind import Ignored
from fanin.sources.message import OtherEvent, parse_message
from tests.unit.sources.events import HUB, NOW_MS, OTHER, REGION, REMOVED, brief, detail, event, execution_arn, machine_arn, status_change

pytestmark = pytest.mark.unit


def said(body: object) -> Completion:
    """What a body says, which must be a completion."""
    found = parse_message(body if isinstance(body, str) else json.dumps(body))
    assert isinstance(found, Completion)
    return found


def refusal(body: object) -> str:
    """The code under which a body is rejected for good."""
    with pytest.raises(RejectedError) as caught:
        parse_message(body if isinstance(body, str) else json.dumps(body))
    assert not isinstance(caught.value, RetryableError)
    return caught.value.code


def test_a_success_is_a_completion_with_all_that_the_event_said() -> None:
    assert said(event(detail())) == Completion(
        source=Source(SourceKind.STEP_FUNCTIONS, machine_arn()),
        account=HUB,
        region=REGION,
        execution_id="close",
        execution_arn=execution_arn(machine_arn(), "close"),
        status=Status.SUCCEEDED,
        reported_at_ms=NOW_MS - 1_000,
        started_at_ms=NOW_MS - 180_000,
        stopped_at_ms=NOW_MS - 2_000,
        input='{"businessDate": "2026-03-31"}',
        input_included=True,
        output='{"entries": 12841}',
        output_included=True,
        detail=detail(),
    )


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])
def test_every_terminal_status_is_a_completion(status: str) -> None:
    assert said(event(detail(status=status))).status == status


def test_waiting_to_be_redriven_is_ignored() -> None:
    changes: dict[str, object] = {"stopDate": None}
    assert parse_message(json.dumps(event(detail(status="PENDING_REDRIVE", changes=changes)))) == Ignored("status-not-terminal")


def test_having_started_is_a_completion_without_a_stop_time() -> None:
    found = said(event(detail(status="RUNNING", changes={"stopDate": None})))
    assert (found.status, found.stopped_at_ms, found.reported_at_ms) == (Status.RUNNING, None, NOW_MS - 1_000)


@pytest.mark.parametrize("status", ["succeeded", "CANCELLED", "", None, 1, {}])
def test_an_unknown_status_is_rejected(status: object) -> None:
    expected = "status-unknown" if isinstance(status, str) and status else "event-malformed"
    assert refusal(event(detail(changes={"status": status}))) == expected


@pytest.mark.parametrize("body", ["[]", '"aws.states"', "null", "1", "true", "[{}]"])
def test_what_is_not_an_object_is_rejected(body: str) -> None:
    assert refusal(body) == "event-not-an-object"


@pytest.mark.parametrize("body", ["", "{", "{'a': 1}", '{"a": 1} x', '{"a": 01}', "\ufeff{}", '{"a": "\n"}'])
def test_what_is_not_json_is_rejected(body: str) -> None:
    assert refusal(body) == "json-malformed"


@pytest.mark.parametrize("found", [REMOVED, None, "x", [], 1])
def test_an_event_without_a_detail_object_is_rejected(found: object) -> None:
    assert refusal(event(found)) == "event-without-detail"


@pytest.mark.parametrize("found", [REMOVED, None, "", 1, []])
@pytest.mark.parametrize("name", ["stateMachineArn", "executionArn"])
def test_an_event_without_its_arns_is_rejected(name: str, found: object) -> None:
    assert refusal(event(detail(changes={name: found}))) == "event-malformed"


@pytest.mark.parametrize("name", ["id", "source", "detail_type", "account", "region", "time"])
@pytest.mark.parametrize("found", [REMOVED, None, "", 1, []])
def test_an_event_without_its_envelope_is_rejected(name: str, found: object) -> None:
    assert refusal(event(detail(), **{name: found})) == "event-malformed"


@pytest.mark.parametrize(
    "members",
    [
        {"account": "11111111111"},
        {"account": "1111111111111"},
        {"account": "\u0661" * 12},
        {"region": "US EAST"},
        {"region": "us"},
        {"time": "yesterday"},
        {"time": "2026-03-31T18:59:59"},
        {"time": "2026-02-30T18:59:59Z"},
    ],
)
def test_an_envelope_that_does_not_look_like_one_is_rejected(members: dict[str, object]) -> None:
    assert refusal(event(detail(), **members)) == "event-malformed"


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-03-31T18:59:59.123456789Z"])
def test_an_odd_time_is_a_time(time: str) -> None:
    assert said(event(detail(), time=time)).reported_at_ms != 0


@pytest.mark.parametrize(
    "execution",
    [
        execution_arn(machine_arn("positions"), "close"),
        execution_arn(machine_arn(account=OTHER), "close"),
        execution_arn(machine_arn(region="eu-west-1"), "close"),
        execution_arn(machine_arn(partition="aws-cn"), "close"),
        "arn:aws:lambda:us-east-1:111111111111:execution:ledger:close",
    ],
)
def test_an_execution_that_is_not_the_state_machines_is_rejected(execution: str) -> None:
    assert refusal(event(detail(changes={"executionArn": execution}))) == "arn-mismatch"


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("executionArn", "close"),
        ("executionArn", "arn:aws:states:us-east-1:111111111111"),
        ("executionArn", "arn:aws:states:us-east-1:111111111111:execution:ledger"),
        ("executionArn", "arn:aws:states:us-east-1:111111111111:execution:ledger:close:2"),
        ("executionArn", "arn:aws:states:us-east-1:111111111111:mapRun:ledger:close"),
        ("executionArn", f"arn:aws:states:us-east-1:111111111111:execution:ledger:{'x' * 3000}"),
        ("stateMachineArn", "ledger"),
        ("stateMachineArn", "urn:aws:states:us-east-1:111111111111:stateMachine:ledger"),
        ("stateMachineArn", "arn::states:us-east-1:111111111111:stateMachine:ledger"),
        ("stateMachineArn", "arn:aws:states:us-east-1:111111111111:activity:ledger"),
        ("stateMachineArn", "arn:aws:states:us-east-1:111111111111:stateMachine:ledger:1:2"),
        ("stateMachineArn", f"arn:aws:states:us-east-1:111111111111:stateMachine:{'é' * 1000}"),
    ],
    ids=brief,
)
def test_an_arn_that_is_none_of_step_functions_is_rejected(name: str, arn: str) -> None:
    assert refusal(event(detail(changes={name: arn}))) == "arn-invalid"


def test_an_arn_of_another_account_than_the_event_is_rejected() -> None:
    # Also what is forwarded from an account that the join does not name: the account is EventBridge's word, the ARN the sender's.
    assert refusal(event(detail(machine_arn(account=OTHER)))) == "account-mismatch"
    assert refusal(event(detail(), account=OTHER)) == "account-mismatch"


def test_another_region_than_the_event_is_rejected() -> None:
    assert refusal(event(detail(machine_arn(region="eu-west-1")))) == "region-mismatch"


@pytest.mark.parametrize(
    ("partition", "region"), [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-iso-b", "us-isob-east-1")]
)
def test_other_partitions_are_as_good(partition: str, region: str) -> None:
    machine = machine_arn(region=region, partition=partition)
    assert said(status_change(machine)).source == Source(SourceKind.STEP_FUNCTIONS, machine)


@pytest.mark.parametrize("express", ["express:ledger:close:0a1b", "express:ledger:close"])
def test_an_express_execution_is_rejected(express: str) -> None:
    changes: dict[str, object] = {"executionArn": f"arn:aws:states:us-east-1:111111111111:{express}"}
    assert refusal(event(detail(changes=changes))) == "express-execution"


@pytest.mark.parametrize("qualifier", ["5", "PROD"])
def test_a_version_or_alias_is_the_same_state_machine(qualifier: str) -> None:
    changes: dict[str, object] = {"stateMachineArn": f"{machine_arn()}:{qualifier}"}
    assert said(event(detail(changes=changes))).source == Source(SourceKind.STEP_FUNCTIONS, machine_arn())


def test_names_may_have_any_letters() -> None:
    machine = machine_arn("総勘定元帳")
    completion = said(status_change(machine, "締め-2026"))
    assert (completion.source.arn, completion.execution_id) == (machine, "締め-2026")


@pytest.mark.parametrize("source", ["aws-states", "AWS.states", "aws.state", "fanin.successor"])
def test_another_source_is_no_completion_unless_a_definition_says_so(source: str) -> None:
    found = parse_message(json.dumps(event(detail(), source=source)))
    assert isinstance(found, OtherEvent)
    assert found.route.arn == f"{HUB}:{REGION}:{source}/Step Functions Execution Status Change"


@pytest.mark.parametrize(
    "detail_type", ["Step Functions Execution State Change", "Fan-in Receipt", "step functions execution status change"]
)
def test_another_detail_type_is_none_either(detail_type: str) -> None:
    assert isinstance(parse_message(json.dumps(event(detail(), detail_type=detail_type))), OtherEvent)


def test_a_source_with_an_endless_name_is_rejected() -> None:
    assert refusal(event(detail(), source="x" * 257)) == "source-unknown"


def test_an_input_that_was_left_out_is_not_an_absent_one() -> None:
    left_out = said(event(detail(changes={"input": None, "inputDetails": {"included": False}})))
    assert (left_out.input, left_out.input_included) == (None, False)
    absent = said(event(detail(changes={"input": REMOVED, "inputDetails": REMOVED})))
    assert (absent.input, absent.input_included) == (None, True)


@pytest.mark.parametrize("output", ["not json", "NaN", '{"a":1,"a":2}', "1e400", "[" * 100_000, "", "9" * 5_000, "\ufeff{}"], ids=brief)
def test_an_output_is_a_text_that_nobody_reads(output: str) -> None:
    assert said(event(detail(changes={"output": output}))).output == output


@pytest.mark.parametrize("name", ["input", "output"])
@pytest.mark.parametrize("found", [{}, [], 1, True])
def test_an_input_or_output_that_is_no_text_is_rejected(name: str, found: object) -> None:
    assert refusal(event(detail(changes={name: found}))) == "event-malformed"


@pytest.mark.parametrize("name", ["output", "input", "cause"])
def test_half_a_surrogate_pair_is_rejected(name: str) -> None:
    assert refusal(event(detail(changes={name: "\ud800"}))) == "json-lone-surrogate"
    assert said(event(detail(changes={name: "\U0001f600"}))).execution_id == "close"


@pytest.mark.parametrize("found", [REMOVED, None])
def test_a_missing_stop_time_is_tolerated(found: object) -> None:
    assert said(event(detail(changes={"stopDate": found}))).stopped_at_ms is None


@pytest.mark.parametrize("name", ["startDate", "stopDate"])
@pytest.mark.parametrize("found", ["2026-03-31", True, [], {}])
def test_a_time_that_is_no_number_is_rejected(name: str, found: object) -> None:
    assert refusal(event(detail(changes={name: found}))) == "event-malformed"


def test_a_time_with_a_fraction_is_a_time_in_whole_milliseconds() -> None:
    assert said(event(detail(changes={"stopDate": 1774983598000.7}))).stopped_at_ms == 1_774_983_598_000


@pytest.mark.parametrize(
    ("number", "code"),
    [("1e400", "json-number-not-finite"), ("NaN", "json-number-not-finite"), ("9" * 5000, "json-number-too-long")],
    ids=brief,
)
def test_a_number_that_is_none_is_rejected(number: str, code: str) -> None:
    assert refusal(json.dumps(event(detail(changes={"stopDate": "@"}))).replace('"@"', number)) == code


def test_a_redrive_date_is_a_text_or_a_number() -> None:
    for redrive_date in ("2026-03-31T18:00:00Z", NOW_MS, None):
        assert said(event(detail(changes={"redriveDate": redrive_date, "redriveCount": 1}))).status is Status.SUCCEEDED


@pytest.mark.parametrize("body", ["x", '"', "[", "{", '{"a":', " "])
@pytest.mark.parametrize("size_bytes", [1_048_576, 5_000_000])
def test_a_megabyte_of_anything_and_more_is_rejected(body: str, size_bytes: int) -> None:
    assert refusal(body * (size_bytes // len(body))) == "json-too-large"


def test_the_limit_is_half_a_megabyte() -> None:
    padded = status_change()[:-1] + ', "padding": "'
    body = padded + "x" * (MAX_BODY_BYTES - len(padded) - 2) + '"}'
    assert len(body) == MAX_BODY_BYTES
    assert said(body).execution_id == "close"
    assert refusal(body + " ") == "json-too-large"


@pytest.mark.parametrize("deep", ["[", '{"a":'])
def test_deep_nesting_is_rejected(deep: str) -> None:
    assert refusal(deep * 80_000) == "json-too-deep"
