"""Catching up: completions older than a join, asked for when it is applied; and what people see of asking."""

from __future__ import annotations

from typing import Any

import pytest

from fanin.adapters.memory_plans import MemoryPlans
from fanin.adapters.memory_watches import MemoryWatches
from fanin.answers import asked_catch_up
from fanin.domain.asking import Observed
from fanin.domain.errors import RejectedError
from fanin.use_cases.view_sources import ViewSources
from tests.unit.sources.events import HUB, REGION
from tests.unit.use_cases.landscape import LEDGER, OBSERVED, POSITIONS, TWO, Landscape, definition, successor
from tests.unit.use_cases.lost_events import MINUTE_MS, happen, lose, sweep

pytestmark = pytest.mark.unit

HOUR_MS = 60 * MINUTE_MS


def keys(landscape: Landscape) -> list[str]:
    return sorted(str(given["key"]) for given in landscape.inputs())


def past(hours: int = 7) -> Landscape:
    """A world in which both jobs ran every hour, and nobody waited for them."""
    landscape = Landscape()
    for hour in range(hours):
        for machine in (LEDGER, POSITIONS):
            lose(landscape, machine, f"run-{hour}", key=f"hour {hour}", ago_ms=(hours - hour) * HOUR_MS - MINUTE_MS)
    return landscape


def test_without_catching_up_only_what_ends_from_now_on_counts() -> None:
    landscape = past()
    landscape.apply(definition(TWO))
    sweep(landscape, 20)
    assert keys(landscape) == []


def test_what_ended_in_the_time_before_is_found() -> None:
    landscape = past()
    (applied,) = landscape.apply(definition(TWO), catch_up_ms=3 * HOUR_MS)
    assert applied.catch_up is not None
    assert applied.catch_up.members() == {"sinceMs": landscape.clock.at_ms - 30_000 - 3 * HOUR_MS, "sources": 2, "cannotAsk": []}
    sweep(landscape, 3)
    assert keys(landscape) == ["hour 4", "hour 5", "hour 6"]
    assert landscape.all_acknowledged()


def test_doing_it_again_does_it_again_and_changes_nothing() -> None:
    landscape = past()
    landscape.apply(definition(TWO), catch_up_ms=3 * HOUR_MS)
    sweep(landscape, 3)
    listed = len(landscape.listings.listed)
    (applied,) = landscape.apply(definition(TWO), catch_up_ms=5 * HOUR_MS)
    assert not applied.changed
    sweep(landscape, 3)
    assert len(landscape.listings.listed) > listed
    assert keys(landscape) == ["hour 3", "hour 4", "hour 5", "hour 6"]


def test_nobody_is_asked_before_every_collector_knows_the_definition() -> None:
    landscape = past()
    stale = landscape.collector()
    happen(landscape, LEDGER, "unwanted", key="unwanted")
    landscape.arrive(lose(landscape, LEDGER, "unwanted", key="unwanted"))
    landscape.collect(stale)
    landscape.try_to_apply(definition(TWO), catch_up_ms=3 * HOUR_MS)
    landscape.clock.advance(10_000)
    happen(landscape, LEDGER, "first", key="first")
    landscape.sweep()
    assert landscape.listings.listed == []
    landscape.clock.advance(30_000)
    sweep(landscape, 3)
    assert keys(landscape) == ["hour 4", "hour 5", "hour 6"]


def test_a_dry_run_says_what_it_would_do_and_does_not() -> None:
    landscape = past()
    applied, _ = landscape.operator()([("join.yaml", definition(TWO))], dry_run=True, catch_up_ms=HOUR_MS)
    assert applied[0].catch_up is not None
    assert applied[0].catch_up.sources == 2
    assert landscape.table.watches == {}


def test_sources_that_cannot_be_asked_are_named() -> None:
    landscape = past()
    operator = landscape.operator()
    assert operator.watch_sources is not None
    watching = type(operator.watch_sources)(operator.registry, MemoryWatches(landscape.table), landscape.clock, Observed(HUB, REGION))
    object.__setattr__(operator, "watch_sources", watching)
    (applied,), _ = operator([("join.yaml", definition(TWO))], catch_up_ms=HOUR_MS)
    assert applied.catch_up is not None
    assert (applied.catch_up.sources, applied.catch_up.unasked) == (1, (f"stepfunctions:{POSITIONS}",))


def test_a_catch_up_of_many_goes_on_sweep_by_sweep_inside_the_quotas() -> None:
    landscape = past(hours=400)
    landscape.apply(definition(TWO), catch_up_ms=399 * HOUR_MS)
    sweep(landscape)
    assert 0 < len(keys(landscape)) < 399
    sweep(landscape, 12)
    assert len(keys(landscape)) == 399


@pytest.mark.parametrize(("text", "ms"), [("PT6H", 6 * HOUR_MS), ("P20D", 480 * HOUR_MS), ("P1DT1S", 24 * HOUR_MS + 1_000), (None, None)])
def test_a_request_says_how_far_back(text: str | None, ms: int | None) -> None:
    assert asked_catch_up({"catchUp": text}) == ms


@pytest.mark.parametrize("value", ["", "6h", "P20DT1S", "PT0S", "P1M", 3600, ["PT6H"], "-PT6H"])
def test_how_far_back_is_a_duration_of_at_most_twenty_days(value: object) -> None:
    with pytest.raises(RejectedError) as refusal:
        asked_catch_up({"catchUp": value})
    assert refusal.value.code == "catch-up-invalid"


def viewed(landscape: Landscape, join: str | None = None, observed: Observed = OBSERVED) -> list[Any]:
    return ViewSources(MemoryPlans(landscape.table), MemoryWatches(landscape.table), landscape.clock, observed)(join)


def test_people_see_how_far_each_source_was_asked() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO), definition({"ledger": LEDGER}, join="other", successors=[successor("report")]))
    assert [(one["arn"], one["joins"], one["passedAtMs"], one["sinceMs"]) for one in viewed(landscape)] == [
        (LEDGER, ["daily-close", "other"], None, landscape.clock.at_ms - 30_000),
        (POSITIONS, ["daily-close"], None, landscape.clock.at_ms - 30_000),
    ]
    happen(landscape, LEDGER)
    sweep(landscape, 2)
    (positions,) = [one for one in viewed(landscape, "daily-close") if one["arn"] == POSITIONS]
    assert (positions["asked"], positions["waitedFor"], positions["reading"], positions["trouble"]) == (True, True, False, None)
    assert positions["passedAtMs"] == landscape.clock.at_ms
    landscape.executions.refused.add("333333333333")
    sweep(landscape)
    assert [one["trouble"] for one in viewed(landscape, "daily-close")] == [None, "refused"]
    assert [one["asked"] for one in viewed(landscape, observed=Observed(HUB, REGION))] == [True, False]


def test_the_sources_of_a_join_that_is_not_there_are_not_told() -> None:
    landscape = Landscape()
    assert viewed(landscape) == []
    landscape.apply(definition(TWO))
    landscape.operator().withdraw("daily-close")
    assert viewed(landscape) == []
    with pytest.raises(RejectedError, match="join-not-found"):
        viewed(landscape, "daily-close")
