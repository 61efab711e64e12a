"""Decide a run: take the decision on what is stored, and perform it. Called after every write, on every redelivery and by every timer.

The crash windows it closes (DESIGN §6): whoever finds a run OPEN and satisfied releases it, whether or not it wrote anything itself.
Every transaction is conditional on the `rev` the decision was taken on; when that moved, the run is read again and decided again. A run
that waits for a moment is due then: a delayed message is the precise timer, the due index the one that cannot be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, assert_never

from fanin.composed import composed
from fanin.definitions.windows import run_day
from fanin.domain.decision import Alert, Decision, Expire, Fail, Release, Wait, decide
from fanin.domain.errors import RetryableError
from fanin.domain.outcome import Outcome
from fanin.domain.plan import Plan
from fanin.domain.release import Frozen
from fanin.domain.run import Run, RunState, Transition
from fanin.domain.timing import Moments
from fanin.ports import Clock, Rechecks, ReleaseWrite, Runs, Wakeups
from fanin.use_cases.freezing import freeze
from fanin.use_cases.hub import Hub
from fanin.use_cases.noticing import DEADLINE_MISSED, EXPIRED, notice
from fanin.use_cases.want_sources import want_nothing

if TYPE_CHECKING:
    from fanin.domain.delivery import Delivery
    from fanin.use_cases.look_into_journal import LookIntoJournal

MAX_ROUNDS = 16  # every lost round means that somebody else's write succeeded; more than this is a storm for the queue to spread out
LOOK_AGAIN_AFTER_MS = 3_600_000  # a run that waits is looked at once an hour at least, whatever it waits for
FIRST_LOOK_AFTER_MS = 300_000  # and at first after five minutes
EARLY_MS = 2_000  # a timer that goes off so much too early, by this container's clock, is set again
SOON_MS = 120_000  # two sweeps: what is due sooner gets a delayed message at once


class Decided(Enum):
    """What became of a decision."""

    WAITING = "waiting"
    RELEASED = "released"
    FAILED = "failed"
    EXPIRED = "expired"
    CLOSED = "closed"  # somebody else's decision stands


@composed
class DecideRun:
    """Decides a run and performs the decision: release, fail, alert, expire, or wait until the next moment.

    A narrow run is decided on its item, a wide one by a look into its journal.
    """

    runs: Runs
    wakeups: Wakeups
    rechecks: Rechecks
    clock: Clock
    hub: Hub
    look_into_journal: LookIntoJournal
    want: Callable[[Plan, Sequence[str], int], None] = want_nothing

    def __call__(self, plan: Plan, run: Run, *, woken: bool = False) -> Decided:
        """Decide on `run`, which the caller has just read or written; `woken` by a timer, which must then set the next one.

        RetryableError when the run would not hold still.
        """
        if plan.is_wide:
            return self.look_into_journal(plan, run, woken=woken)
        for _ in range(MAX_ROUNDS):
            if run.state is not RunState.OPEN:
                return Decided.CLOSED
            now_ms = self.clock.now_ms()
            decision = decide(plan, run.slots, moments_of(plan, run, now_ms), run.alerted)
            decided = self._perform(plan, run, decision, now_ms, woken=woken)
            if decided is not None:
                return decided
            again = self.runs.read(run.id)
            if again is None or again.plan_version != plan.version:
                return Decided.CLOSED
            run = again
        raise RetryableError("run-contended", f"the run {run.id.join}/{run.id.key} moved {MAX_ROUNDS} times while it was decided")

    def _perform(self, plan: Plan, run: Run, decision: Decision, now_ms: int, *, woken: bool) -> Decided | None:
        """What was done; None when the run is to be read and decided again."""
        match decision:
            case Wait(missing, due_at_ms):
                self.want(plan, missing, self._wait(run, due_at_ms, now_ms, woken=woken))
                return Decided.WAITING
            case Release(reason):
                return Decided.RELEASED if self._release(plan, run, Outcome.RELEASED, reason, now_ms) else None
            case Fail(reason):
                return Decided.FAILED if self._release(plan, run, Outcome.FAILED, reason, now_ms) else None
            case Alert(deadlines):
                self._alert(run, deadlines, now_ms)
                return None
            case Expire():
                return Decided.EXPIRED if self._expire(run, now_ms) else None
            case _:
                assert_never(decision)

    def _wait(self, run: Run, due_at_ms: int | None, now_ms: int, *, woken: bool) -> int:
        """See to it that the run is looked at again; when that will be."""
        again_ms = now_ms + (look_after_ms(run.last_arrival_ms or run.opened_at_ms, now_ms) if woken else LOOK_AGAIN_AFTER_MS)
        look_ms = min(due_at_ms or again_ms, again_ms)
        moves = run.due_at_ms is None or look_ms < run.due_at_ms or (woken and run.due_at_ms <= now_ms)
        # Of the timers of one moment only the first sets the next one, or they would become more with every sweep.
        early = woken and look_ms - now_ms <= EARLY_MS
        if (moves or early) and look_ms - now_ms <= SOON_MS:
            self.rechecks.recheck([run.id], -(-max(0, look_ms - now_ms) // 1000))
        if moves:
            # Lost only to somebody who has just written: their own decision follows, and the run stays due until then.
            self.runs.postpone(run, look_ms)
        return look_ms if moves or run.due_at_ms is None else run.due_at_ms

    def _release(self, plan: Plan, run: Run, outcome: Outcome, reason: str, now_ms: int) -> bool:
        outputs = self.runs.outputs(run.id, plan.version, run.slots) if plan.projects_outputs else {}
        write = freeze(self.hub, plan, Frozen(run.id, run.attempt, outcome, reason, now_ms, run.slots), outputs)
        event = Transition.SATISFY if outcome is Outcome.RELEASED else Transition.FAIL
        return self._close(run, event, write, now_ms)

    def _expire(self, run: Run, now_ms: int) -> bool:
        told = notice(self.hub, run.id, run.attempt, EXPIRED, now_ms)
        return self._close(run, Transition.EXPIRE, ReleaseWrite({}, (told,)), now_ms)

    def _close(self, run: Run, event: Transition, write: ReleaseWrite, now_ms: int) -> bool:
        if not self.runs.close(run, event, write, now_ms):
            return False
        self.wakeups.wake([delivery.id for delivery in write.deliveries])
        return True

    def _alert(self, run: Run, deadlines: tuple[int, ...], now_ms: int) -> None:
        notices = deadline_notices(self.hub, run, deadlines, now_ms)
        if self.runs.alert(run, deadlines, notices):
            self.wakeups.wake([one.id for one in notices])


def look_after_ms(since_ms: int, now_ms: int) -> int:
    """How long until what waits is looked at again: as long as nothing has arrived already, from five minutes to an hour."""
    return max(FIRST_LOOK_AFTER_MS, min(LOOK_AGAIN_AFTER_MS, now_ms - since_ms))


def deadline_notices(hub: Hub, run: Run, deadlines: tuple[int, ...], now_ms: int) -> list[Delivery]:
    """The notices that deadlines were missed, one for each of their numbers."""
    missed = DEADLINE_MISSED
    return [
        notice(hub, run.id, run.attempt, missed, now_ms, name=f"{missed}#{number}", reason=f"deadline-{number + 1}") for number in deadlines
    ]


def moments_of(plan: Plan, run: Run, now_ms: int) -> Moments:
    """The moments of a run that its plan's times are measured from."""
    return Moments(
        now_ms=now_ms,
        opened_at_ms=run.opened_at_ms,
        # Finding it may ask the zone's data, at every decision.
        day=run_day(plan, run.id.key, run.opened_at_ms) if plan.timing.by_the_clock else date.min,
        first_arrival_ms=run.first_arrival_ms,
        last_arrival_ms=run.last_arrival_ms,
        attempt=run.attempt,
    )
