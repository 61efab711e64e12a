"""The simulation itself: seeds replay, what is broken is found and made small, and every single crash of small stories recovers."""

from __future__ import annotations

import pytest

from fanin.domain.plan import Plan
from fanin.domain.run import Run
from fanin.use_cases.record_arrivals import RecordArrivals, Recorded
from tests.simulation.crash_points import STORIES, played, singles
from tests.simulation.happenings import Report
from tests.simulation.records import Record, digest_of
from tests.simulation.schedule import schedule_of, simulated, smaller

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("first", range(1, 161, 40))
def test_schedules_hold(first: int) -> None:
    for seed in range(first, first + 40):
        result = simulated(schedule_of(seed))
        assert result.broken is None, f"seed {seed}: {result.broken} (make simulate SEED={seed})"


def test_a_seed_is_one_schedule() -> None:
    for seed in (7, 8, 9):
        once, again = simulated(schedule_of(seed), traced=True), simulated(schedule_of(seed), traced=True)
        assert once.trace
        assert once.trace == again.trace
        assert once.injected == again.injected


@pytest.mark.parametrize(
    "name", ["two predecessors", "a stream", "an event that never comes", "a wide run, at once", "a narrow run, at once"]
)
def test_any_one_crash_recovers_and_any_one_gap_is_harmless(name: str) -> None:
    story = STORIES[name]
    for planned in singles(story):
        result = played(story, planned)
        assert result.broken is None, f"{name}, {planned}: {result.broken}"


def test_a_failure_on_record_that_nobody_acknowledged_counts_once_and_only_if_nothing_made_up_for_it() -> None:
    failed, succeeded, told, later = (digest_of(name) for name in ("m-1", "m-2", "m-3", "m-4"))
    record = Record(succeeded={"m": frozenset({succeeded})}, failed={"m": frozenset({failed, succeeded, told, later})})
    reports = [Report(at_s=9, predecessor=name, key="one", execution="m-3", status="FAILED", start_s=1, stop_s=2) for name in ("m", "a")]
    assert (record.failures_beyond("m", reports), record.failures_beyond("a", reports)) == (2, 0)


def test_a_release_that_is_lost_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Returning early on what is already recorded: DESIGN's own example of how a join is lost."""
    decide = RecordArrivals._decide

    def early(self: RecordArrivals, plan: Plan, run: Run, otherwise: Recorded) -> Recorded:
        return otherwise if otherwise is Recorded.DUPLICATE else decide(self, plan, run, otherwise)

    monkeypatch.setattr(RecordArrivals, "_decide", early)
    monkeypatch.setattr("fanin.use_cases.recheck_run.RecheckRun._run", lambda *_: None)
    seed = next(seed for seed in range(1, 500) if simulated(schedule_of(seed)).broken)
    small = smaller(schedule_of(seed), tries=300)
    result = simulated(small)
    assert result.broken
    assert len(small.story.happenings) <= 4
    assert len(result.unusual) <= 4
