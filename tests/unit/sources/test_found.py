"""What was found by asking a source: written by our own roles, and read as if anybody had."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.errors import RejectedError
from fanin.sources.found import MAX_INPUT_BYTES, found_message
from fanin.sources.message import parse_message
from tests.unit.sources.events import HUB, NOW_MS, REGION, REMOVED, brief, execution_arn, machine_arn

pytestmark = pytest.mark.unit

CLOSE = Completion(
    source=Source(SourceKind.STEP_FUNCTIONS, machine_arn()),
    account=HUB,
    region=REGION,
    execution_id="close",
    execution_arn=execution_arn(machine_arn(), "close"),
    status=Status.TIMED_OUT,
    reported_at_ms=NOW_MS,
    started_at_ms=NOW_MS - 9,
    stopped_at_ms=NOW_MS,
    input=None,
    input_included=False,
    output=None,
    output_included=False,
)


@pytest.mark.parametrize(
    "completion",
    [
        CLOSE,
        CLOSE._replace(started_at_ms=None),
        CLOSE._replace(input='{"a": "é"}', input_included=True),
        CLOSE._replace(status=Status.RUNNING, stopped_at_ms=None),
        CLOSE._replace(execution_id="nächtlich", execution_arn=execution_arn(machine_arn(), "nächtlich")),
    ],
)
def test_what_was_found_comes_to_the_collector_as_it_was(completion: Completion) -> None:
    assert parse_message(found_message(completion)) == completion


def test_texts_that_are_long_and_outputs_stay_behind_and_are_asked_for_when_it_is_collected() -> None:
    long = CLOSE._replace(input="x" * (MAX_INPUT_BYTES + 1), input_included=True, output="{}", output_included=True, detail={"a": 1})
    assert parse_message(found_message(long)) == CLOSE


def altered(**changes: object) -> str:
    value: dict[str, Any] = json.loads(found_message(CLOSE))
    found = {**value["found"], **changes}
    return json.dumps({**value, "found": {name: one for name, one in found.items() if one is not REMOVED}})


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"id": "x" * 257},
        {"id": 7},
        {"arn": None},
        {"kind": "cron"},
        {"kind": "lambda"},
        {"kind": "event"},
        {"kind": "join"},
        {"kind": ["stepfunctions"]},
        {"status": "PENDING_REDRIVE"},
        {"status": REMOVED},
        {"stoppedAt": None},
        {"stoppedAt": True},
        {"stoppedAt": -1},
        {"stoppedAt": 1e12},
        {"startedAt": 10**14},
        {"input": {"a": 1}},
        {"input": "x" * (MAX_INPUT_BYTES + 1)},
        {"more": 1},
        {"source": "x" * 1025},
    ],
    ids=brief,
)
def test_whatever_we_would_not_write_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(RejectedError) as refusal:
        parse_message(altered(**changes))
    assert refusal.value.code == "found-malformed"


@pytest.mark.parametrize("source", ["ledger", "arn:aws:states", "arn::states:us-east-1:111111111111:stateMachine:ledger"])
def test_a_source_that_is_no_arn_is_refused(source: str) -> None:
    with pytest.raises(RejectedError) as refusal:
        parse_message(altered(source=source))
    assert refusal.value.code == "arn-invalid"


@pytest.mark.parametrize("value", [None, [], "close", 7])
def test_what_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(RejectedError) as refusal:
        parse_message(json.dumps({"v": 1, "found": value}))
    assert refusal.value.code == "found-malformed"
