"""Look up failures: an execution that failed may have been redriven since, under the same ARN, and the event of its success lost.

Lists are read back to a cursor, which an old execution may lie behind, so the one execution in a failed slot is asked for by name whenever
its run is looked at. If it has succeeded, that is handed over as if its event had come.
"""

from __future__ import annotations

from collections.abc import Mapping

from fanin.composed import composed
from fanin.domain.arrival import decode_arrival
from fanin.domain.asking import CHANGE_THEIR_MINDS, Observed
from fanin.domain.completion import Status
from fanin.domain.plan import Plan
from fanin.ports import Executions, Findings

_FAILURES = frozenset({Status.FAILED, Status.TIMED_OUT, Status.ABORTED})


def look_up_nothing(plan: Plan, slots: Mapping[int, str]) -> None:
    """Nobody can be asked here."""


@composed
class LookUpFailures:
    """Asks again about failed slots of a run that waits."""

    executions: Executions
    findings: Findings
    observed: Observed

    def __call__(self, plan: Plan, slots: Mapping[int, str]) -> None:
        """Hand over what has succeeded since; RetryableError when a source does not answer now: the look is then repeated."""
        failed = {slot: arrival for slot, encoded in slots.items() if (arrival := decode_arrival(encoded)).status in _FAILURES}
        for slot, arrival in failed.items():
            source = plan.predecessors[slot].source
            if source.kind not in CHANGE_THEIR_MINDS or not self.observed.covers(source):
                continue
            found = self.executions.ask(source, arrival.execution_id)
            if found is not None and found.status is Status.SUCCEEDED:
                self.findings.hand_over([found])
