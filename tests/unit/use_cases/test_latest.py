"""Joins without a key: the newest completion of each predecessor since the last release, and never one twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanin.domain.completion import Status
from fanin.domain.run import RunState
from tests.unit.sources.events import NOW_MS, OTHER, machine_arn, status_change
from tests.unit.use_cases.landscape import Landscape, definition

pytestmark = pytest.mark.unit

MACHINES = (machine_arn("ledger"), machine_arn("positions", OTHER))
LATEST = {"latest": True}


@dataclass(frozen=True, slots=True)
class Ended:
    """One completion: of slot 0 or 1, so many milliseconds from a common start."""

    slot: int
    at: int
    name: str
    status: Status = Status.SUCCEEDED

    @property
    def body(self) -> str:
        return status_change(MACHINES[self.slot], self.name, self.status.value, stopped_at_ms=NOW_MS - 10_000 + self.at)


def streaming(*ended: Ended) -> Landscape:
    landscape = Landscape()
    landscape.apply(definition({"ledger": MACHINES[0], "positions": MACHINES[1]}, key=LATEST))
    take(landscape, *ended)
    return landscape


def take(landscape: Landscape, *ended: Ended) -> None:
    """One after the other."""
    for one in ended:
        landscape.arrive(one.body)
        collected = landscape.collect()
        assert collected is not None
        assert not collected.failed


def released(landscape: Landscape) -> list[tuple[str, str]]:
    """The names of the two executions in each release, oldest first."""
    landscape.settle()
    found = []
    for said in landscape.inputs():
        assert isinstance(said["predecessors"], dict)
        first, second = (said["predecessors"][name]["executionArn"].rpartition(":")[2] for name in ("ledger", "positions"))
        found.append((first, second))
    return found


def test_each_release_is_a_run_of_its_own_named_by_epoch_and_generation() -> None:
    landscape = streaming(Ended(0, 1, "a1"), Ended(1, 2, "b1"), Ended(1, 3, "b2"), Ended(0, 4, "a2"))
    assert released(landscape) == [("a1", "b1"), ("a2", "b2")]
    assert sorted(run.id.key for run in landscape.table.runs.values()) == ["20260101T000000Z.000001", "20260101T000000Z.000002"]
    assert {run.state for run in landscape.table.runs.values()} == {RunState.ACKNOWLEDGED}


def test_the_newest_completion_of_each_is_taken() -> None:
    landscape = streaming(Ended(0, 1, "a1"), Ended(0, 3, "a3"), Ended(0, 2, "a2"), Ended(1, 9, "b1"))
    assert released(landscape) == [("a3", "b1")]


def test_a_redelivery_after_its_release_falls_away() -> None:
    first = (Ended(0, 1, "a1"), Ended(1, 2, "b1"))
    landscape = streaming(*first, *first, *first)
    assert released(landscape) == [("a1", "b1")]
    assert landscape.stream().slots == {}


def test_what_was_overtaken_never_pairs_with_what_is_newer() -> None:
    # Yesterday's B, delivered late, must not release today's A.
    landscape = streaming(Ended(0, 10, "a-today"), Ended(1, 11, "b-today"))
    take(landscape, Ended(1, 5, "b-yesterday"), Ended(0, 20, "a-tomorrow"))
    assert released(landscape) == [("a-today", "b-today")]
    take(landscape, Ended(1, 21, "b-tomorrow"))
    assert released(landscape) == [("a-today", "b-today"), ("a-tomorrow", "b-tomorrow")]


def test_one_predecessor_twice_is_not_both() -> None:
    assert released(streaming(Ended(0, 1, "a1"), Ended(0, 2, "a2"), Ended(0, 3, "a3"))) == []


def test_a_failure_waits_and_the_next_success_releases() -> None:
    landscape = streaming(Ended(0, 1, "a1", Status.FAILED), Ended(1, 2, "b1"))
    assert released(landscape) == []
    take(landscape, Ended(0, 3, "a2"))
    assert released(landscape) == [("a2", "b1")]


def test_a_redriven_execution_releases() -> None:
    landscape = streaming(Ended(0, 1, "a1", Status.FAILED), Ended(1, 2, "b1"), Ended(0, 5, "a1"))
    assert released(landscape) == [("a1", "b1")]


def test_a_later_failure_takes_no_success_back_and_is_consumed_with_it() -> None:
    landscape = streaming(Ended(0, 1, "a1"), Ended(0, 5, "a2", Status.FAILED), Ended(1, 2, "b1"))
    assert released(landscape) == [("a1", "b1")]
    take(landscape, Ended(0, 3, "late"), Ended(1, 6, "b2"))
    assert released(landscape) == [("a1", "b1")]
    take(landscape, Ended(0, 7, "a2"))
    assert released(landscape) == [("a1", "b1"), ("a2", "b2")]


@dataclass(slots=True)
class Oracle:
    """The stream, evaluated from scratch in the order of arrival."""

    best: dict[int, tuple[bool, int, str]] = field(default_factory=dict)
    seen: dict[int, tuple[int, str]] = field(default_factory=dict)
    consumed: dict[int, tuple[int, str]] = field(default_factory=dict)
    releases: list[tuple[str, str]] = field(default_factory=list)

    def take(self, one: Ended) -> None:
        mark = (one.at, one.name)
        if mark <= self.consumed.get(one.slot, (-1, "")):
            return
        rank = (one.status is Status.SUCCEEDED, *mark)
        self.best[one.slot] = max(rank, self.best.get(one.slot, rank))
        self.seen[one.slot] = max(mark, self.seen.get(one.slot, mark))
        if all(self.best.get(slot, (False,))[0] for slot in (0, 1)):
            self.releases.append((self.best[0][2], self.best[1][2]))
            self.consumed |= self.seen
            self.best, self.seen = {}, {}


ENDED = st.builds(
    Ended,
    slot=st.integers(0, 1),
    at=st.integers(0, 6),
    name=st.sampled_from(["x", "y", "z"]),
    status=st.sampled_from([Status.SUCCEEDED, Status.SUCCEEDED, Status.FAILED]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ENDED, max_size=14))
def test_any_order_gives_what_an_evaluation_from_scratch_gives(order: list[Ended]) -> None:
    landscape, oracle = streaming(), Oracle()
    before: dict[int, str] = {}
    for one in order:
        take(landscape, one)
        oracle.take(one)
        stream = landscape.stream()
        assert stream.consumed.keys() >= before.keys()
        assert all(stream.consumed[slot] >= mark for slot, mark in before.items())
        before = dict(stream.consumed)
    assert released(landscape) == oracle.releases
    used = [(slot, run.slots[slot]) for run in landscape.table.runs.values() for slot in (0, 1)]
    assert len(used) == len(set(used))
