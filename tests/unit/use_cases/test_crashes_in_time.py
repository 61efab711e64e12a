"""A crash, a lost answer or a conflict at any one call of a history in time: the same attempts, once each, and everybody told.

One window of an expected join: it opens, nobody comes and people are told, the deadline fails it and the successor that asked is told;
then the rest arrives and opens the second attempt, which is released, and a rerun the third.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest

from fanin.domain.run import RunState
from tests.unit.use_cases.faults import Fault
from tests.unit.use_cases.joins_in_time import HOUR_MS, MINUTE_MS, at_ms, begun, report, the_run
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, SECOND_SUCCESSOR, TWO, Landscape, successor

pytestmark = pytest.mark.unit

OPENS_MS, KEY = at_ms("2026-03-31T20:00"), "2026-03-31T20+0000"
SAID: dict[str, object] = {
    "key": {"window": {"every": "hour"}},
    "expect": True,
    "deadlines": [{"after": "PT2M", "then": "alert"}, {"after": "PT6M", "then": "fail"}],
    "afterRelease": "again",
    "settle": "PT5S",
    "successors": [{**successor(), "on": ["released", "failed"]}, successor("report", SECOND_SUCCESSOR)],
}
ATTEMPTS = [
    (1, "failed", "deadline", ("l1",)),
    *[(2, "released", "satisfied", ("l1", "p1"))] * 2,
    *[(3, "released", "satisfied", ("l2", "p1"))] * 2,
]
TOLD = ["DEADLINE_MISSED 1", "FAILED 1", "REOPENED 2", "RELEASED 2", "ACKNOWLEDGED 2", "REOPENED 3", "RELEASED 3", "ACKNOWLEDGED 3"]
# The index is read sixteen times a sweep; what a sweep that fails leaves undone is no other than what a failed send leaves.
NOT_TRIED = frozenset({"MemoryDueIndex.due"})
TRANSACTIONS = frozenset({"MemoryRuns.close", "MemoryRuns.reopen", "MemoryRuns.alert"})


def played(at: int, fault: Fault) -> Landscape:
    """The history, with one call that goes wrong; after each step there is time for two sweeps."""
    landscape = begun(TWO, **SAID)
    landscape.next_sweep_ms = OPENS_MS - MINUTE_MS // 2
    landscape.pass_time(OPENS_MS - MINUTE_MS)
    landscape.faults.calls.clear()
    landscape.faults.planned = {at: fault}
    landscape.pass_time(OPENS_MS + 3 * MINUTE_MS)
    bodies = [report(landscape, LEDGER, "l1")]
    landscape.pass_time(OPENS_MS + 10 * MINUTE_MS)
    bodies.append(report(landscape, POSITIONS, "p1"))
    landscape.pass_time(OPENS_MS + 14 * MINUTE_MS)
    bodies.append(report(landscape, LEDGER, "l2"))
    landscape.pass_time(OPENS_MS + 18 * MINUTE_MS)
    landscape.arrive(*bodies)
    landscape.pass_time(OPENS_MS + 20 * MINUTE_MS)
    return landscape


def check(landscape: Landscape) -> None:
    found = []
    for said in landscape.inputs():
        assert isinstance(said["predecessors"], dict)
        names = tuple(one["executionArn"].rpartition(":")[2] for one in said["predecessors"].values())
        found.append((said["attempt"], said["outcome"], said["reason"], names))
    assert sorted(found) == ATTEMPTS
    assert landscape.all_acknowledged()
    assert the_run(landscape, KEY).state is RunState.ACKNOWLEDGED
    # An event that went out although its answer was lost goes out again, and says the same.
    details = [json.loads(one) for one in dict.fromkeys(one.detail for one in landscape.notices)]
    assert Counter(f"{one['transition']} {one['attempt']}" for one in details) == Counter(TOLD)
    assert {one["key"] for one in details} == {KEY}
    assert not landscape.quarantine.kept
    assert not landscape.releases_quarantine.kept
    opened = [run.opened_at_ms for run in landscape.table.runs.values()]
    assert opened == [OPENS_MS]


def test_without_a_fault_every_moment_is_exact() -> None:
    landscape = played(0, Fault.CRASH_BEFORE)
    check(landscape)
    details = [json.loads(one.detail) for one in landscape.notices]
    told = [(f"{one['transition']} {one['attempt']}", one["at"] - OPENS_MS) for one in details]
    assert [name for name, _ in told] == TOLD
    assert all(before <= after for (_, before), (_, after) in pairwise(told))
    moments = dict(told)
    assert (moments["DEADLINE_MISSED 1"], moments["FAILED 1"]) == (2 * MINUTE_MS, 6 * MINUTE_MS)
    assert (moments["RELEASED 2"], moments["RELEASED 3"]) == (10 * MINUTE_MS + 5_000, 14 * MINUTE_MS + 5_000)
    assert moments["RELEASED 3"] < HOUR_MS


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.REFUSED], ids=lambda fault: fault.value)
def test_any_call_may_go_wrong(fault: Fault) -> None:
    calls = played(0, fault).faults.calls
    tried = [(at, call) for at, call in enumerate(calls, start=1) if call not in NOT_TRIED]
    if fault is Fault.CONFLICT:
        tried = [(at, call) for at, call in tried if call in TRANSACTIONS]
        assert {call for _, call in tried} == TRANSACTIONS
    assert {"MemoryRuns.open", "MemoryExpectations.save", "MemoryRuns.postpone", "MemoryRechecks.recheck"} <= set(calls)
    for at, call in tried:
        landscape = played(at, fault)
        try:
            check(landscape)
        except AssertionError as error:
            error.add_note(f"{fault.value} at call {at}, {call}")
            raise
