"""Windows partition time: every instant lies in exactly one, whatever the clocks do."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.domain.errors import RejectedError
from fanin.domain.window import Window, WindowUnit

pytestmark = pytest.mark.unit

HOUR_MS = 3_600_000
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo", "Asia/Kathmandu", "UTC")
BASE_TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0))
WINDOWS = st.builds(Window, st.sampled_from(WindowUnit), st.sampled_from(ZONES), BASE_TIMES)
# 2010 to 2037, and thrice as often the hours around changes of clocks
CHANGES = ["2026-03-29T01:00", "2026-10-25T01:00", "2026-03-08T07:00", "2026-11-01T06:00", "2026-04-04T15:00", "2026-10-03T15:30"]
NEAR_CHANGES = st.sampled_from(CHANGES).flatmap(
    lambda change: st.integers(-30 * HOUR_MS, 30 * HOUR_MS).map(lambda off_ms: ms(change) + off_ms)
)
INSTANTS = st.integers(1_262_304_000_000, 2_114_380_800_000) | NEAR_CHANGES | NEAR_CHANGES | NEAR_CHANGES


def ms(utc: str) -> int:
    return round(datetime.fromisoformat(utc + "Z").timestamp() * 1000)


@given(WINDOWS, INSTANTS)
def test_every_instant_lies_in_the_window_that_is_named_for_it_and_in_no_other(window: Window, at_ms: int) -> None:
    key = window.key_of(at_ms)
    assert window.opens_ms(key) <= at_ms < window.closes_ms(key)
    following = window.following(key)
    assert window.opens_ms(following) == window.closes_ms(key)
    assert window.key_of(window.opens_ms(key)) == key
    assert window.key_of(window.opens_ms(key) - 1) != key


@given(WINDOWS, INSTANTS, st.integers(0, 40 * 24 * HOUR_MS))
def test_later_instants_never_lie_in_earlier_windows(window: Window, at_ms: int, later_ms: int) -> None:
    first, second = window.key_of(at_ms), window.key_of(at_ms + later_ms)
    assert window.opens_ms(first) <= window.opens_ms(second)
    if window.unit is not WindowUnit.HOUR:
        assert first <= second


@pytest.mark.parametrize(
    ("window", "utc", "key"),
    [
        (Window(WindowUnit.DAY, "Asia/Tokyo", time(5)), "2026-03-31T19:59", "2026-03-31"),
        (Window(WindowUnit.DAY, "Asia/Tokyo", time(5)), "2026-03-31T20:00", "2026-04-01"),
        (Window(WindowUnit.MONTH, "Asia/Tokyo", time(5)), "2026-03-31T19:59", "2026-03"),
        (Window(WindowUnit.MONTH, "Asia/Tokyo", time(5)), "2026-03-31T20:00", "2026-04"),
        (Window(WindowUnit.WEEK, "UTC"), "2027-01-03T23:59", "2026-W53"),
        (Window(WindowUnit.WEEK, "UTC"), "2027-01-04T00:00", "2027-W01"),
        (Window(WindowUnit.HOUR, "Asia/Kathmandu"), "2026-01-01T00:00", "2026-01-01T05+0545"),
        (Window(WindowUnit.HOUR, "Europe/Berlin"), "2026-10-25T00:30", "2026-10-25T02+0200"),
        (Window(WindowUnit.HOUR, "Europe/Berlin"), "2026-10-25T01:30", "2026-10-25T02+0100"),
        (Window(WindowUnit.DAY, "Europe/Berlin", time(2, 30)), "2026-03-29T00:59", "2026-03-28"),
        (Window(WindowUnit.DAY, "Europe/Berlin", time(2, 30)), "2026-03-29T01:00", "2026-03-29"),
        (Window(WindowUnit.DAY, "Europe/Berlin", time(2, 30)), "2026-10-25T01:15", "2026-10-25"),
    ],
)
def test_an_instant_is_named_by_the_clock_of_its_zone(window: Window, utc: str, key: str) -> None:
    assert window.key_of(ms(utc)) == key


@pytest.mark.parametrize(
    ("zone", "starts_at", "key", "hours"),
    [
        ("Europe/Berlin", time(0), "2026-03-29", 23),
        ("Europe/Berlin", time(0), "2026-10-25", 25),
        ("Europe/Berlin", time(2, 30), "2026-03-28", 23.5),
        ("Europe/Berlin", time(2, 30), "2026-03-29", 23.5),
        ("Europe/Berlin", time(2, 30), "2026-10-25", 25),
        ("America/New_York", time(2, 0), "2026-03-08", 23),
        ("America/New_York", time(2, 0), "2026-10-31", 25),
        ("Australia/Lord_Howe", time(0), "2026-10-04", 23.5),
        ("Australia/Lord_Howe", time(0), "2026-04-05", 24.5),
        ("Asia/Tokyo", time(5), "2026-03-29", 24),
    ],
)
def test_a_day_is_as_long_as_the_clocks_make_it(zone: str, starts_at: time, key: str, hours: float) -> None:
    window = Window(WindowUnit.DAY, zone, starts_at)
    assert window.closes_ms(key) - window.opens_ms(key) == hours * HOUR_MS


@pytest.mark.parametrize(
    ("zone", "keys"),
    [
        ("Europe/Berlin", ["2026-03-29T01+0100", "2026-03-29T03+0200"]),
        ("Europe/Berlin", ["2026-10-25T02+0200", "2026-10-25T02+0100", "2026-10-25T03+0100"]),
        ("America/New_York", ["2026-03-08T01-0500", "2026-03-08T03-0400"]),
        ("America/New_York", ["2026-11-01T01-0400", "2026-11-01T01-0500", "2026-11-01T02-0500"]),
        ("Australia/Lord_Howe", ["2026-04-05T01+1100", "2026-04-05T01+1030", "2026-04-05T02+1030"]),
        ("Australia/Lord_Howe", ["2026-10-04T01+1030", "2026-10-04T02+1100", "2026-10-04T03+1100"]),
    ],
)
def test_hours_that_are_skipped_have_no_window_and_repeated_ones_two(zone: str, keys: list[str]) -> None:
    window = Window(WindowUnit.HOUR, zone)
    assert [window.following(key) for key in keys[:-1]] == keys[1:]


def test_the_first_day_of_a_window_is_the_one_it_opens_on() -> None:
    assert Window(WindowUnit.MONTH, "Asia/Tokyo", time(5)).first_day("2026-03") == date(2026, 3, 1)
    assert Window(WindowUnit.WEEK, "Asia/Tokyo", time(5)).first_day("2026-W14") == date(2026, 3, 30)
    assert Window(WindowUnit.HOUR, "Asia/Tokyo").first_day("2026-03-31T05+0900") == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("unit", "key"),
    [
        (WindowUnit.DAY, "20260331"),
        (WindowUnit.DAY, "2026-02-30"),
        (WindowUnit.DAY, "2026-W14-1"),
        (WindowUnit.DAY, ""),
        (WindowUnit.WEEK, "2026-W54"),
        (WindowUnit.WEEK, "2026-W1"),
        (WindowUnit.WEEK, "2026-03-31"),
        (WindowUnit.MONTH, "2026-13"),
        (WindowUnit.MONTH, "2026-3"),
        (WindowUnit.MONTH, "2026-03-31"),
        (WindowUnit.HOUR, "2026-03-31T05"),
        (WindowUnit.HOUR, "2026-03-31T05+0800"),
        (WindowUnit.HOUR, "2026-03-31T05:00+0900"),
    ],
)
def test_a_text_that_names_no_window_is_refused(unit: WindowUnit, key: str) -> None:
    with pytest.raises(RejectedError) as refused:
        Window(unit, "Asia/Tokyo").opens_ms(key)
    assert str(refused.value) == f"key-not-a-window: {key!r} names no {unit.value} window of this join"


def test_of_a_long_text_that_names_no_window_forty_characters_are_repeated() -> None:
    with pytest.raises(RejectedError, match=f"'{'x' * 40}' names no day window"):
        Window(WindowUnit.DAY, "UTC").opens_ms("x" * 41)


@pytest.mark.parametrize(
    ("unit", "key", "following"),
    [
        (WindowUnit.DAY, "2026-12-31", "2027-01-01"),
        (WindowUnit.WEEK, "2026-W53", "2027-W01"),
        (WindowUnit.WEEK, "2026-W13", "2026-W14"),
        (WindowUnit.MONTH, "2026-01", "2026-02"),
        (WindowUnit.MONTH, "2026-02", "2026-03"),
        (WindowUnit.MONTH, "2026-04", "2026-05"),
        (WindowUnit.MONTH, "2026-12", "2027-01"),
        (WindowUnit.HOUR, "2026-12-31T23+0000", "2027-01-01T00+0000"),
    ],
)
def test_windows_follow_one_another_without_a_gap(unit: WindowUnit, key: str, following: str) -> None:
    window = Window(unit, "UTC")
    assert window.following(key) == following
    assert window.key_of(window.closes_ms(key)) == following


@pytest.mark.parametrize(
    ("zone", "key", "utc"),
    [
        ("Australia/Lord_Howe", "2026-10-04T02+1100", "2026-10-03T15:30"),
        ("Australia/Lord_Howe", "2026-04-05T01+1030", "2026-04-04T15:00"),
        ("Asia/Kathmandu", "2026-01-01T05+0545", "2025-12-31T23:15"),
    ],
)
def test_an_hour_opens_where_the_clock_first_shows_it_at_a_whole_millisecond(zone: str, key: str, utc: str) -> None:
    opens_ms = Window(WindowUnit.HOUR, zone).opens_ms(key)
    assert opens_ms == ms(utc)
    assert isinstance(opens_ms, int)
