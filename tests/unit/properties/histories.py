"""Random definitions and histories, and what became of them: played through the whole hub, one delivery after the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from hypothesis import assume
from hypothesis import strategies as st

from fanin.domain.arrival import decode_arrival
from fanin.domain.run import RunState
from tests.unit.sources.events import NOW_MS, machine_arn, status_change
from tests.unit.use_cases.joins_in_time import BEGIN_MS, HOUR_MS
from tests.unit.use_cases.landscape import Landscape, definition, successor

NAMES = ("a", "b", "c", "d")
KEYS = ("one", "two")
END_MS = BEGIN_MS + HOUR_MS
TOLD = {"SUCCEEDED": "S", "FAILED": "F", "RUNNING": "R"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One report reaches the arrivals queue, so many seconds after the one before it; `at` is the second in which the execution stopped."""

    wait_s: int
    predecessor: str
    key: str
    execution: str
    status: str
    at: int

    @property
    def body(self) -> str:
        changes: dict[str, object] | None = {"stopDate": None} if self.status == "RUNNING" else None
        machine, stopped_at_ms = machine_arn(self.predecessor), NOW_MS + self.at * 1000
        return status_change(machine, self.execution, self.status, key=self.key, stopped_at_ms=stopped_at_ms, changes=changes)


@dataclass(frozen=True, slots=True)
class Closing:
    """A release, or a failure: what it says of each predecessor, as execution and status."""

    key: str
    attempt: int
    outcome: str
    reason: str
    at_ms: int
    predecessors: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a history: the closings in order, the frozen bytes, and the state and arrivals of each run."""

    closings: tuple[Closing, ...]
    payloads: tuple[str, ...]
    states: dict[str, RunState]
    arrivals: dict[str, dict[str, str]]

    def of(self, key: str) -> Played:
        """As much of it as concerns one key."""
        return Played(
            tuple(one for one in self.closings if one.key == key),
            tuple(text for text in self.payloads if json.loads(text)["key"] == key),
            {found: state for found, state in self.states.items() if found == key},
            {found: arrived for found, arrived in self.arrivals.items() if found == key},
        )


def conditions(names: Sequence[str], kinds: Sequence[str] = ("all", "any", "atLeast")) -> st.SearchStrategy[object]:
    """Groups over all of the names, nested."""
    leaves = st.sampled_from(list(names))

    def grouped(items: list[object]) -> st.SearchStrategy[object]:
        counted = st.integers(1, len(items)).map(lambda count: {"atLeast": count, "of": items})
        return st.sampled_from(kinds).flatmap(lambda kind: counted if kind == "atLeast" else st.just({kind: items}))

    inner = st.recursive(leaves, lambda child: st.lists(child, min_size=1, max_size=3, unique_by=repr).flatmap(grouped), max_leaves=4)
    # Every predecessor must be named somewhere.
    return st.lists(inner, max_size=2).flatmap(lambda more: grouped([*names, *(one for one in more if isinstance(one, dict))]))


@st.composite
def definitions(
    draw: st.DrawFn,
    *,
    failures: Sequence[str] = ("wait", "fail", "ignore"),
    kinds: Sequence[str] = ("all", "any", "atLeast"),
    after_release: Sequence[str] = ("ignore", "report", "again"),
    deadlines: Sequence[str] = ("alert", "fail", "release"),
    timed: bool = True,
) -> dict[str, object]:
    """A definition of one to four predecessors with everything that may change what is released."""
    names = NAMES[: draw(st.sampled_from([1, 2, 2, 3, 3, 4]))]
    deadline = st.builds(
        lambda minutes, since, then: {"after": f"PT{minutes}M", "since": since, "then": then},
        st.sampled_from([1, 2, 4, 7, 15]),
        st.sampled_from(["opening", "firstArrival"]),
        st.sampled_from(deadlines),
    )
    drawn = draw(st.lists(deadline, max_size=2, unique_by=repr)) if timed else []
    predecessors: dict[str, dict[str, object]] = {
        name: {"stateMachine": machine_arn(name), "onFailure": draw(st.sampled_from(failures))} for name in names
    }
    for one in predecessors.values():
        if draw(st.booleans()) and drawn:
            one["optional"] = True
    document = {
        **definition({}),
        "key": {"input": "businessDate"},
        "predecessors": predecessors,
        "require": draw(conditions(names, kinds)),
        "afterRelease": draw(st.sampled_from(after_release)),
        "deadlines": drawn,
        "successors": [{**successor(), "on": ["released", "failed"]}],
    }
    if timed and draw(st.booleans()):
        document["settle"] = draw(st.sampled_from(["PT5S", "PT30S", "PT4M"]))
    if timed and draw(st.integers(0, 3)) == 0:
        document["notBefore"] = "19:07"
    return document


@st.composite
def histories(
    draw: st.DrawFn, statuses: Sequence[str] = ("SUCCEEDED", "SUCCEEDED", "FAILED", "RUNNING"), keys: Sequence[str] = KEYS
) -> list[Delivery]:
    """Up to sixteen deliveries; one execution's reports of one status are of one moment."""
    one = st.builds(
        Delivery,
        wait_s=st.sampled_from([0, 0, 1, 10, 29, 30, 120, 300]),
        predecessor=st.sampled_from("aaabbbccd"),
        key=st.sampled_from(keys),
        execution=st.sampled_from(["x", "y", "z"]),
        status=st.sampled_from(statuses),
        at=st.integers(0, 5),
    )
    moments: dict[tuple[str, str, str, str], int] = {}
    found = draw(st.lists(one, min_size=1, max_size=16))
    return [replace(one, at=moments.setdefault((one.predecessor, one.key, one.execution, one.status), one.at)) for one in found]


def begun(document: dict[str, object]) -> Landscape:
    """A hub that knows one definition; an example whose definition is refused is no example."""
    landscape = Landscape()
    _, problems = landscape.try_to_apply(document)
    assume(not problems)
    landscape.pass_time(BEGIN_MS)
    return landscape


def played(document: dict[str, object], history: Sequence[Delivery]) -> Played:
    """A history, delivered one by one, and an hour more."""
    landscape = begun(document)
    for one in history:
        if one.wait_s:
            landscape.pass_time(landscape.clock.at_ms + one.wait_s * 1000)
        landscape.arrive(one.body)
        landscape.settle(40)
    landscape.pass_time(max(END_MS, landscape.clock.at_ms) + HOUR_MS)
    landscape.settle(40)
    return what_became(landscape)


def what_became(landscape: Landscape) -> Played:
    """What is in the table and was started, in the end."""
    assert not landscape.quarantine.kept
    assert not landscape.releases_quarantine.kept
    assert landscape.all_acknowledged()
    runs = sorted(landscape.table.runs.values(), key=lambda run: run.id.key)
    plan = next(iter(landscape.table.plans.values()))
    names = [one.name for one in plan.predecessors]
    return Played(
        tuple(sorted((closing(one) for one in landscape.inputs()), key=lambda one: (one.at_ms, one.key, one.attempt))),
        tuple(sorted(landscape.table.payloads.values())),
        {run.id.key: run.state for run in runs},
        {run.id.key: {names[slot]: told(text) for slot, text in sorted(run.slots.items())} for run in runs},
    )


def closing(said: dict[str, object]) -> Closing:
    """The data of a release."""
    predecessors = cast("dict[str, dict[str, str]]", said["predecessors"])
    found = tuple((name, f"{one['executionArn'].rpartition(':')[2]} {TOLD[one['status']]}") for name, one in predecessors.items())
    return Closing(
        str(said["key"]), cast("int", said["attempt"]), str(said["outcome"]), str(said["reason"]), cast("int", said["releasedAt"]), found
    )


def told(encoded: str) -> str:
    """An arrival as execution and status."""
    arrival = decode_arrival(encoded)
    return f"{arrival.execution_id} {TOLD[arrival.status.value]}"
