"""Record arrivals in a run, then decide. One round trip to record and read; a refusal returns the state, and the decision is taken on it.

Returning early on "already seen" would lose the join: the delivery before this one may have crashed between its write and its decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from fanin.composed import composed
from fanin.domain.errors import RetryableError
from fanin.domain.plan import Plan
from fanin.domain.run import Run, RunId, RunState
from fanin.ports import Clock, Merged, Runs
from fanin.use_cases.decide_run import FIRST_LOOK_AFTER_MS, MAX_ROUNDS, Decided, DecideRun
from fanin.use_cases.record_after_closing import Late, RecordAfterClosing


class Recorded(Enum):
    """What became of arrivals offered to a run."""

    WAITING = "waiting"
    RELEASED = "released"
    FAILED = "failed"
    REOPENED = "reopened"
    DUPLICATE = "duplicate"
    LATE = "late"
    KEPT = "kept"
    NOT_OPEN = "not-open"
    OTHER_VERSION = "other-version"
    STALE = "stale"  # the run has a version that this container has not heard of yet


@composed
class RecordArrivals:
    """Merges encoded arrivals into a narrow run."""

    runs: Runs
    decide_run: DecideRun
    after_closing: RecordAfterClosing
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
            recorded = self._after_closing(plan, run, slots)
            if recorded is not None:
                return recorded, run
            if run.state is RunState.OPEN:
                pending = {slot: arrival for slot, arrival in pending.items() if arrival > run.slots.get(slot, "")}
                if not pending:
                    return self._decide(plan, run, Recorded.DUPLICATE), run
        raise RetryableError("run-contended", f"the run {run_id.join}/{run_id.key} moved {MAX_ROUNDS} times while an arrival was recorded")

    def _after_closing(self, plan: Plan, run: Run, slots: Mapping[int, str]) -> Recorded | None:
        """What the arrivals are for a closed run; None for one that is open, or that moved: offer them again."""
        if run.state is RunState.OPEN:
            return None
        found = self.after_closing(plan, run, slots)
        if isinstance(found, Late):
            return Recorded(found.value)
        return None if found is None else self._decide(plan, found, Recorded.REOPENED)

    def _decide(self, plan: Plan, run: Run, otherwise: Recorded) -> Recorded:
        decided = self.decide_run(plan, run)
        return {Decided.RELEASED: Recorded.RELEASED, Decided.FAILED: Recorded.FAILED}.get(decided, otherwise)
