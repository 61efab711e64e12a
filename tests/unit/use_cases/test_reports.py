"""Reports that leave something out, or come at an odd time: looked up where the source can be asked, else taken as they are or refused."""

from __future__ import annotations

import pytest

from fanin.domain.completion import Completion
from fanin.domain.run import Run
from fanin.sources.message import parse_message
from tests.unit.sources.events import NOW_MS, REMOVED, machine_arn, status_change
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, TWO, Landscape, definition

pytestmark = pytest.mark.unit

DAY_MS = 86_400_000
NO_STOP: dict[str, object] = {"stopDate": REMOVED}
NO_INPUT: dict[str, object] = {"input": None, "inputDetails": {"included": False}}


def take(landscape: Landscape, body: str) -> list[str]:
    """The codes under which a body was quarantined."""
    landscape.arrive(body)
    collected = landscape.collect()
    assert collected is not None
    assert not collected.failed
    return [kept.code for kept in landscape.quarantine.kept]


def known(landscape: Landscape, body: str) -> Completion:
    """The source knows an execution just as a body says."""
    completion = parse_message(body)
    assert isinstance(completion, Completion)
    landscape.executions.known[completion.execution_arn] = completion
    return completion


def slot(run: Run | None, number: int = 0) -> str:
    assert run is not None
    return run.slots[number]


def test_a_missing_stop_time_is_looked_up(landscape: Landscape) -> None:
    known(landscape, status_change(LEDGER, stopped_at_ms=NOW_MS - 777))
    assert take(landscape, status_change(LEDGER, changes=NO_STOP)) == []
    assert slot(landscape.run()).startswith(f"3{NOW_MS - 777} close ")


def test_where_nobody_can_be_asked_the_reports_own_time_stands_in(landscape: Landscape) -> None:
    assert take(landscape, status_change(POSITIONS, reported_at_ms=NOW_MS - 5_000, changes=NO_STOP)) == []
    assert slot(landscape.run(), 1).startswith(f"3{NOW_MS - 5_000} close ")


def test_an_input_that_was_left_out_is_fetched(landscape: Landscape) -> None:
    known(landscape, status_change(LEDGER))
    assert take(landscape, status_change(LEDGER, changes=NO_INPUT)) == []
    assert landscape.run() is not None


def test_an_input_that_was_left_out_and_cannot_be_fetched_is_quarantined(landscape: Landscape) -> None:
    assert take(landscape, status_change(POSITIONS, changes=NO_INPUT)) == ["input-unavailable"]


def test_an_input_that_nobody_reads_is_not_fetched() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO, key={"name": "^close-([0-9-]+)$"}))
    assert take(landscape, status_change(LEDGER, "close-2026-03-31", changes=NO_INPUT)) == []
    assert landscape.executions.asked == []
    assert landscape.run() is not None


def test_a_complete_report_is_not_asked_about(landscape: Landscape) -> None:
    take(landscape, status_change(LEDGER))
    assert landscape.executions.asked == []


def test_a_report_that_no_join_wants_is_not_asked_about_but_counted(landscape: Landscape) -> None:
    landscape.arrive(status_change(machine_arn("risk"), changes=NO_STOP))
    collected = landscape.collect()
    assert collected is not None
    assert collected.outcomes == {"not-wanted": 1}
    assert landscape.executions.asked == []
    assert not landscape.quarantine.kept


def test_a_source_that_does_not_answer_gives_the_message_back_and_no_other(landscape: Landscape) -> None:
    landscape.executions.throttled = True
    landscape.arrive(status_change(LEDGER, changes=NO_STOP), status_change(POSITIONS))
    collected = landscape.collect()
    assert collected is not None
    assert list(collected.failed) == ["m-1"]
    landscape.executions.throttled = False
    landscape.settle()
    assert len(landscape.inputs()) == 1


@pytest.mark.parametrize(
    ("stopped_at_ms", "codes"),
    [
        (NOW_MS - 20 * DAY_MS, []),
        (NOW_MS - 20 * DAY_MS - 1, ["completion-too-old"]),
        (0, ["completion-too-old"]),
        (NOW_MS + 3_600_000, []),
        (NOW_MS + 3_600_001, ["completion-in-the-future"]),
    ],
)
def test_what_is_too_old_or_from_the_future_is_quarantined(landscape: Landscape, stopped_at_ms: int, codes: list[str]) -> None:
    landscape.clock.at_ms = NOW_MS
    assert take(landscape, status_change(LEDGER, stopped_at_ms=stopped_at_ms, reported_at_ms=NOW_MS)) == codes
    assert (landscape.run() is None) == bool(codes)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"stopDate": 10**300}, "completion-in-the-future"),
        ({"stopDate": -1}, "completion-too-old"),
        ({"startDate": 10**14}, "time-out-of-range"),
        ({"startDate": -1}, "time-out-of-range"),
        ({"executionArn": "arn:aws:states:us-east-1:111111111111:execution:ledger:a b"}, "execution-id-invalid"),
        ({"executionArn": "arn:aws:states:us-east-1:111111111111:execution:ledger:" + "x" * 257}, "execution-id-invalid"),
    ],
)
def test_what_cannot_be_ordered_is_quarantined(landscape: Landscape, changes: dict[str, object], code: str) -> None:
    assert take(landscape, status_change(LEDGER, changes=changes)) == [code]
    assert landscape.run() is None


def test_two_reports_of_one_execution_with_other_times_are_one_completion(landscape: Landscape) -> None:
    # An event without a stop time, and its repetition with another id and time; and then the release is the same.
    for reported_at_ms in (NOW_MS - 9_000, NOW_MS - 4_000):
        take(landscape, status_change(POSITIONS, "p", reported_at_ms=reported_at_ms, changes=NO_STOP))
    take(landscape, status_change(LEDGER, "l"))
    assert take(landscape, status_change(POSITIONS, "p", reported_at_ms=NOW_MS, changes=NO_STOP)) == []
    landscape.settle()
    assert len(landscape.inputs()) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"businessDate": ""}', "key-empty"),
        ('{"businessDate": {}}', "key-not-a-string"),
        ('{"businessDate": ["2026"]}', "key-not-a-string"),
        ('{"businessDate": true}', "key-not-a-string"),
        ('{"businessDate": null}', "key-absent"),
        ("{}", "key-absent"),
        ("[]", "key-absent"),
        ('{"businessDate": "' + "x" * 257 + '"}', "key-too-long"),
        ('{"businessDate": "a\\u0000"}', "key-invalid-characters"),
        ("not json", "input-not-json"),
    ],
)
def test_an_execution_without_a_usable_key_is_quarantined(landscape: Landscape, text: str, code: str) -> None:
    body = status_change(LEDGER, changes={"input": text})
    assert take(landscape, body) == [code]
    assert landscape.quarantine.kept[0].body == body
    assert landscape.table.runs == {}


def test_an_integer_is_a_key_by_its_decimal_form(landscape: Landscape) -> None:
    take(landscape, status_change(LEDGER, changes={"input": '{"businessDate": 20260331}'}))
    assert landscape.run("20260331") is not None


def test_the_source_may_know_more_by_now_but_the_event_stands(landscape: Landscape) -> None:
    completion = known(landscape, status_change(LEDGER, "l", stopped_at_ms=NOW_MS - 100))
    landscape.executions.known[completion.execution_arn] = completion._replace(stopped_at_ms=NOW_MS - 2_000)
    take(landscape, status_change(LEDGER, "l", changes={**NO_INPUT}))
    assert slot(landscape.run()).startswith(f"3{NOW_MS - 2_000} l ")
