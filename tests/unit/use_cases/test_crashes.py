"""A crash, a refusal or a lost answer at any one call, before or after it took effect: still exactly one start of everything.

Every port of collector, forwarder, starter and sweeper is under the faults, and verification is the real one. After the fault the
queues redeliver, the sweeper sweeps, and at last every event of the history comes a second time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanin.domain.run import RunState
from tests.unit.sources.events import NOW_MS, status_change
from tests.unit.use_cases.faults import Fault
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, SECOND_SUCCESSOR, TWO, Landscape, definition, successor

pytestmark = pytest.mark.unit


@dataclass(frozen=True, slots=True)
class History:
    """What happened, in waves that come one after the other, and what must have been started in the end."""

    definition: Mapping[str, object]
    waves: Sequence[Sequence[str]]
    starts: Sequence[tuple[str, str, str, str]]
    batch: int = 10


KEY = "2026-03-31"
HISTORIES = {
    "one by one": History(
        definition(TWO),
        [[status_change(LEDGER, "l1")], [status_change(POSITIONS, "p1")]],
        [("daily-close", KEY, "l1", "p1")],
    ),
    "in one batch, to two successors, with outputs": History(
        definition(TWO, successors=[successor(outputs=True), successor("report", SECOND_SUCCESSOR)]),
        [[status_change(LEDGER, "l1"), status_change(POSITIONS, "p1"), status_change(LEDGER, "l1")]],
        [("daily-close", KEY, "l1", "p1"), ("report", KEY, "l1", "p1")],
    ),
    "a failure, redriven": History(
        definition(TWO),
        [[status_change(LEDGER, "l1", "FAILED"), status_change(POSITIONS, "p1")], [status_change(LEDGER, "l1", stopped_at_ms=NOW_MS)]],
        [("daily-close", KEY, "l1", "p1")],
    ),
    "latest, twice": History(
        definition(TWO, key={"latest": True}, successors=[successor(outputs=True)]),
        [
            [status_change(LEDGER, "l1"), status_change(POSITIONS, "p1", stopped_at_ms=NOW_MS - 1_000)],
            [status_change(POSITIONS, "p2", stopped_at_ms=NOW_MS), status_change(LEDGER, "l2", stopped_at_ms=NOW_MS)],
        ],
        [("daily-close", "20260101T000000Z.000001", "l1", "p1"), ("daily-close", "20260101T000000Z.000002", "l2", "p2")],
    ),
}


def played(history: History, planned: Mapping[int, Fault]) -> Landscape:
    """The history with faults at some calls, and a minute and a half: redeliveries and unsent deliveries, but no recheck of a run."""
    landscape = Landscape()
    landscape.apply(history.definition)
    landscape.faults.planned.update(planned)
    for wave in history.waves:
        landscape.arrive(*wave)
        # The next wave comes when this one was taken: the order within a stream is part of the history.
        landscape.collect_all(batch=history.batch)
    landscape.until_quiet(waits_s=(20, 70))
    return landscape


def played_again(landscape: Landscape, history: History) -> Landscape:
    """Hours later every event of the history comes a second time."""
    landscape.until_quiet()
    landscape.arrive(*(body for wave in history.waves for body in wave))
    landscape.until_quiet(waits_s=(60,))
    return landscape


def started(landscape: Landscape) -> list[tuple[str, str, str, str]]:
    """Target, key, and the two executions that were joined, of everything that was started."""
    found = []
    for execution_arn, said in zip(landscape.machines.executions, landscape.inputs(), strict=True):
        assert isinstance(said["predecessors"], dict)
        names = [said["predecessors"][name]["executionArn"].rpartition(":")[2] for name in TWO]
        found.append((execution_arn.split(":")[6], str(said["key"]), *names))
    return sorted(found)


def check(landscape: Landscape, history: History) -> None:
    assert started(landscape) == sorted(history.starts)
    assert landscape.all_acknowledged()
    keys = {key for _, key, _, _ in history.starts}
    assert {run.id.key for run in landscape.table.runs.values() if run.state is RunState.ACKNOWLEDGED} == keys
    assert set(landscape.told()) == {f"{transition} {key}" for key in keys for transition in ("RELEASED", "ACKNOWLEDGED")}
    assert not landscape.quarantine.kept
    assert not landscape.releases_quarantine.kept


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
@pytest.mark.parametrize("name", HISTORIES)
def test_any_call_may_go_wrong(name: str, fault: Fault) -> None:
    history = HISTORIES[name]
    calls = played(history, {}).faults.calls
    assert len(calls) > 40
    for at, call in enumerate(calls, start=1):
        landscape = played(history, {at: fault})
        try:
            check(landscape, history)
            check(played_again(landscape, history), history)
        except AssertionError as error:
            error.add_note(f"{fault.value} at call {at}, {call}, of {name}")
            raise


@pytest.mark.parametrize("name", HISTORIES)
@settings(max_examples=60, deadline=None)
@given(planned=st.dictionaries(st.integers(1, 150), st.sampled_from(Fault), min_size=2, max_size=8))
def test_any_few_calls_may_go_wrong(name: str, planned: dict[int, Fault]) -> None:
    history = HISTORIES[name]
    check(played_again(played(history, planned), history), history)
