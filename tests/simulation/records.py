"""What a run has on record, narrow or wide: its arrivals by predecessor, its counts, and who said how many there will be.

The table is read as it is stored. What follows from the record is for the oracle to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from fanin.adapters.memory_deliveries import MemoryDeliveries
from fanin.adapters.memory_journals import MemoryJournals
from fanin.adapters.sequential import Sequential
from fanin.domain.journal import Contents
from fanin.domain.run import Run, RunState
from fanin.ports import JournalId
from fanin.use_cases.read_journal import ReadJournal
from tests.simulation.happenings import JOIN, Announced, Report
from tests.simulation.oracle import Arrived, Tally
from tests.simulation.world import World

_STATUS = {"R": "RUNNING", "S": "SUCCEEDED", "F": "FAILED", "T": "TIMED_OUT", "A": "ABORTED"}


@dataclass(frozen=True, slots=True)
class Record:
    """`arrived` by predecessor; `succeeded` and `failed` are digests of counted executions, `said` the counts, the last one valid."""

    arrived: dict[str, Arrived] = field(default_factory=dict)
    succeeded: dict[str, frozenset[bytes]] = field(default_factory=dict)
    failed: dict[str, frozenset[bytes]] = field(default_factory=dict)
    said: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def tallies(self) -> dict[str, Tally]:
        """What has arrived of each counted predecessor: of an execution that succeeded, its failure does not count."""
        names = self.succeeded.keys() | self.failed.keys() | self.said.keys()
        return {name: self._tally(name) for name in names}

    def has(self, report: Report, counted: bool) -> bool:
        """Whether a report is on record, or something greater."""
        if not counted:
            found = self.arrived.get(report.predecessor)
            return found is not None and found.order >= report.order
        digest, succeeded = digest_of(report.execution), self.succeeded.get(report.predecessor, frozenset())
        return digest in succeeded or (report.status != "SUCCEEDED" and digest in self.failed.get(report.predecessor, frozenset()))

    def failures_beyond(self, name: str, reports: Iterable[Report]) -> int:
        """How many executions of a counted predecessor have failed, by this record, that none of the reports is of."""
        told = {digest_of(one.execution) for one in reports if one.predecessor == name}
        return len(self.failed.get(name, frozenset()) - self.succeeded.get(name, frozenset()) - told)

    def says(self, announced: Announced) -> bool:
        """Whether an announcement is on record."""
        return announced.count in self.said.get(announced.predecessor, ())

    def _tally(self, name: str) -> Tally:
        succeeded, failed = self.succeeded.get(name, frozenset()), self.failed.get(name, frozenset())
        return Tally(next(iter(self.said.get(name, ())[-1:]), None), len(succeeded), len(failed - succeeded))


def arrived_of(encoded: str) -> Arrived:
    """An encoded arrival, read without the hub's code."""
    head, execution, tail = encoded.split(" ")
    return Arrived(_STATUS[tail[0]], int(head[1:]), execution)


def digest_of(execution: str) -> bytes:
    """What a journal keeps of an execution that succeeded."""
    return hashlib.sha256(execution.encode()).digest()[:16]


def names_of(world: World, version: int) -> list[str]:
    """The predecessors in the order of a plan's slots."""
    return [one.name for one in world.land.table.plans[JOIN, version].predecessors]


def arrived_in(world: World, slots: dict[int, str], version: int) -> dict[str, Arrived]:
    """Encoded arrivals by slot, as arrivals by predecessor."""
    names = names_of(world, version)
    return {names[slot]: arrived_of(encoded) for slot, encoded in slots.items()}


def record_of(world: World, run: Run) -> Record:
    """What a run holds: of a closed wide run what its decision was taken on, and of one that has failed whatever was kept since."""
    plan = world.land.table.plans[JOIN, run.plan_version]
    if not plan.journal:
        return Record(arrived_in(world, dict(run.slots), run.plan_version))
    table = world.land.table
    read = ReadJournal(MemoryJournals(table), MemoryDeliveries(table), Sequential())
    journal = JournalId(run.id, run.plan_version, run.attempt, plan.journal)
    contents = Contents() if run.state is RunState.OPEN else read.frozen(journal)
    if run.state in {RunState.OPEN, RunState.FAILED}:
        contents.merge(read(journal))
    return _record(world, run.plan_version, contents)


def decided_on(world: World, run: Run) -> Record:
    """What the decision that closed a run says that it was taken on."""
    plan = world.land.table.plans[JOIN, run.plan_version]
    if not plan.journal:
        return record_of(world, run)
    table = world.land.table
    read = ReadJournal(MemoryJournals(table), MemoryDeliveries(table), Sequential())
    return _record(world, run.plan_version, read.frozen(JournalId(run.id, run.plan_version, run.attempt, plan.journal)))


def _record(world: World, version: int, contents: Contents) -> Record:
    names = names_of(world, version)
    return Record(
        arrived_in(world, contents.named, version),
        {names[slot]: frozenset(digests) for slot, digests in contents.succeeded.items()},
        {names[slot]: frozenset(failures) for slot, failures in contents.failed.items()},
        {names[slot]: tuple(one.count for one in sorted(said)) for slot, said in contents.said.items()},
    )
