"""Business days: what they are, and dates that lie some of them away."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fanin.domain.calendar import Calendar, day_after
from fanin.domain.errors import RejectedError

pytestmark = pytest.mark.unit

GOLDEN_WEEK = Calendar(holidays=frozenset({date(2026, 4, 29), date(2026, 5, 4), date(2026, 5, 5), date(2026, 5, 6)}))
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
CALENDARS = st.builds(
    Calendar,
    st.sets(st.integers(1, 7), max_size=6).map(frozenset),
    st.sets(st.dates(date(2025, 1, 1), date(2027, 1, 1)), max_size=30).map(frozenset),
)


@pytest.mark.parametrize(
    ("day", "moved", "reached"),
    [
        (date(2026, 5, 1), 1, date(2026, 5, 7)),
        (date(2026, 5, 7), -1, date(2026, 5, 1)),
        (date(2026, 5, 3), 1, date(2026, 5, 7)),
        (date(2026, 5, 3), -1, date(2026, 5, 1)),
        (date(2026, 5, 3), 0, date(2026, 5, 3)),
        (date(2026, 3, 31), 5, date(2026, 4, 7)),
        (date(2026, 4, 28), 2, date(2026, 5, 1)),
    ],
)
def test_business_days_skip_weekends_and_holidays(day: date, moved: int, reached: date) -> None:
    assert GOLDEN_WEEK.shifted(day, moved) == reached


@given(CALENDARS, DAYS, st.integers(-40, 40))
def test_a_shift_of_a_business_day_is_undone_by_its_opposite(calendar: Calendar, day: date, moved: int) -> None:
    assume(calendar.is_business_day(day))
    assert calendar.shifted(calendar.shifted(day, moved), -moved) == day


@given(CALENDARS, DAYS, st.integers(1, 40))
def test_a_shift_passes_exactly_so_many_business_days(calendar: Calendar, day: date, moved: int) -> None:
    reached = calendar.shifted(day, moved)
    between = [day + timedelta(days=number) for number in range(1, (reached - day).days + 1)]
    assert sum(map(calendar.is_business_day, between)) == moved
    assert calendar.is_business_day(reached)


@given(CALENDARS, DAYS, st.integers(-20, 20), st.integers(-20, 20))
def test_shifts_in_one_direction_add_up(calendar: Calendar, day: date, one: int, other: int) -> None:
    assume(one * other >= 0)
    assert calendar.shifted(calendar.shifted(day, one), other) == calendar.shifted(day, one + other)


def test_a_calendar_without_business_days_and_dates_beyond_all_years_are_refused() -> None:
    never = Calendar(weekend=frozenset(range(1, 8)))
    for calendar, day, moved, why in (
        (never, date(2026, 1, 1), 1, "the calendar has no business day within 400 days of 2027-02-05"),
        (never, date(2026, 1, 1), -1, "the calendar has no business day within 400 days of 2024-11-27"),
        (Calendar(), date.max, 1, "1 days from 9999-12-31 is no date"),
        (Calendar(), date.min, -1, "-1 days from 0001-01-01 is no date"),
    ):
        with pytest.raises(RejectedError) as refused:
            calendar.shifted(day, moved)
        assert str(refused.value) == f"calendar-exhausted: {why}"
    with pytest.raises(RejectedError, match="calendar-exhausted: 1000000000 days from 9999-12-31 is no date"):
        day_after(date.max, 10**9)
