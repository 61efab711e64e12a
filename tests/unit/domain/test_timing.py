"""The moments of a run: when deadlines pass, and when it may be released."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.domain.timing import Deadline, DeadlineAction, Elapsed, Moments, Since, Timing, WallTime

pytestmark = pytest.mark.unit

MINUTE_MS = 60_000
DAY = date(2026, 3, 31)
OPENED_MS = round(datetime(2026, 3, 30, 20, tzinfo=UTC).timestamp() * 1000)
NINE = Deadline(WallTime(time(9), "Asia/Tokyo"), DeadlineAction.ALERT)
AFTER_OPENING = Deadline(Elapsed(30 * MINUTE_MS), DeadlineAction.FAIL)
AFTER_ARRIVAL = Deadline(Elapsed(10 * MINUTE_MS, Since.FIRST_ARRIVAL), DeadlineAction.RELEASE)


def moments(after_ms: int = 0, first_ms: int | None = None, last_ms: int | None = None) -> Moments:
    return Moments(OPENED_MS + after_ms, OPENED_MS, DAY, first_ms, last_ms)


def test_a_wall_time_is_meant_on_the_day_of_the_run_or_some_days_later() -> None:
    assert moments().of(NINE) == OPENED_MS + 4 * 60 * MINUTE_MS
    assert WallTime(time(9), "Asia/Tokyo", days=1).moment_ms(DAY) == WallTime(time(9), "Asia/Tokyo").moment_ms(date(2026, 4, 1))


def test_a_duration_is_measured_from_opening_or_first_arrival_and_not_before_that_has_happened() -> None:
    assert moments().of(AFTER_OPENING) == OPENED_MS + 30 * MINUTE_MS
    assert moments().of(AFTER_ARRIVAL) is None
    assert moments(first_ms=OPENED_MS + 5).of(AFTER_ARRIVAL) == OPENED_MS + 5 + 10 * MINUTE_MS


def test_deadlines_pass_earliest_first_and_at_their_very_moment() -> None:
    timing = Timing(deadlines=(NINE, AFTER_OPENING, AFTER_ARRIVAL))
    late = moments(4 * 60 * MINUTE_MS, first_ms=OPENED_MS)
    assert [number for number, _ in late.passed(timing)] == [2, 1, 0]
    assert late.next_deadline_ms(timing) is None
    early = moments(30 * MINUTE_MS - 1, first_ms=OPENED_MS)
    assert [number for number, _ in early.passed(timing)] == [2]
    assert early.next_deadline_ms(timing) == OPENED_MS + 30 * MINUTE_MS


@given(
    st.lists(st.sampled_from([NINE, AFTER_OPENING, AFTER_ARRIVAL]), max_size=5), st.integers(0, 10**9), st.none() | st.integers(0, 10**8)
)
def test_a_deadline_has_passed_or_lies_ahead_or_has_no_moment_yet(
    deadlines: list[Deadline], after_ms: int, first_after_ms: int | None
) -> None:
    timing = Timing(deadlines=tuple(deadlines))
    now = moments(after_ms, None if first_after_ms is None else OPENED_MS + first_after_ms)
    passed = {number for number, _ in now.passed(timing)}
    ahead = now.next_deadline_ms(timing)
    for number, deadline in enumerate(deadlines):
        moment_ms = now.of(deadline)
        assert (number in passed) == (moment_ms is not None and moment_ms <= now.now_ms)
        if moment_ms is not None and number not in passed:
            assert ahead is not None
            assert now.now_ms < ahead <= moment_ms


def test_a_satisfied_run_waits_for_its_time_and_for_quiet() -> None:
    not_before = WallTime(time(6), "Asia/Tokyo")
    assert moments().releasable_at_ms(Timing()) == OPENED_MS
    assert moments().releasable_at_ms(Timing(not_before=not_before)) == OPENED_MS + 60 * MINUTE_MS
    quiet = Timing(settle_ms=30_000)
    assert moments(last_ms=OPENED_MS + 1000).releasable_at_ms(quiet) == OPENED_MS + 31_000
    both = Timing(not_before=not_before, settle_ms=30_000)
    assert moments(last_ms=OPENED_MS + 61 * MINUTE_MS).releasable_at_ms(both) == OPENED_MS + 61 * MINUTE_MS + 30_000


def test_without_times_a_run_may_go_whatever_the_clocks_say() -> None:
    # Found by simulation: the arrival was recorded by a container whose clock was ahead of the one that decided.
    assert moments(last_ms=OPENED_MS + 600_000).releasable_at_ms(Timing()) <= moments().now_ms


def test_the_day_of_a_run_matters_where_any_time_is_by_the_clock() -> None:
    not_before = WallTime(time(6), "Asia/Tokyo")
    assert Timing(not_before=not_before).by_the_clock
    assert Timing(deadlines=(AFTER_OPENING, NINE)).by_the_clock
    assert not Timing(deadlines=(AFTER_OPENING, AFTER_ARRIVAL), settle_ms=1).by_the_clock


def test_a_run_is_abandoned_so_long_after_the_last_that_happened_to_it() -> None:
    brief = Timing(expire_after_ms=1000)
    assert moments(5).expires_ms(brief) == OPENED_MS + 1000
    assert moments(5, last_ms=OPENED_MS + 3).expires_ms(brief) == OPENED_MS + 1003
