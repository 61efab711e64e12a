"""Narrow runs under every interleaving of collectors, crashes and redeliveries; and what goes wrong when a step is left out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from fanin.adapters.memory_runs import MemoryRuns
from fanin.definitions.compiler import compile_documents
from fanin.domain.arrival import Arrival, decode_arrival
from fanin.domain.completion import Status
from fanin.domain.journal import Contents
from fanin.domain.plan import Plan
from fanin.domain.run import Run, RunId, RunState, Transition
from fanin.ports import Merged, Refused, ReleaseWrite
from fanin.use_cases.record_arrivals import RecordArrivals, Recorded
from tests.unit.sources.events import machine_arn
from tests.unit.use_cases.interleavings import NOW_MS, Build, Explorer, Message, State, the_run
from tests.unit.use_cases.landscape import definition

pytestmark = pytest.mark.unit

TOLD_SO = frozenset({Recorded.LATE, Recorded.DUPLICATE, Recorded.RELEASED})
# Slot and stop time of each message.
MESSAGES = {"a": (0, 1), "A": (0, 2), "b": (1, 1), "B": (1, 2)}


class Violation(AssertionError):  # noqa: N818 not an error of ours: what the search looks for
    """An end that the protocol must not have."""


@dataclass(frozen=True)
class Scenario:
    """The batches that are delivered; each word is one."""

    deliveries: Sequence[str]
    crashes: int = 1
    concurrent: int = 2


SCENARIOS = {
    "one each": Scenario(["a", "b"], crashes=2),
    "both at once, twice": Scenario(["ab", "ab"]),
    "a rerun": Scenario(["a", "A", "b"], crashes=0, concurrent=3),
    "a rerun beside the last": Scenario(["a", "Ab"]),
    "an older one beside the last": Scenario(["A", "ab"]),
    "reruns of both": Scenario(["ab", "AB"]),
    "four": Scenario(["a", "b", "A", "B"], crashes=0),
}


def plan() -> Plan:
    document = definition({"a": machine_arn("a"), "b": machine_arn("b")})
    (compiled,), problems = compile_documents([("join", document)], allowed_accounts=None, allowed_buses=None)
    assert not problems
    return compiled.to_plan(1)


def message(name: str) -> Message:
    slot, later = MESSAGES[name]

    def tell(contents: Contents) -> None:
        contents.arrive(slot, encoded(name, later))

    return tell


def encoded(name: str, later: int) -> str:
    return Arrival(Status.SUCCEEDED, NOW_MS + later, name, None).encode()


def explored(scenario: Scenario, build: Build | None = None) -> int:
    """How many ends there are; Violation for the first that there must not be."""
    batches = [tuple(batch) for batch in scenario.deliveries]
    names = {name for batch in batches for name in batch}
    explorer = Explorer(plan(), {name: message(name) for name in names}, build or Build(), concurrent=scenario.concurrent)
    ends = 0
    for end in explorer.states(explorer.begin(batches, scenario.crashes)):
        check(names, end)
        ends += 1
    return ends


def check(names: set[str], end: State) -> None:
    """Released once, with what the run says; every message acknowledged, and in the release, below it, or late."""
    run = the_run(end)
    _require(run is not None and {name for name, _ in end.acked} == names, "a message was lost", end)
    assert run is not None
    _require(run.state is RunState.SATISFIED, "the decision was lost", end)
    (release,) = [json.loads(text) for (_, name), text in end.table.payloads.items() if name.startswith("REL#")]
    told = {said["executionArn"].rpartition(":")[2] for said in release["predecessors"].values()}
    _require(told == {decode_arrival(one).execution_id for one in run.slots.values()}, "the release is older than what was accepted", end)
    for name in names:
        slot, later = MESSAGES[name]
        outcomes = {recorded for acked, recorded in end.acked if acked == name}
        _require(encoded(name, later) <= run.slots[slot] or bool(outcomes & TOLD_SO), f"{name} was lost", end)


def _require(holds: bool, what: str, end: State) -> None:
    if not holds:
        raise Violation(f"{what}: {the_run(end)}, {end.acked}")


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_release_is_lost_doubled_or_wrong(name: str) -> None:
    assert explored(SCENARIOS[name]) > 0


class Anyhow(MemoryRuns):
    """Writes arrivals whatever is there."""

    def merge(self, run: RunId, version: int, slots: Mapping[int, str], **said: Any) -> Merged | Refused:
        found = self.table.runs.get(run)
        if found is None or found.state is not RunState.OPEN:
            return MemoryRuns.merge(self, run, version, slots, **said)
        return Merged(self._put(found._replace(rev=found.rev + 1, slots={**found.slots, **slots})))


class AnyRises(Anyhow):
    """Writes all arrivals when one of them rises."""

    def merge(self, run: RunId, version: int, slots: Mapping[int, str], **said: Any) -> Merged | Refused:
        found = self.table.runs.get(run)
        if found is not None and not any(arrival > found.slots.get(slot, "") for slot, arrival in slots.items()):
            return Refused(found)
        return Anyhow.merge(self, run, version, slots, **said)


class NoRev(MemoryRuns):
    """Closes a run whatever was added since it was read."""

    def close(self, run: Run, event: Transition, write: ReleaseWrite, now_ms: int) -> bool:
        return MemoryRuns.close(self, run._replace(rev=self.table.runs[run.id].rev), event, write, now_ms)


class EarlyReturn(RecordArrivals):
    """Decides nothing when it has seen everything already."""

    def _decide(self, plan: Plan, run: Run, otherwise: Recorded) -> Recorded:
        return otherwise if otherwise is Recorded.DUPLICATE else RecordArrivals._decide(self, plan, run, otherwise)


class NoSplit(RecordArrivals):
    """Takes a refusal for all of the arrivals."""

    def __call__(self, plan: Plan, run_id: RunId, slots: Mapping[int, str], *, may_open: bool) -> tuple[Recorded, Run | None]:
        now_ms = self.clock.now_ms()
        answer = self.runs.merge(run_id, plan.version, slots, may_open=may_open, now_ms=now_ms, due_at_ms=now_ms)
        if isinstance(answer, Refused) and answer.run is not None and answer.run.state is RunState.OPEN:
            return self._decide(plan, answer.run, Recorded.WAITING), answer.run
        return RecordArrivals.__call__(self, plan, run_id, slots, may_open=may_open)


LEFT_OUT = {
    "an early return on what was seen": ("one each", Build(record_narrow=EarlyReturn)),
    "conditions that any slot meets": ("an older one beside the last", Build(runs=AnyRises)),
    "no conditions": ("a rerun", Build(runs=Anyhow)),
    "no split after a refusal": ("an older one beside the last", Build(record_narrow=NoSplit)),
    "no rev in the transaction": ("a rerun", Build(runs=NoRev)),
}


@pytest.mark.parametrize("step", LEFT_OUT)
def test_a_step_left_out_is_found(step: str) -> None:
    scenario, build = LEFT_OUT[step]
    with pytest.raises(Violation):
        explored(SCENARIOS[scenario], build)
