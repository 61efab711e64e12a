"""Cron windows partition time as all windows do, and each run has a day that wall times mean."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.definitions.windows import WindowRule, day_of_key, run_day, window_rule
from fanin.domain.completion import Source, SourceKind
from fanin.domain.condition import all_of
from fanin.domain.errors import RejectedError
from fanin.domain.plan import KeyKind, KeyRule, Plan, Predecessor
from fanin.domain.window import CronWindow, Window, WindowUnit

pytestmark = pytest.mark.unit

HOUR_MS = 3_600_000
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo", "UTC"])
EXPRESSIONS = st.sampled_from(
    ["0 5 * * 1-5", "30 2 * * *", "*/15 * * * *", "0,30 1-3 * * *", "* * * * *", "0 0 L * *", "59 23 * * 0", "0 1 1,15 * *", "30 1 * * 7"]
)
CHANGES = ["2026-03-29T01:00", "2026-10-25T01:00", "2026-03-08T07:00", "2026-11-01T06:00", "2026-04-04T15:00", "2026-10-03T15:30"]
INSTANTS = st.integers(1_262_304_000_000, 2_114_380_800_000) | st.sampled_from(CHANGES).flatmap(
    lambda change: st.integers(-5 * HOUR_MS, 5 * HOUR_MS).map(lambda off_ms: ms(change) + off_ms)
)


def ms(utc: str) -> int:
    return round(datetime.fromisoformat(utc + "Z").timestamp() * 1000)


def cron(expression: str, zone: str) -> WindowRule:
    return window_rule(KeyRule(KeyKind.WINDOW, window=CronWindow(expression, zone)))


@given(EXPRESSIONS, ZONES, INSTANTS)
def test_every_instant_lies_in_the_cron_window_that_is_named_for_it_and_in_no_other(expression: str, zone: str, at_ms: int) -> None:
    windows = cron(expression, zone)
    key = windows.key_of(at_ms)
    assert windows.opens_ms(key) <= at_ms < windows.closes_ms(key)
    following = windows.following(key)
    assert windows.opens_ms(following) == windows.closes_ms(key)
    assert windows.key_of(windows.opens_ms(key)) == key
    assert windows.key_of(windows.opens_ms(key) - 1) != key


@given(EXPRESSIONS, ZONES, INSTANTS, st.integers(0, 40 * 24 * HOUR_MS))
def test_later_instants_never_lie_in_earlier_cron_windows(expression: str, zone: str, at_ms: int, later_ms: int) -> None:
    windows = cron(expression, zone)
    assert windows.opens_ms(windows.key_of(at_ms)) <= windows.opens_ms(windows.key_of(at_ms + later_ms))


@given(st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)), ZONES, INSTANTS)
def test_a_daily_cron_window_is_the_day_window_with_that_base_time(at: time, zone: str, at_ms: int) -> None:
    day = Window(WindowUnit.DAY, zone, at)
    windows = cron(f"{at.minute} {at.hour} * * *", zone)
    assert windows.opens_ms(windows.key_of(at_ms)) == day.opens_ms(day.key_of(at_ms))
    assert windows.closes_ms(windows.key_of(at_ms)) == day.closes_ms(day.key_of(at_ms))


@pytest.mark.parametrize(
    ("expression", "zone", "keys"),
    [
        ("30 2 * * *", "Europe/Berlin", ["2026-03-28T02:30+0100", "2026-03-29T03:00+0200", "2026-03-30T02:30+0200"]),
        ("30 2 * * *", "Europe/Berlin", ["2026-10-24T02:30+0200", "2026-10-25T02:30+0200", "2026-10-26T02:30+0100"]),
        ("*/15 * * * *", "Europe/Berlin", ["2026-03-29T01:45+0100", "2026-03-29T03:00+0200", "2026-03-29T03:15+0200"]),
        ("*/15 * * * *", "Europe/Berlin", ["2026-10-25T02:45+0200", "2026-10-25T03:00+0100"]),
        ("15 2 * * *", "Australia/Lord_Howe", ["2026-10-03T02:15+1030", "2026-10-04T02:30+1100", "2026-10-05T02:15+1100"]),
        ("45 1 * * *", "Australia/Lord_Howe", ["2026-04-04T01:45+1100", "2026-04-05T01:45+1100", "2026-04-06T01:45+1030"]),
        ("30 1 * * *", "America/New_York", ["2026-10-31T01:30-0400", "2026-11-01T01:30-0400", "2026-11-02T01:30-0500"]),
        ("0 21 * * 1-5", "America/New_York", ["2026-03-06T21:00-0500", "2026-03-09T21:00-0400"]),
        ("0 5 * * *", "Asia/Tokyo", ["2026-03-28T05:00+0900", "2026-03-29T05:00+0900"]),
    ],
)
def test_what_the_clock_skips_fires_when_the_gap_ends_and_what_it_repeats_fires_once(expression: str, zone: str, keys: list[str]) -> None:
    windows = cron(expression, zone)
    assert [windows.following(key) for key in keys[:-1]] == keys[1:]


@pytest.mark.parametrize(
    "key", ["", "2026-03-31", "2026-03-31T05:01+0900", "2026-03-31T05:00+0800", "2026-03-30T20:00+0000", "2026-03-31T05:00:00+0900"]
)
def test_a_text_that_names_no_firing_is_refused(key: str) -> None:
    with pytest.raises(RejectedError) as refused:
        cron("0 5 * * *", "Asia/Tokyo").opens_ms(key)
    assert refused.value.code == "key-not-a-window"


def test_a_key_that_is_no_window_has_no_windows() -> None:
    with pytest.raises(ValueError, match="latest"):
        window_rule(KeyRule(KeyKind.LATEST))


def plan(rule: KeyRule, zone: str = "Asia/Tokyo") -> Plan:
    predecessors = (Predecessor("a", Source(SourceKind.STEP_FUNCTIONS, "arn")),)
    return Plan("j", 1, "", "", rule, predecessors, all_of(1), (), zone=zone)


DAILY = KeyRule(KeyKind.WINDOW, window=Window(WindowUnit.DAY, "America/New_York", time(5)))
OPENED_MS = ms("2026-03-31T20:00")


@pytest.mark.parametrize(
    ("rule", "key", "day"),
    [
        (DAILY, "2026-03-30", date(2026, 3, 30)),
        (DAILY, "by-hand", date(2026, 4, 1)),
        (KeyRule(KeyKind.WINDOW, window=Window(WindowUnit.MONTH, "UTC")), "2026-03", date(2026, 3, 1)),
        (KeyRule(KeyKind.WINDOW, window=CronWindow("0 21 * * *", "America/New_York")), "2026-03-31T21:00-0400", date(2026, 3, 31)),
        (KeyRule(KeyKind.INPUT, "d"), "2026-02-03", date(2026, 2, 3)),
        (KeyRule(KeyKind.INPUT, "d"), "20260203", date(2026, 2, 3)),
        (KeyRule(KeyKind.INPUT, "d"), "2026-02-30", date(2026, 4, 1)),
        (KeyRule(KeyKind.INPUT, "d"), "order-4711", date(2026, 4, 1)),
    ],
)
def test_the_day_of_a_run_is_its_windows_or_its_keys_or_that_of_its_opening(rule: KeyRule, key: str, day: date) -> None:
    assert run_day(plan(rule), key, OPENED_MS) == day


def test_the_day_of_opening_is_the_one_of_the_joins_zone() -> None:
    assert run_day(plan(KeyRule(KeyKind.INPUT, "d"), "UTC"), "x", OPENED_MS) == date(2026, 3, 31)


@given(st.dates())
def test_a_date_is_read_in_both_spellings(day: date) -> None:
    assert day_of_key(day.isoformat()) == day
    assert day_of_key(day.isoformat().replace("-", "")) == day


@given(st.text() | st.from_regex(r"[0-9-]{8,10}", fullmatch=True))
def test_a_key_that_is_no_date_has_no_day(key: str) -> None:
    day = day_of_key(key)
    assert day is None or key in (f"{day}", f"{day}".replace("-", ""))


def test_a_window_may_last_for_years() -> None:
    windows = cron("0 0 29 2 *", "UTC")
    assert windows.key_of(ms("2027-06-01T00:00")) == "2024-02-29T00:00+0000"
    assert windows.following("2024-02-29T00:00+0000") == "2028-02-29T00:00+0000"
