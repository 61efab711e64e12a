"""The journal of a wide run: what its segments say, merged by the lattice of arrivals.

A run too wide for one item keeps its arrivals in segments, one for each batch that brought any. Contents are a set with a merge that is
idempotent, commutative and associative, so segments may repeat one another, overlap and come in any order:

    named slots      the maximum of the encoded arrivals, as in a narrow run
    counted slots    distinct executions: digests of the succeeded ones, the failed ones by name; a success replaces a failure
    announcements    who said when how many executions there will be; the latest is N, and that it changed is seen

A digest has 128 bits: among a million executions two are alike with a probability of 10^-27.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from fanin.domain.arrival import decode_arrival, same_report
from fanin.domain.counting import Tally

if TYPE_CHECKING:
    from fanin.domain.arrival import Arrival
    from fanin.domain.completion import Status
    from fanin.domain.counting import Counted
    from fanin.domain.plan import Plan

DIGEST_BYTES = 16
MAX_FAILURES_TOLD = 100


@dataclass(frozen=True, slots=True, order=True)
class Failure:
    """How a counted execution failed; of several reports of one execution the latest counts. Its name is kept."""

    stopped_at_ms: int
    status: Status
    execution_id: str


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """Somebody says how many executions there will be: when (epoch ms), who (an execution, or nobody for an event), how many."""

    at_ms: int
    teller: str
    count: int


class Counts(NamedTuple):
    """What a release says of a counted predecessor: the tally, the first failures by time, how many of them are left out.

    `said`: every N that was said, the one that counts last.
    """

    tally: Tally
    failures: tuple[Failure, ...]
    failures_left_out: int
    said: tuple[int, ...] = ()


@dataclass(slots=True)
class Contents:
    """What a journal, or one segment of it, says; it only ever grows."""

    named: dict[int, str] = field(default_factory=dict)
    succeeded: dict[int, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    failed: dict[int, dict[bytes, Failure]] = field(default_factory=lambda: defaultdict(dict))
    said: dict[int, set[Said]] = field(default_factory=lambda: defaultdict(set))

    def arrive(self, slot: int, encoded: str) -> None:
        """An arrival for a named slot."""
        self.named[slot] = max(self.named.get(slot, ""), encoded)

    def count(self, slot: int, arrival: Arrival) -> None:
        """An ended execution of a counted slot."""
        if arrival.succeeded:
            self.succeeded[slot].add(digest_of(arrival.execution_id))
        else:
            self.fail(slot, Failure(arrival.stopped_at_ms, arrival.status, arrival.execution_id))

    def fail(self, slot: int, failure: Failure) -> None:
        """A failed execution of a counted slot."""
        failures, digest = self.failed[slot], digest_of(failure.execution_id)
        failures[digest] = max(failures.get(digest, failure), failure)

    def say(self, slot: int, said: Said) -> None:
        """Somebody says N for a counted slot."""
        self.said[slot].add(said)

    def merge(self, other: Contents) -> None:
        """Take in everything that another one says."""
        for slot, encoded in other.named.items():
            self.arrive(slot, encoded)
        for slot, digests in other.succeeded.items():
            self.succeeded[slot] |= digests
        for slot, failures in other.failed.items():
            for failure in failures.values():
                self.fail(slot, failure)
        for slot, sayings in other.said.items():
            self.said[slot] |= sayings

    @property
    def arrivals(self) -> int:
        """How many arrivals there are, announcements included: what a batch adds to the hint. At least as many as it can change."""
        counted = (group for groups in (self.succeeded, self.failed, self.said) for group in groups.values())
        return len(self.named) + sum(map(len, counted))

    @property
    def failures(self) -> int:
        """How many of them are failures."""
        return sum(decode_arrival(one).failed for one in self.named.values()) + sum(map(len, self.failed.values()))

    @property
    def announces(self) -> bool:
        """Whether anybody says N in it, which can lower what is needed."""
        return any(self.said.values())

    def failures_of(self, slot: int) -> list[Failure]:
        """The executions that failed and have not succeeded as well, earliest first."""
        succeeded = self.succeeded.get(slot, set())
        return sorted(failure for digest, failure in self.failed.get(slot, {}).items() if digest not in succeeded)

    def counts_said(self, slot: int) -> list[int]:
        """Every N that was said, in the order of the sayings: the last one counts."""
        return [said.count for said in sorted(self.said.get(slot, ()))]

    def has(self, other: Contents) -> bool:
        """Whether everything that `other` says is known: said here of the same executions with the same status, whatever their times."""
        return not self.news(other).arrivals

    def news(self, other: Contents) -> Contents:
        """What `other` says and this does not. A failure of an execution that succeeded here is none."""
        new = Contents()
        for slot, encoded in other.named.items():
            known = self.named.get(slot)
            if known is None or not same_report(known, encoded):
                new.arrive(slot, encoded)
        for slot, digests in other.succeeded.items():
            new.succeeded[slot] |= digests - self.succeeded.get(slot, set())
        for slot, failures in other.failed.items():
            known_digests = self.failed.get(slot, {}).keys() | self.succeeded.get(slot, set())
            new.failed[slot].update({digest: failure for digest, failure in failures.items() if digest not in known_digests})
        for slot, sayings in other.said.items():
            new.said[slot] |= sayings - self.said.get(slot, set())
        return new


def digest_of(execution_id: str) -> bytes:
    """Stands for an execution that succeeded."""
    return hashlib.sha256(execution_id.encode()).digest()[:DIGEST_BYTES]


def tallies(plan: Plan, contents: Contents) -> dict[int, Tally]:
    """The tally of each counted slot of a plan."""
    return {slot: _tally(one.counted, slot, contents) for slot, one in enumerate(plan.predecessors) if one.counted is not None}


def counts(plan: Plan, contents: Contents) -> dict[int, Counts]:
    """What a release says of each counted slot of a plan."""
    found = {}
    for slot, tally in tallies(plan, contents).items():
        failures = contents.failures_of(slot)
        left_out = max(0, len(failures) - MAX_FAILURES_TOLD)
        found[slot] = Counts(tally, tuple(failures[:MAX_FAILURES_TOLD]), left_out, tuple(contents.counts_said(slot)))
    return found


def _tally(counted: Counted, slot: int, contents: Contents) -> Tally:
    said = contents.counts_said(slot)
    expected = counted.number if counted.number is not None else said[-1] if said else None
    succeeded, failed = contents.succeeded.get(slot, set()), contents.failed.get(slot, {})
    return Tally(expected, len(succeeded), len(failed) - len(failed.keys() & succeeded))
