"""Counted predecessors: one source that completes N times for a key, and what so many successes and failures mean.

With s distinct successes, f failures, N expected and t tolerated: satisfied when s >= N-t and s+f >= N; under `fail`, failed when f > t;
under `ignore` a failure counts as done. A percentage is tolerated as a Distributed Map tolerates it ("Failure threshold for Distributed
Map" in the Step Functions guide: it fails when the share of failed items *exceeds* it), so the number of failures is rounded down.
"""

from __future__ import annotations

from typing import NamedTuple

from fanin.domain.condition import Verdict
from fanin.domain.plan import OnFailure

MAX_COUNT = 1_000_000
UNREACHABLE = 2**53  # more arrivals than there will ever be: only something else than another arrival can help

_WHOLE = 10_000


class Tolerance(NamedTuple):
    """How many failures are tolerated: `failures` of them, and beyond that `share` of N, in hundredths of a percent."""

    failures: int = 0
    share: int = 0

    def of(self, expected: int) -> int:
        """The number of failures that N executions may have."""
        return max(self.failures, expected * self.share // _WHOLE)


class Counted(NamedTuple):
    """How often a predecessor completes for a key.

    N is `number`; or what `expression` finds in the output of the predecessor `source`; or, with neither, announced by an event.
    """

    number: int | None = None
    source: str | None = None
    expression: str | None = None
    tolerance: Tolerance = Tolerance()


class Tally(NamedTuple):
    """What has arrived for a counted predecessor: distinct executions. `expected` is None while nobody has said N."""

    expected: int | None
    succeeded: int = 0
    failed: int = 0


def tally_verdict(counted: Counted, policy: OnFailure, tally: Tally) -> Verdict:
    """What a tally means for its slot; nothing is decided before N is known."""
    expected, done = tally.expected, tally.succeeded + tally.failed
    if expected is None:
        return Verdict.POSSIBLE
    tolerated = counted.tolerance.of(expected)
    ready = done >= expected and tally.succeeded >= expected - tolerated
    match policy:
        case OnFailure.WAIT:
            return Verdict.SATISFIED if ready else Verdict.POSSIBLE
        case OnFailure.FAIL:
            return Verdict.IMPOSSIBLE if tally.failed > tolerated else Verdict.SATISFIED if ready else Verdict.POSSIBLE
        case OnFailure.IGNORE:
            return Verdict.SATISFIED if done >= expected else Verdict.POSSIBLE


def still_missing(counted: Counted, policy: OnFailure, tally: Tally) -> int:
    """A lower bound of the arrivals that can make the slot ready, 0 when it is; UNREACHABLE while N is not known."""
    if tally_verdict(counted, policy, tally) is Verdict.SATISFIED:
        return 0
    if tally.expected is None:
        return UNREACHABLE
    undone = tally.expected - tally.succeeded - tally.failed
    if policy is OnFailure.IGNORE:
        return undone
    return max(tally.expected - counted.tolerance.of(tally.expected) - tally.succeeded, undone, 1)


def still_tolerated(counted: Counted, policy: OnFailure, tally: Tally) -> int:
    """A lower bound of the failures that can make the slot impossible, 0 when it is; UNREACHABLE when none can."""
    if policy is not OnFailure.FAIL or tally.expected is None:
        return UNREACHABLE
    return max(counted.tolerance.of(tally.expected) + 1 - tally.failed, 0)
