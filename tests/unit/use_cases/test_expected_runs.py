"""Expected runs: each is opened when its window opens, so that a window in which nothing arrives at all is seen."""

from __future__ import annotations

import json

import pytest

from fanin.domain.run import RunState
from tests.unit.use_cases.faults import Fault
from tests.unit.use_cases.joins_in_time import (
    BEGIN_MS,
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    at_ms,
    begun,
    document,
    report,
    the_run,
)
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, TWO, Landscape

pytestmark = pytest.mark.unit

DAYS = {"window": {"every": "day", "startsAt": "05:00", "zone": "Asia/Tokyo"}}
HOURS = {"window": {"every": "hour"}}
MISSED = {"deadlines": [{"after": "PT2H", "then": "alert"}]}
FIRST_MS = at_ms("2026-03-31T20:00")  # 2026-04-01 05:00 in Tokyo


def opened(landscape: Landscape) -> dict[str, int]:
    """When each run was opened."""
    return {run.id.key: run.opened_at_ms for run in landscape.table.runs.values()}


def missed(landscape: Landscape) -> dict[str, int]:
    """When people were told that a run is late."""
    details = [json.loads(one.detail) for one in landscape.notices]
    return {one["key"]: one["at"] for one in details if one["transition"] == "DEADLINE_MISSED"}


def test_each_window_is_opened_as_it_begins_and_is_missed_when_nothing_comes() -> None:
    landscape = begun(TWO, key=DAYS, expect=True, **MISSED)
    landscape.pass_time(FIRST_MS - 1)
    assert opened(landscape) == {}
    landscape.pass_time(FIRST_MS)
    landscape.settle()
    assert opened(landscape) == {"2026-04-01": FIRST_MS}
    landscape.pass_time(FIRST_MS + 2 * DAY_MS)
    landscape.settle()
    days = ["2026-04-01", "2026-04-02", "2026-04-03"]
    assert opened(landscape) == {day: FIRST_MS + number * DAY_MS for number, day in enumerate(days)}
    assert missed(landscape) == {day: FIRST_MS + number * DAY_MS + 2 * HOUR_MS for number, day in enumerate(days[:2])}


def test_what_is_expected_and_comes_is_released_and_not_missed() -> None:
    landscape = begun(TWO, key=DAYS, expect=True, **MISSED)
    landscape.pass_time(FIRST_MS + MINUTE_MS)
    report(landscape, LEDGER)
    report(landscape, POSITIONS)
    landscape.pass_time(FIRST_MS + DAY_MS - 1)
    assert the_run(landscape, "2026-04-01").state is RunState.ACKNOWLEDGED
    assert (len(landscape.inputs()), missed(landscape)) == (1, {})


def test_business_days_leave_out_weekends_and_holidays() -> None:
    calendar = {"holidays": ["2026-04-03", "2026-04-06"]}
    landscape = begun(TWO, key=DAYS, expect="businessDays", calendar=calendar, **MISSED)
    landscape.pass_time(FIRST_MS + 7 * DAY_MS)
    landscape.settle()
    assert list(opened(landscape)) == ["2026-04-01", "2026-04-02", "2026-04-07", "2026-04-08"]


@pytest.mark.parametrize("windows", [1, 49, 50, 51, 120])
def test_every_window_of_an_outage_is_opened_as_of_its_own_moment(windows: int) -> None:
    landscape = begun(TWO, key=HOURS, expect=True, **MISSED)
    landscape.clock.at_ms = landscape.next_sweep_ms = FIRST_MS + (windows - 1) * HOUR_MS + MINUTE_MS
    landscape.pass_time(landscape.clock.at_ms + 5 * MINUTE_MS)
    assert sorted(opened(landscape).values()) == [FIRST_MS + number * HOUR_MS for number in range(windows)]
    assert len(missed(landscape)) == max(0, windows - 2)


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_a_window_is_opened_whatever_goes_wrong(fault: Fault) -> None:
    def played(at: int) -> Landscape:
        landscape = begun(TWO, key=HOURS, expect=True, **MISSED)
        landscape.pass_time(FIRST_MS - HOUR_MS // 4)
        landscape.faults.calls.clear()
        landscape.faults.planned = {at: fault}
        landscape.pass_time(FIRST_MS + 4 * MINUTE_MS)
        return landscape

    calls = [name for name in played(0).faults.calls if name != "MemoryDueIndex.due"]
    assert {"MemoryRuns.open", "MemoryExpectations.save", "MemoryExpectations.read", "MemoryRechecks.expect"} <= set(calls)
    for at, name in enumerate(played(0).faults.calls, start=1):
        if name != "MemoryDueIndex.due":
            landscape = played(at)
            assert opened(landscape) == {"2026-03-31T20+0000": FIRST_MS}, f"{fault.value} at call {at}, {name}"


def test_a_definition_changed_between_windows_opens_the_next_under_itself() -> None:
    landscape = begun(TWO, key=DAYS, expect=True, **MISSED)
    landscape.pass_time(FIRST_MS + HOUR_MS)
    landscape.apply(document(TWO, key=HOURS, expect=True, **MISSED))
    landscape.pass_time(FIRST_MS + 3 * HOUR_MS)
    landscape.settle()
    assert opened(landscape) == {
        "2026-04-01": FIRST_MS,
        "2026-03-31T22+0000": FIRST_MS + 2 * HOUR_MS,
        "2026-03-31T23+0000": FIRST_MS + 3 * HOUR_MS,
    }
    assert [run.plan_version for run in landscape.table.runs.values()] == [1, 2, 2]


def test_a_window_that_had_begun_before_its_definition_changed_is_opened_all_the_same() -> None:
    # The sweeper was down when it began: what was expected then is not forgotten because somebody applies another definition.
    landscape = begun(TWO, key=DAYS, expect=True, **MISSED)
    landscape.clock.at_ms = FIRST_MS + MINUTE_MS
    landscape.apply(document(TWO, key=HOURS, expect=True, **MISSED))
    landscape.next_sweep_ms = landscape.clock.at_ms
    landscape.pass_time(FIRST_MS + HOUR_MS)
    landscape.settle()
    assert opened(landscape) == {"2026-04-01": FIRST_MS, "2026-03-31T21+0000": FIRST_MS + HOUR_MS}
    assert [run.plan_version for run in landscape.table.runs.values()] == [1, 2]


def test_a_join_that_expects_no_more_or_is_deleted_opens_no_more() -> None:
    for change in ("apply", "delete"):
        landscape = begun(TWO, key=DAYS, expect=True, **MISSED)
        landscape.pass_time(FIRST_MS + HOUR_MS)
        if change == "apply":
            landscape.apply(document(TWO, key=DAYS))
        else:
            landscape.operator().withdraw("daily-close")
        landscape.pass_time(FIRST_MS + 3 * DAY_MS)
        assert list(opened(landscape)) == ["2026-04-01"]
        assert landscape.table.expectations == {}


def test_a_deleted_join_that_is_applied_again_expects_again() -> None:
    landscape = begun(TWO, key=DAYS, expect=True, **MISSED)
    landscape.operator().withdraw("daily-close")
    landscape.pass_time(FIRST_MS + HOUR_MS)
    landscape.apply(document(TWO, key=DAYS, expect=True, **MISSED))
    landscape.pass_time(FIRST_MS + DAY_MS)
    landscape.settle()
    assert opened(landscape) == {"2026-04-02": FIRST_MS + DAY_MS}


def test_applying_the_same_again_changes_no_expectation() -> None:
    landscape = begun(TWO, key=DAYS, expect=True, **MISSED)
    before = dict(landscape.table.expectations)
    assert before["daily-close"].opens_ms == FIRST_MS > BEGIN_MS
    landscape.apply(document(TWO, key=DAYS, expect=True, **MISSED))
    assert landscape.table.expectations == before
