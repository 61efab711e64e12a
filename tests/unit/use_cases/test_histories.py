"""Whatever happens, in whatever order and however often: released is what is satisfied, once, and nothing else.

Random histories of three predecessors and three keys, shuffled, repeated, cut into batches, with a few faults in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanin.domain.run import RunState
from tests.unit.sources.events import NOW_MS, OTHER, machine_arn, status_change
from tests.unit.use_cases.faults import Fault
from tests.unit.use_cases.landscape import Landscape, definition

pytestmark = pytest.mark.unit

MACHINES = {"ledger": machine_arn("ledger"), "positions": machine_arn("positions", OTHER), "risk": machine_arn("risk")}
KEYS = ("2026-03-30", "2026-03-31", "2026-04-01")


@dataclass(frozen=True, slots=True)
class Report:
    """One report of one execution."""

    predecessor: str
    key: str
    name: str
    status: str
    at: int

    @property
    def body(self) -> str:
        machine = MACHINES[self.predecessor]
        return status_change(machine, self.name, self.status, key=self.key, stopped_at_ms=NOW_MS - 10_000 + self.at)


REPORTS = st.builds(
    Report,
    predecessor=st.sampled_from(list(MACHINES)),
    key=st.sampled_from(KEYS),
    name=st.sampled_from(["x", "y"]),
    status=st.sampled_from(["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED", "TIMED_OUT", "RUNNING"]),
    at=st.integers(0, 3),
)
FAULTS = st.dictionaries(st.integers(1, 300), st.sampled_from(Fault), max_size=4)


@settings(max_examples=120, deadline=None)
@given(reports=st.lists(REPORTS, max_size=18), batch=st.sampled_from([1, 3, 10]), planned=FAULTS)
def test_released_is_what_succeeded_for_one_key_everywhere(reports: list[Report], batch: int, planned: dict[int, Fault]) -> None:
    landscape = Landscape()
    landscape.apply(definition(MACHINES))
    landscape.faults.planned.update(planned)
    landscape.arrive(*(report.body for report in reports))
    landscape.collect_all(batch=batch)
    landscape.until_quiet()

    succeeded: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for report in reports:
        if report.status == "SUCCEEDED":
            succeeded[report.key][report.predecessor].add(report.name)
    satisfied = {key for key, found in succeeded.items() if found.keys() == MACHINES.keys()}

    inputs = {str(said["key"]): said for said in landscape.inputs()}
    assert len(inputs) == len(landscape.inputs())
    assert inputs.keys() == satisfied
    for key, said in inputs.items():
        assert isinstance(said["predecessors"], dict)
        for name, one in said["predecessors"].items():
            assert one["status"] == "SUCCEEDED"
            assert one["executionArn"].rpartition(":")[2] in succeeded[key][name]
    closed = {run.id.key for run in landscape.table.runs.values() if run.state is RunState.ACKNOWLEDGED}
    assert closed == satisfied
    opened = {report.key for report in reports if report.status != "RUNNING"}
    assert {run.id.key for run in landscape.table.runs.values()} == opened
    assert not landscape.quarantine.kept


@settings(max_examples=60, deadline=None)
@given(reports=st.lists(REPORTS, max_size=8), order=st.randoms(), batch=st.sampled_from([1, 3, 10]))
def test_order_batches_and_repetition_change_nothing_that_is_still_open(reports: list[Report], order: Random, batch: int) -> None:
    # One predecessor never comes, so that every arrival is merged and none is late.
    waiting = [report for report in reports if report.predecessor != "risk"]
    shuffled = waiting * 2
    order.shuffle(shuffled)
    assert slots_after(waiting, batch) == slots_after(shuffled, batch)


def slots_after(reports: list[Report], batch: int) -> dict[str, Mapping[int, str]]:
    """The arrivals of every run by key and slot, after a history."""
    landscape = Landscape()
    landscape.apply(definition(MACHINES))
    landscape.arrive(*(report.body for report in reports))
    landscape.collect_all(batch=batch)
    return {run.id.key: run.slots for run in landscape.table.runs.values()}
