"""Keys beyond the input: outputs, details, windows, and dates that are moved by days."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.definitions.keying import derive_key, slot_key
from fanin.domain.calendar import Calendar
from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.condition import all_of
from fanin.domain.errors import RejectedError
from fanin.domain.plan import KeyKind, KeyRule, Plan, Predecessor
from fanin.domain.window import CronWindow, Window, WindowBy, WindowUnit

pytestmark = pytest.mark.unit

MACHINE = Source(SourceKind.STEP_FUNCTIONS, "arn:aws:states:us-east-1:111111111111:stateMachine:ledger")
HOLIDAYS = Calendar(holidays=frozenset({date(2026, 5, 4), date(2026, 5, 5), date(2026, 5, 6)}))


def ms(utc: str) -> int:
    return round(datetime.fromisoformat(utc + "Z").timestamp() * 1000)


DONE = Completion(
    source=MACHINE,
    account="111111111111",
    region="us-east-1",
    execution_id="x",
    execution_arn="arn:aws:states:us-east-1:111111111111:execution:ledger:x",
    status=Status.SUCCEEDED,
    reported_at_ms=ms("2026-03-31T21:00"),
    started_at_ms=ms("2026-03-31T19:30"),
    stopped_at_ms=ms("2026-03-31T20:30"),
    input='{"day":"2026-05-01","compact":20260501,"odd":"x"}',
    input_included=True,
    output='{"day":"2026-05-02"}',
    output_included=True,
    detail={"name": "x", "tags": {"day": "2026-05-03"}},
)


def refusal_of(rule: KeyRule, completion: Completion = DONE, calendar: Calendar | None = None) -> str:
    with pytest.raises(RejectedError) as refused:
        derive_key(rule, completion, calendar)
    return refused.value.code


def test_the_key_may_be_in_the_output_or_the_events_detail() -> None:
    assert derive_key(KeyRule(KeyKind.OUTPUT, "day"), DONE) == "2026-05-02"
    assert derive_key(KeyRule(KeyKind.DETAIL, "tags.day"), DONE) == "2026-05-03"


@pytest.mark.parametrize(
    ("rule", "completion", "code"),
    [
        (KeyRule(KeyKind.OUTPUT, "day"), DONE._replace(output=None), "key-absent"),
        (KeyRule(KeyKind.OUTPUT, "day"), DONE._replace(output=None, output_included=False), "output-unavailable"),
        (KeyRule(KeyKind.OUTPUT, "day"), DONE._replace(output="{"), "output-not-json"),
        (KeyRule(KeyKind.OUTPUT, "day"), DONE._replace(output=" " * 262_145), "output-too-large"),
        (KeyRule(KeyKind.OUTPUT, "other"), DONE, "key-absent"),
        (KeyRule(KeyKind.DETAIL, "tags"), DONE, "key-not-a-string"),
        (KeyRule(KeyKind.DETAIL, "name"), DONE._replace(detail=None), "detail-unavailable"),
    ],
)
def test_an_output_or_a_detail_without_a_key_is_refused(rule: KeyRule, completion: Completion, code: str) -> None:
    assert refusal_of(rule, completion) == code


@pytest.mark.parametrize(
    ("window", "key"),
    [
        (Window(WindowUnit.DAY, "Asia/Tokyo"), "2026-04-01"),
        (Window(WindowUnit.DAY, "Asia/Tokyo", datetime.min.time().replace(hour=5)), "2026-03-31"),
        (Window(WindowUnit.DAY, "Asia/Tokyo", datetime.min.time().replace(hour=5), WindowBy.STOP), "2026-04-01"),
        (Window(WindowUnit.HOUR, "UTC", by=WindowBy.STOP), "2026-03-31T20+0000"),
        (CronWindow("0 5 * * *", "Asia/Tokyo"), "2026-03-31T05:00+0900"),
        (CronWindow("0 5 * * *", "Asia/Tokyo", WindowBy.STOP), "2026-04-01T05:00+0900"),
    ],
)
def test_a_window_key_is_that_of_the_start_or_the_stop(window: Window | CronWindow, key: str) -> None:
    rule = KeyRule(KeyKind.WINDOW, window=window)
    assert derive_key(rule, DONE) == key
    unknown = DONE._replace(started_at_ms=None) if window.by is WindowBy.START else DONE._replace(stopped_at_ms=None)
    assert refusal_of(rule, unknown) == "key-absent-time"


@pytest.mark.parametrize(
    ("expression", "days", "business", "key"),
    [
        ("day", -1, False, "2026-04-30"),
        ("day", 31, False, "2026-06-01"),
        ("compact", 1, False, "20260502"),
        ("day", 1, True, "2026-05-07"),
        ("compact", -1, True, "20260430"),
    ],
)
def test_a_date_is_moved_and_keeps_its_spelling(expression: str, days: int, business: bool, key: str) -> None:
    rule = KeyRule(KeyKind.INPUT, expression, offset_days=days, business=business)
    assert derive_key(rule, DONE, HOLIDAYS) == key


def test_business_days_without_a_calendar_are_monday_to_friday() -> None:
    assert derive_key(KeyRule(KeyKind.INPUT, "day", offset_days=1, business=True), DONE) == "2026-05-04"


def test_what_is_no_date_or_has_no_day_to_move_to_is_refused() -> None:
    assert refusal_of(KeyRule(KeyKind.INPUT, "odd", offset_days=1)) == "key-not-a-date"
    never = Calendar(weekend=frozenset(range(1, 8)))
    assert refusal_of(KeyRule(KeyKind.INPUT, "day", offset_days=1, business=True), calendar=never) == "calendar-exhausted"
    last = DONE._replace(input='{"day":"9999-12-31"}')
    assert refusal_of(KeyRule(KeyKind.INPUT, "day", offset_days=1), last) == "calendar-exhausted"


@given(st.dates(date(1000, 1, 1), date(9000, 1, 1)), st.integers(1, 366), st.sampled_from(["{}", "{:%Y%m%d}"]))
def test_an_offset_and_its_opposite_meet(day: date, days: int, spelling: str) -> None:
    spelled = DONE._replace(input=f'{{"day":"{spelling.format(day)}"}}')
    there = derive_key(KeyRule(KeyKind.INPUT, "day", offset_days=days), spelled)
    back = derive_key(KeyRule(KeyKind.INPUT, "day", offset_days=-days), DONE._replace(input=f'{{"day":"{there}"}}'))
    assert back == spelling.format(day)


def planned(join: KeyRule, own: KeyRule | None) -> Plan:
    return Plan("j", 1, "", "", join, (Predecessor("a", MACHINE, own),), all_of(1), (), calendar=HOLIDAYS)


DAILY = KeyRule(KeyKind.WINDOW, window=Window(WindowUnit.DAY, "Asia/Tokyo"))
MONTHLY = KeyRule(KeyKind.WINDOW, window=Window(WindowUnit.MONTH, "Asia/Tokyo"))


@pytest.mark.parametrize(
    ("join", "own", "key"),
    [
        (DAILY, None, "2026-04-01"),
        (DAILY, KeyRule(KeyKind.INPUT, "day"), "2026-05-01"),
        (DAILY, KeyRule(KeyKind.INPUT, "compact"), "2026-05-01"),
        (DAILY, KeyRule(KeyKind.INPUT, "day", offset_days=1, business=True), "2026-05-07"),
        (KeyRule(KeyKind.INPUT, "odd"), None, "x"),
        (KeyRule(KeyKind.INPUT, "odd"), DAILY, "2026-04-01"),
    ],
)
def test_a_slot_has_the_joins_rule_or_its_own_and_the_plans_calendar(join: KeyRule, own: KeyRule | None, key: str) -> None:
    assert slot_key(planned(join, own), 0, DONE) == key


@pytest.mark.parametrize(("join", "expression"), [(DAILY, "odd"), (MONTHLY, "day"), (MONTHLY, "compact")])
def test_a_key_that_meets_none_of_the_joins_windows_is_refused(join: KeyRule, expression: str) -> None:
    with pytest.raises(RejectedError) as refused:
        slot_key(planned(join, KeyRule(KeyKind.INPUT, expression)), 0, DONE)
    assert refused.value.code == "key-not-a-window"
