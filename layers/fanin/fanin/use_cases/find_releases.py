"""Find releases: a run that waits for another join looks whether that has released already, and the notice of it was lost.

Notices come over the hub's bus, where a rule may have been disabled or a message given up; the table knows better. Looked for is the
run of the same key, where the predecessor's key is the release's own (`key: {input: key}`): another key cannot be led back to a run.
"""

from __future__ import annotations

from fanin.composed import composed
from fanin.domain.arrival import Arrival, decode_arrival
from fanin.domain.completion import SourceKind, Status
from fanin.domain.delivery import DeliveryId
from fanin.domain.plan import KeyKind, KeyRule, Plan
from fanin.domain.run import Run, RunId
from fanin.ports import Deliveries, Runs
from fanin.sources.join import release_id
from fanin.use_cases.noticing import FAILED, RELEASED
from fanin.use_cases.record_arrivals import RecordArrivals, Recorded

_ITS_OWN_KEY = KeyRule(KeyKind.INPUT, "key")
_ATTEMPTS = 2  # the one that goes on, and the one before it, which may have been released
_ENDS = ((RELEASED, Status.SUCCEEDED), (FAILED, Status.FAILED))


def find_none(plan: Plan, run: Run) -> Recorded | None:
    """Nothing is looked for."""


@composed
class FindReleases:
    """Looks for the releases that a narrow run waits for, and records them as if their notices had come."""

    runs: Runs
    deliveries: Deliveries
    record_arrivals: RecordArrivals

    def __call__(self, plan: Plan, run: Run) -> Recorded | None:
        """What became of the run with what was found; None when nothing was. Idempotent: a notice that comes after all changes nothing."""
        found = {} if plan.is_wide else {slot: one for slot in range(len(plan.predecessors)) if (one := self._found(plan, run, slot))}
        return self.record_arrivals(plan, run.id, found, may_open=False)[0] if found else None

    def _found(self, plan: Plan, run: Run, slot: int) -> str | None:
        source, there = plan.predecessors[slot].source, run.slots.get(slot)
        if source.kind is not SourceKind.JOIN or plan.key_rule(slot) != _ITS_OWN_KEY:
            return None
        if there is not None and decode_arrival(there).succeeded:
            return None
        released = self._release_of(RunId(source.arn, run.id.key))
        encoded = None if released is None else released.encode()
        return encoded if encoded is not None and encoded > (there or "") else None

    def _release_of(self, upstream: RunId) -> Arrival | None:
        """The newest release of a run, by the notice that the transaction wrote which decided it."""
        run = self.runs.read(upstream)
        for attempt in range(0 if run is None else run.attempt, 0, -1)[:_ATTEMPTS]:
            for transition, status in _ENDS:
                notice = self.deliveries.read(DeliveryId(upstream, f"NTC#{attempt:04d}#{transition}"))
                if notice is not None:
                    return Arrival(status, notice.frozen_at_ms, release_id(upstream.key, attempt), None)
        return None
