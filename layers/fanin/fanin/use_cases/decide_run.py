"""Decide a run: take the decision on what is stored, and perform it. Called after every write, and again on every redelivery.

The crash windows it closes (DESIGN §6): whoever finds a run OPEN and satisfied releases it, whether or not it wrote anything itself.
The transaction is conditional on the `rev` the decision was taken on; when that moved, the run is read again and decided again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from fanin.domain.decision import Release, Wait, decide
from fanin.domain.errors import RetryableError
from fanin.domain.plan import Plan
from fanin.domain.release import Frozen, Outcome
from fanin.domain.run import Run, RunState
from fanin.ports import Clock, Runs, Wakeups
from fanin.use_cases.freezing import Hub, freeze

MAX_ROUNDS = 16  # every lost round means that somebody else's write succeeded; more than this is a storm for the queue to spread out


class Decided(Enum):
    """What became of a decision."""

    WAITING = "waiting"
    RELEASED = "released"
    CLOSED = "closed"  # somebody else's decision stands


@dataclass(frozen=True, slots=True)
class DecideRun:
    """Decides a narrow run and, when it is satisfied, releases it and wakes the forwarder."""

    runs: Runs
    wakeups: Wakeups
    clock: Clock
    hub: Hub

    def __call__(self, plan: Plan, run: Run) -> Decided:
        """Decide on `run`, which the caller has just read or written; RetryableError when the run would not hold still."""
        for _ in range(MAX_ROUNDS):
            if run.state is not RunState.OPEN:
                return Decided.CLOSED
            match decide(plan, run.slots):
                case Wait():
                    return Decided.WAITING
                case Release(reason):
                    if self._release(plan, run, reason):
                        return Decided.RELEASED
            again = self.runs.read(run.id)
            if again is None or again.plan_version != plan.version:
                return Decided.CLOSED
            run = again
        raise RetryableError("run-contended", f"the run {run.id.join}/{run.id.key} moved {MAX_ROUNDS} times while it was decided")

    def _release(self, plan: Plan, run: Run, reason: str) -> bool:
        now_ms = self.clock.now_ms()
        outputs = self.runs.outputs(run.id, plan.version, run.slots) if plan.projects_outputs else {}
        write = freeze(self.hub, plan, Frozen(run.id, run.attempt, Outcome.RELEASED, reason, now_ms, run.slots), outputs)
        if not self.runs.release(run, write, now_ms):
            return False
        self.wakeups.wake([delivery.id for delivery in write.deliveries])
        return True
