"""Joins without a key, whatever arrives: each completion is in at most one release, watermarks only rise, and repeats change nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanin.domain.run import Stream
from tests.unit.properties.from_scratch import RANKS, holds
from tests.unit.properties.histories import NAMES, TOLD, Closing, Delivery, begun, conditions, histories, what_became
from tests.unit.sources.events import machine_arn
from tests.unit.use_cases.landscape import definition

pytestmark = pytest.mark.unit

EXAMPLES = settings(max_examples=60, deadline=None)
HISTORIES = histories(statuses=("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED"), keys=("any",))


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, object]:
    names = NAMES[: draw(st.sampled_from([1, 2, 2, 3, 3, 4]))]
    predecessors = {name: {"stateMachine": machine_arn(name), "onFailure": draw(st.sampled_from(["wait", "ignore"]))} for name in names}
    return {**definition({}), "key": {"latest": True}, "predecessors": predecessors, "require": draw(conditions(names))}


@dataclass(slots=True)
class ScratchStream:
    """The stream evaluated from scratch: all that arrived in this generation, beyond what earlier ones consumed."""

    document: dict[str, dict[str, dict[str, object]]]
    consumed: dict[str, tuple[int, str]] = field(default_factory=dict)
    generation: list[Delivery] = field(default_factory=list)
    releases: list[tuple[tuple[str, str], ...]] = field(default_factory=list)

    def deliver(self, one: Delivery) -> None:
        if one.predecessor not in self.document["predecessors"] or (one.at, one.execution) <= self.consumed.get(one.predecessor, (-1, "")):
            return
        self.generation.append(one)
        latest: dict[str, Delivery] = {}
        for found in sorted(self.generation, key=lambda found: (RANKS[found.status], found.at, found.execution)):
            latest[found.predecessor] = found
        if holds(self.document["require"], {name for name, found in latest.items() if self._ready(found)}):
            self.releases.append(tuple((name, f"{found.execution} {TOLD[found.status]}") for name, found in sorted(latest.items())))
            for found in self.generation:
                self.consumed[found.predecessor] = max(self.consumed.get(found.predecessor, (-1, "")), (found.at, found.execution))
            self.generation.clear()

    def _ready(self, one: Delivery) -> bool:
        return one.status == "SUCCEEDED" or self.document["predecessors"][one.predecessor]["onFailure"] == "ignore"


def fed(document: dict[str, object], history: list[Delivery]) -> tuple[tuple[Closing, ...], list[Stream]]:
    """The releases, and the stream as it was after each delivery."""
    landscape = begun(document)
    seen = []
    for one in history:
        landscape.arrive(one.body)
        landscape.settle(40)
        if "daily-close" in landscape.table.streams:
            seen.append(landscape.stream())
    return tuple(sorted(what_became(landscape).closings, key=lambda one: int(one.key.rpartition(".")[2]))), seen


@EXAMPLES
@given(definitions(), HISTORIES)
def test_releases_are_those_of_an_evaluation_from_scratch(document: dict[str, object], history: list[Delivery]) -> None:
    scratch = ScratchStream(document)  # type: ignore[arg-type]  # a document, as far as it is looked at
    for one in history:
        scratch.deliver(one)
    closings, _ = fed(document, history)
    assert [one.predecessors for one in closings] == scratch.releases


@EXAMPLES
@given(definitions(), HISTORIES)
def test_each_completion_is_in_one_release_at_most_and_watermarks_only_rise(document: dict[str, object], history: list[Delivery]) -> None:
    closings, streams = fed(document, history)
    released = Counter(one for closing in closings for one in closing.predecessors)
    assert all(number == 1 for number in released.values())
    assert [one.key.rpartition(".")[2] for one in closings] == [f"{number + 1:06d}" for number in range(len(closings))]
    for before, after in pairwise(streams):
        assert after.generation >= before.generation
        for slot, mark in before.consumed.items():
            assert after.consumed[slot] >= mark
        for slot, mark in before.seen.items():
            assert max(after.seen.get(slot, ""), after.consumed.get(slot, "")) >= mark


@EXAMPLES
@given(definitions(), HISTORIES, st.data())
def test_a_completion_that_is_told_again_changes_nothing(document: dict[str, object], history: list[Delivery], data: st.DataObject) -> None:
    repeated = list(history)
    for _ in range(data.draw(st.integers(1, 8), label="repeats")):
        source = data.draw(st.integers(0, len(repeated) - 1), label="which")
        repeated.insert(data.draw(st.integers(source + 1, len(repeated)), label="where"), repeated[source])
    again, once = fed(document, repeated), fed(document, history)
    assert again[0] == once[0]
    assert again[1][-1:] == once[1][-1:]
