"""Record arrivals in a run, then decide. One round trip to record and read; a refusal returns the state, and the decision is taken on it.

Returning early on "already seen" would lose the join: the delivery before this one may have crashed between its write and its decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from fanin.domain.arrival import same_report
from fanin.domain.errors import RetryableError
from fanin.domain.plan import Plan
from fanin.domain.run import Run, RunId, RunState
from fanin.ports import Clock, Merged, Runs
from fanin.use_cases.decide_run import MAX_ROUNDS, Decided, DecideRun

FIRST_LOOK_AFTER_MS = 300_000  # an open run is looked at again by the sweeper, first after five minutes


class Recorded(Enum):
    """What became of arrivals offered to a run."""

    WAITING = "waiting"
    RELEASED = "released"
    DUPLICATE = "duplicate"
    LATE = "late"
    NOT_OPEN = "not-open"
    OTHER_VERSION = "other-version"
    STALE = "stale"  # the run has a version that this container has not heard of yet


@dataclass(frozen=True, slots=True)
class RecordArrivals:
    """Merges encoded arrivals into a narrow run."""

    runs: Runs
    decide_run: DecideRun
    clock: Clock

    def __call__(self, plan: Plan, run_id: RunId, slots: Mapping[int, str], *, may_open: bool) -> tuple[Recorded, Run | None]:
        """Offer `slots` to a run under `plan`; with the run as found where its version or its absence is the answer."""
        pending = dict(slots)
        for _ in range(MAX_ROUNDS):
            now_ms = self.clock.now_ms()
            due_at_ms = now_ms + FIRST_LOOK_AFTER_MS
            answer = self.runs.merge(run_id, plan.version, pending, may_open=may_open, now_ms=now_ms, due_at_ms=due_at_ms)
            run = answer.run
            if run is None:
                return Recorded.NOT_OPEN, None
            if run.plan_version != plan.version:
                return Recorded.OTHER_VERSION, run
            if isinstance(answer, Merged):
                return self._decide(plan, run, Recorded.WAITING), run
            if run.state is not RunState.OPEN:
                return _after_closing(run, slots), run
            pending = {slot: arrival for slot, arrival in pending.items() if arrival > run.slots.get(slot, "")}
            if not pending:
                return self._decide(plan, run, Recorded.DUPLICATE), run
        raise RetryableError("run-contended", f"the run {run_id.join}/{run_id.key} moved {MAX_ROUNDS} times while an arrival was recorded")

    def _decide(self, plan: Plan, run: Run, otherwise: Recorded) -> Recorded:
        return Recorded.RELEASED if self.decide_run(plan, run) is Decided.RELEASED else otherwise


def _after_closing(run: Run, slots: Mapping[int, str]) -> Recorded:
    known = all(slot in run.slots and same_report(run.slots[slot], arrival) for slot, arrival in slots.items())
    return Recorded.DUPLICATE if known else Recorded.LATE
