"""Wide runs from end to end in memory: many named predecessors, large counts, batches, what a release of them says."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pytest

from fanin.domain.release import MAX_DATA_BYTES
from fanin.domain.run import RunState
from tests.unit.sources.events import NOW_MS, machine_arn, status_change
from tests.unit.use_cases.faults import Fault
from tests.unit.use_cases.landscape import PLAN_CACHE_S, Landscape, definition, successor
from tests.unit.use_cases.test_counted import KEY, counted, load, state, the_run

pytestmark = pytest.mark.unit


def machines(number: int) -> dict[str, str]:
    return {f"p{one:04}": machine_arn(f"m{one:04}") for one in range(number)}


def arrived(name: str, number: str, status: str = "SUCCEEDED", **said: object) -> str:
    return status_change(machine_arn(name), f"{name}-{number}", status, **said)  # type: ignore[arg-type]


@pytest.fixture
def forty() -> Landscape:
    """A join of forty, all but the last two of which have arrived."""
    landscape = Landscape()
    landscape.apply(definition(machines(40)))
    landscape.arrive(*(arrived(f"m{one:04}", "1") for one in range(38)))
    landscape.collect_all(7)
    return landscape


def test_a_named_run_of_forty_is_released_once_with_every_execution(forty: Landscape) -> None:
    assert state(forty) is RunState.OPEN
    forty.arrive(arrived("m0038", "1"), arrived("m0003", "1"), arrived("m0039", "1"))
    forty.until_quiet()
    assert state(forty) is RunState.ACKNOWLEDGED
    (given,) = forty.inputs()
    assert isinstance(given["predecessors"], dict)
    names = {said["executionArn"].rpartition(":")[2] for said in given["predecessors"].values()}
    assert names == {f"m{one:04}-1" for one in range(40)}


def test_the_newest_success_counts_for_a_named_predecessor(forty: Landscape) -> None:
    rerun = arrived("m0005", "2", stopped_at_ms=NOW_MS - 1_000)
    forty.arrive(rerun, arrived("m0006", "0", "FAILED", stopped_at_ms=NOW_MS), arrived("m0038", "1"), arrived("m0039", "1"))
    forty.until_quiet()
    (given,) = forty.inputs()
    assert isinstance(given["predecessors"], dict)
    assert [given["predecessors"][name]["executionArn"][-7:] for name in ("p0005", "p0006")] == ["m0005-2", "m0006-1"]


def test_a_wide_run_is_released_again_when_its_definition_says_so() -> None:
    landscape = Landscape()
    landscape.apply({**definition(machines(30)), "afterRelease": "again"})
    landscape.arrive(*(arrived(f"m{one:04}", "1") for one in range(30)))
    landscape.until_quiet()
    landscape.arrive(arrived("m0007", "1"), arrived("m0007", "2", stopped_at_ms=NOW_MS - 1_000))
    landscape.until_quiet()
    first, second = sorted(landscape.inputs(), key=lambda given: str(given["attempt"]))
    assert isinstance(first["predecessors"], dict)
    assert isinstance(second["predecessors"], dict)
    changed = {name for name, said in second["predecessors"].items() if said != first["predecessors"][name]}
    assert (second["attempt"], changed, len(second["predecessors"])) == (2, {"p0007"}, 30)
    assert landscape.told() == [f"{what} {KEY}" for what in ("RELEASED", "ACKNOWLEDGED", "REOPENED", "RELEASED", "ACKNOWLEDGED")]


def test_a_wide_run_waits_for_its_quiet_time_and_misses_its_deadlines() -> None:
    landscape = Landscape()
    landscape.apply(counted(3, settle="PT10S", deadlines=[{"after": "PT2M", "then": "alert"}, {"after": "PT10M", "then": "release"}]))
    landscape.arrive(load(1))
    landscape.pass_time(landscape.clock.at_ms + 180_000)
    assert landscape.told() == [f"DEADLINE_MISSED {KEY}"]
    landscape.arrive(load(2), load(3))
    landscape.settle()
    assert state(landscape) is RunState.OPEN
    landscape.pass_time(landscape.clock.at_ms + 11_000)
    assert state(landscape) is RunState.ACKNOWLEDGED
    (given,) = landscape.inputs()
    assert given["reason"] == "satisfied"


def test_a_run_that_missed_its_deadline_goes_on_when_a_tolerated_failure_is_its_last() -> None:
    # Found by simulation: only a success was taken for help, so a run with everything it needed stayed failed.
    landscape = Landscape()
    landscape.apply(counted(2, failures=1, deadlines=[{"after": "PT10M", "then": "fail"}]))
    landscape.arrive(load(1))
    landscape.pass_time(landscape.clock.at_ms + 660_000)
    assert state(landscape) is RunState.FAILED
    landscape.arrive(load(2, "FAILED"))
    landscape.settle()
    assert state(landscape) is RunState.ACKNOWLEDGED


def test_a_wide_run_is_released_by_a_deadline_with_what_has_arrived() -> None:
    landscape = Landscape()
    landscape.apply(counted(30, deadlines=[{"after": "PT10M", "then": "release"}]))
    landscape.arrive(load(1), load(2, "FAILED"))
    landscape.pass_time(landscape.clock.at_ms + 610_000)
    (given,) = landscape.inputs()
    assert given["reason"] == "deadline"
    assert given["predecessors"]["loads"]["succeeded"] == 1  # type: ignore[index]


def test_a_wide_run_that_nothing_arrives_for_is_abandoned() -> None:
    landscape = Landscape()
    landscape.apply(counted(30, expireAfter="PT1H"))
    landscape.arrive(load(1))
    landscape.pass_time(landscape.clock.at_ms + 7_200_000)
    assert state(landscape) is RunState.EXPIRED
    landscape.arrive(load(1), load(2))
    assert landscape.collect() is not None
    assert landscape.told() == [f"EXPIRED {KEY}"]


def test_a_thousand_named_predecessors_are_summarised_when_they_do_not_fit() -> None:
    landscape = Landscape()
    landscape.apply({**definition(machines(1000)), "onFailure": "ignore"})
    ended = [arrived(f"m{one:04}", "x" * 70, "FAILED" if one == 500 else "SUCCEEDED") for one in range(1000)]
    landscape.arrive(*ended)
    landscape.collect_all(1000)
    landscape.until_quiet()
    (given,) = landscape.inputs()
    assert given["predecessorsDetails"] == {"included": False, "succeededLeftOut": 999}
    assert list(given["predecessors"]) == ["p0500"]  # type: ignore[call-overload]
    assert all(len(text) <= MAX_DATA_BYTES for text in landscape.table.payloads.values())


def test_outputs_of_a_wide_run_are_sent_along() -> None:
    landscape = Landscape()
    landscape.apply(definition(machines(30), successors=[successor(outputs=True)]))
    large = json.dumps({"rows": "x" * 20_000})
    landscape.arrive(*(arrived(f"m{one:04}", "1", changes={"output": large} if one == 4 else {}) for one in range(30)))
    landscape.until_quiet()
    (given,) = landscape.inputs()
    assert isinstance(given["predecessors"], dict)
    assert given["predecessors"]["p0003"]["output"] == '{"entries": 12841}'
    assert given["predecessors"]["p0004"]["outputDetails"]["included"] is False


def test_a_failed_named_predecessor_of_a_wide_run_fails_it_at_once_and_a_redrive_reopens_it() -> None:
    landscape = Landscape()
    landscape.apply({**definition(machines(30)), "onFailure": "fail"})
    landscape.arrive(arrived("m0000", "1"), arrived("m0001", "1", "FAILED"))
    landscape.collect_all(1)
    assert state(landscape) is RunState.FAILED
    landscape.arrive(arrived("m0001", "1"), *(arrived(f"m{one:04}", "1") for one in range(2, 30)))
    landscape.until_quiet()
    assert (state(landscape), the_run(landscape).attempt) == (RunState.ACKNOWLEDGED, 2)


def hundred_thousand(seed: int) -> Iterator[str]:
    """A hundred thousand executions, of which one in a hundred fails and is rerun, with one message in twenty a repeat, shuffled."""
    randomness = random.Random(seed)
    bodies = []
    for number in range(100_000):
        if number % 100 == 0:
            bodies.append(load(number, "FAILED"))
        bodies.append(load(number))
    bodies += randomness.choices(bodies, k=len(bodies) // 20)
    randomness.shuffle(bodies)
    yield from bodies


def test_a_hundred_thousand_are_released_once_at_the_last_distinct_success() -> None:
    landscape = Landscape(page_segments=2_000)
    landscape.apply(counted(100_000))
    bodies = list(hundred_thousand(20261125))
    collector = landscape.collector()
    released_at = None
    for start in range(0, len(bodies), 500):
        landscape.arrive(*bodies[start : start + 500])
        collected = landscape.collect(collector, batch=500)
        assert collected is not None
        assert not collected.failed
        if collected.outcomes["released"]:
            assert released_at is None
            released_at = start // 500
    firsts: dict[str, int] = {}
    for at, body in enumerate(bodies):
        if '"SUCCEEDED"' in body:
            firsts.setdefault(body, at)
    assert len(firsts) == 100_000
    assert released_at == max(firsts.values()) // 500
    landscape.until_quiet()
    (given,) = landscape.inputs()
    said = given["predecessors"]["loads"]  # type: ignore[index]
    assert (said["expected"], said["succeeded"], said["failed"]) == (100_000, 100_000, 0)
    looks = sum(call == "MemoryJournals.claim" for call in landscape.faults.calls)
    assert looks <= 8


def test_in_the_steady_state_no_completion_costs_a_read() -> None:
    # A warm container reads neither routes, heads nor plans, and asks for no source, until what it knows is too old to be used.
    landscape = Landscape()
    landscape.apply(
        counted(1000), {**definition({"ledger": machine_arn("ledger"), "positions": machine_arn("positions")}), "join": "narrow"}
    )
    collector, calls = landscape.collector(), landscape.faults.calls
    ledgers = [status_change(machine_arn("ledger"), f"ledger-{number}", key=f"2026-03-{number:02}") for number in range(1, 11)]
    landscape.arrive(load(0), ledgers[0])
    landscape.collect(collector)
    calls.clear()
    landscape.arrive(*(load(number) for number in range(1, 6)))
    landscape.collect(collector, batch=1)
    assert calls == ["MemoryJournals.append", "MemoryJournals.add"]
    landscape.collect(collector, batch=10)
    assert calls == ["MemoryJournals.append", "MemoryJournals.add"] * 2
    calls.clear()
    landscape.arrive(*ledgers[1:])
    landscape.collect(collector)
    assert set(calls) == {"MemoryRuns.merge"}
    assert len(calls) == 9
    landscape.clock.advance(PLAN_CACHE_S * 1000)
    calls.clear()
    landscape.arrive(load(9))
    landscape.collect(collector)
    assert [call for call in calls if "Journals" not in call] == ["MemoryPlans.joins_of", "MemoryPlans.head"]


@pytest.mark.parametrize("call", ["MemoryJournals.append", "MemoryJournals.add"])
def test_only_the_messages_of_the_run_that_could_not_be_written_are_given_back(call: str) -> None:
    landscape = Landscape()
    landscape.apply(counted(5))
    collector = landscape.collector()
    landscape.arrive(load(0))
    landscape.collect(collector)
    other = [load(number, key="2026-04-01") for number in range(3)]
    landscape.arrive(load(1), other[0], load(2), other[1], "no event", other[2])
    ids = [message.id for message in landscape.arrivals]
    failing = len(landscape.faults.calls) + (1 if call.endswith("append") else 2)
    landscape.faults.planned = {failing: Fault.REFUSED}
    collected = landscape.collect(collector)
    assert landscape.faults.calls[failing - 1] == call
    assert collected is not None
    assert set(collected.failed) == {ids[0], ids[2]}
    assert set(collected.rejected) == {ids[4]}
    assert collected.outcomes["waiting"] == 3
    assert the_run(landscape).hint.arrivals == 1
    landscape.collect_all()
    assert the_run(landscape).hint.arrivals == 3
