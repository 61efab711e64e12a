"""Wall times become instants: what daylight saving skips means the end of the gap, what it repeats means the first."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.domain.wall_time import instant_ms, local

pytestmark = pytest.mark.unit

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo", "America/St_Johns", "Africa/Casablanca", "UTC")


@pytest.mark.parametrize(
    ("zone", "day", "at", "utc"),
    [
        # Berlin springs forward over 02:00 to 03:00, and falls back from 03:00 to 02:00.
        ("Europe/Berlin", date(2026, 3, 29), time(1, 59, 59), "2026-03-29T00:59:59"),
        ("Europe/Berlin", date(2026, 3, 29), time(2, 0), "2026-03-29T01:00:00"),
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), "2026-03-29T01:00:00"),
        ("Europe/Berlin", date(2026, 3, 29), time(3, 0), "2026-03-29T01:00:00"),
        ("Europe/Berlin", date(2026, 3, 29), time(3, 1), "2026-03-29T01:01:00"),
        ("Europe/Berlin", date(2026, 10, 25), time(1, 59), "2026-10-24T23:59:00"),
        ("Europe/Berlin", date(2026, 10, 25), time(2, 0), "2026-10-25T00:00:00"),
        ("Europe/Berlin", date(2026, 10, 25), time(2, 59), "2026-10-25T00:59:00"),
        ("Europe/Berlin", date(2026, 10, 25), time(3, 0), "2026-10-25T02:00:00"),
        # New York, over 02:00 to 03:00, and from 02:00 to 01:00.
        ("America/New_York", date(2026, 3, 8), time(2, 0), "2026-03-08T07:00:00"),
        ("America/New_York", date(2026, 3, 8), time(2, 59, 59), "2026-03-08T07:00:00"),
        ("America/New_York", date(2026, 3, 8), time(3, 0), "2026-03-08T07:00:00"),
        ("America/New_York", date(2026, 11, 1), time(1, 30), "2026-11-01T05:30:00"),
        ("America/New_York", date(2026, 11, 1), time(2, 0), "2026-11-01T07:00:00"),
        # Lord Howe, by half an hour: over 02:00 to 02:30, and from 02:00 to 01:30.
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 0), "2026-10-03T15:30:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 29), "2026-10-03T15:30:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 30), "2026-10-03T15:30:00"),
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 30), "2026-04-04T14:30:00"),
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 59), "2026-04-04T14:59:00"),
        ("Australia/Lord_Howe", date(2026, 4, 5), time(2, 0), "2026-04-04T15:30:00"),
        ("Asia/Tokyo", date(2026, 3, 29), time(2, 30), "2026-03-28T17:30:00"),
    ],
)
def test_each_wall_time_means_one_instant(zone: str, day: date, at: time, utc: str) -> None:
    assert datetime.fromtimestamp(instant_ms(day, at, zone) / 1000, UTC).replace(tzinfo=None).isoformat() == utc


DAYS = st.dates(date(2000, 1, 1), date(2037, 1, 1))
CLOCK = st.times().map(lambda at: at.replace(microsecond=0, fold=0))


@given(st.sampled_from(ZONES), DAYS, st.integers(0, 3), CLOCK, CLOCK)
def test_later_wall_times_never_mean_earlier_instants(zone: str, day: date, days: int, at: time, other: time) -> None:
    first, second = sorted([(day, at), (day + timedelta(days=days), other)])
    assert instant_ms(*first, zone) <= instant_ms(*second, zone)


@given(st.sampled_from(ZONES), st.integers(946_684_800, 2_114_380_800))
def test_an_instant_comes_back_from_its_wall_time_unless_that_is_repeated(zone: str, epoch_s: int) -> None:
    wall = local(epoch_s * 1000, zone)
    back_ms = instant_ms(wall.date(), wall.time().replace(fold=0), zone)
    assert (back_ms == epoch_s * 1000) == (wall.fold == 0)
    assert back_ms <= epoch_s * 1000
