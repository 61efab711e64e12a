"""Look into the journal of a wide run: decide exactly what its hint says may be decided, and perform the decision.

    claim the look > read hint, rev and need > read the whole journal > decide
        yes: freeze, and close on that rev; if it moved, stop additions, read and decide again
        no: say how many arrivals are missing at the least, unless the need has moved meanwhile: then decide again

What was read before the first page is a lower bound of what the pages say, never the other way round. A look that takes long only means
that others wait: they give their messages back rather than acknowledge what nobody has decided yet. A claim saves reading twice, and no
more than that: whoever finds it stale takes it over, and a timer does not ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import assert_never

from fanin.composed import composed
from fanin.domain.arrival import Arrival
from fanin.domain.counting import UNREACHABLE
from fanin.domain.decision import Alert, Decision, Expire, Fail, Release, Wait, decide
from fanin.domain.errors import RetryableError
from fanin.domain.journal import Contents, counts, tallies
from fanin.domain.outcome import Outcome
from fanin.domain.plan import Plan
from fanin.domain.release import Frozen, Output
from fanin.domain.run import Run, RunState, Transition
from fanin.domain.segment import segments_of
from fanin.domain.thresholds import arrivals_missing, failures_missing, is_to_be_looked_at
from fanin.ports import Clock, JournalId, Journals, Merged, Parallel, Pause, Rechecks, Refused, ReleaseWrite, Runs, Wakeups
from fanin.use_cases.decide_run import (
    EARLY_MS,
    FIRST_LOOK_AFTER_MS,
    LOOK_AGAIN_AFTER_MS,
    MAX_ROUNDS,
    SOON_MS,
    Decided,
    deadline_notices,
    look_after_ms,
    moments_of,
)
from fanin.use_cases.freezing import freeze
from fanin.use_cases.hub import Hub
from fanin.use_cases.look_up_failures import look_up_nothing
from fanin.use_cases.noticing import EXPIRED, notice
from fanin.use_cases.read_journal import ReadJournal, frozen_name
from fanin.use_cases.want_sources import want_nothing

CLAIM_MS = 5_000  # longer than a look; a looker that dies holds the others up for so long
WAIT_MS = 200
MAX_WAITS = 30  # longer than a claim lasts
MAX_LOOKED_UP = 10


@composed
class LookIntoJournal:
    """Decides a wide run."""

    runs: Runs
    journals: Journals
    read_journal: ReadJournal
    wakeups: Wakeups
    rechecks: Rechecks
    clock: Clock
    hub: Hub
    parallel: Parallel
    pause: Pause
    want: Callable[[Plan, Sequence[str], int], None] = want_nothing
    look_up: Callable[[Plan, Mapping[int, str]], None] = look_up_nothing

    def after_adding(self, plan: Plan, added: Run) -> Decided:
        """Look if the hint that an addition returned allows a decision, and nobody else has looked since.

        RetryableError `look-claimed` when somebody else looks for too long: nothing is lost, but nothing may be acknowledged either.
        """
        if not is_to_be_looked_at(plan, added.hint):
            return Decided.WAITING
        for _ in range(MAX_WAITS):
            answer, now_ms = self._claim(added)
            run = answer.run
            if run is None or not _is_open(run, added):
                return Decided.CLOSED
            if isinstance(answer, Merged):
                return self._look(plan, run, woken=False)
            # Somebody looks, or has: what they found out is enough if it is beyond what this addition made of the hint.
            own = run.hint._replace(arrivals=added.hint.arrivals, failures=added.hint.failures)
            if run.hint.next_look is not None and not is_to_be_looked_at(plan, own):
                return Decided.WAITING
            if (run.hint.claimed_until_ms or 0) > now_ms:
                self.pause(WAIT_MS)
        raise RetryableError("look-claimed", f"somebody else looks into the run {added.id.join}/{added.id.key} for too long")

    def to_close(self, plan: Plan, run: Run) -> Decided:
        """Help somebody who stopped additions to close the run; WAITING when they are possible again."""
        for _ in range(MAX_WAITS):
            answer, now_ms = self._claim(run)
            found = answer.run
            if found is None or not _is_open(found, run):
                return Decided.CLOSED
            if isinstance(answer, Merged):
                return self._look(plan, found, woken=False)
            if not found.hint.closing:
                return Decided.WAITING
            if (found.hint.claimed_until_ms or 0) > now_ms:
                self.pause(WAIT_MS)
        raise RetryableError("look-claimed", f"somebody else closes the run {run.id.join}/{run.id.key} for too long")

    def __call__(self, plan: Plan, run: Run, *, woken: bool = False) -> Decided:
        """Look into a run that was just read, whatever its hint says: for timers, and where a decision is due for another reason."""
        return self._look(plan, run, woken=woken)

    def set_first_timer(self, plan: Plan, run: Run) -> bool:
        """Make a run that has just got its first arrival due when its first deadline is; whether one has passed already."""
        now_ms = self.clock.now_ms()
        moments = moments_of(plan, run, now_ms)
        if next(moments.passed(plan.timing), None) is not None:
            return True
        deadline_ms = moments.next_deadline_ms(plan.timing)
        look_ms = self._time(run, min(deadline_ms or now_ms + FIRST_LOOK_AFTER_MS, now_ms + FIRST_LOOK_AFTER_MS), now_ms, woken=False)
        self.want(plan, [one.name for one in plan.predecessors], look_ms)
        return False

    def _claim(self, run: Run) -> tuple[Merged | Refused, int]:
        now_ms = self.clock.now_ms()
        return self.journals.claim(run, now_ms, now_ms + CLAIM_MS), now_ms

    def _look(self, plan: Plan, run: Run, *, woken: bool) -> Decided:
        for _ in range(MAX_ROUNDS):
            if run.state is not RunState.OPEN or run.plan_version != plan.version:
                return Decided.CLOSED
            contents = self.read_journal(JournalId(run.id, plan.version, run.attempt, plan.journal))
            now_ms = self.clock.now_ms()
            decision = decide(plan, contents.named, moments_of(plan, run, now_ms), run.alerted, tallies(plan, contents))
            decided, again = self._perform(plan, run, contents, decision, now_ms, woken=woken)
            if decided is not None:
                return decided
            if again is None:
                return Decided.CLOSED
            run = again
        raise RetryableError("run-contended", f"the run {run.id.join}/{run.id.key} moved {MAX_ROUNDS} times while it was decided")

    def _perform(
        self, plan: Plan, run: Run, contents: Contents, decision: Decision, now_ms: int, *, woken: bool
    ) -> tuple[Decided | None, Run | None]:
        """What was done; or None, and the run to decide again on (None: it is gone)."""
        match decision:
            case Wait(missing, due_at_ms):
                again_ms = now_ms + (look_after_ms(run.last_arrival_ms or run.opened_at_ms, now_ms) if woken else LOOK_AGAIN_AFTER_MS)
                # The timer comes first: once the thresholds are beyond what anybody has added, nobody else would set it.
                self.want(plan, missing, self._time(run, min(due_at_ms or again_ms, again_ms), now_ms, woken=woken))
                if woken:
                    self._look_up(plan, contents)
                return self._postpone(plan, run, contents)
            case Release(reason):
                write = self._frozen(plan, run, contents, Outcome.RELEASED, reason, now_ms)
                return self._close(run, Transition.SATISFY, write, now_ms, Decided.RELEASED)
            case Fail(reason):
                write = self._frozen(plan, run, contents, Outcome.FAILED, reason, now_ms)
                return self._close(run, Transition.FAIL, write, now_ms, Decided.FAILED)
            case Expire():
                payload = self._keep_frozen(plan, run, contents)
                write = ReleaseWrite(payload, (notice(self.hub, run.id, run.attempt, EXPIRED, now_ms),))
                return self._close(run, Transition.EXPIRE, write, now_ms, Decided.EXPIRED)
            case Alert(deadlines):
                notices = deadline_notices(self.hub, run, deadlines, now_ms)
                if not self.runs.alert(run, deadlines, notices):
                    return None, self.journals.begin_closing(run).run
                self.wakeups.wake([one.id for one in notices])
                return None, self.runs.read(run.id)
            case _:
                assert_never(decision)

    def _postpone(self, plan: Plan, run: Run, contents: Contents) -> tuple[Decided | None, Run | None]:
        """Say how many arrivals, and failures, are missing at the least before another look can find anything else."""
        found = tallies(plan, contents)
        # Of what is satisfied already, and only waits for its time, no arrival changes anything.
        next_look = run.hint.arrivals + (arrivals_missing(plan, contents.named, found) or UNREACHABLE)
        next_bad = run.hint.failures + max(failures_missing(plan, contents.named, found), 1)
        seen = run
        for _ in range(MAX_ROUNDS):
            answer = self.journals.postpone_look(run, max(seen.hint.next_look or 0, next_look), max(seen.hint.next_bad or 0, next_bad))
            if answer.run is None or not _is_open(answer.run, run):
                return Decided.CLOSED, None
            seen = answer.run
            if isinstance(answer, Merged):
                return self._let_go_on(run, seen)
            if seen.hint.need != run.hint.need:
                return None, seen
        return None, seen

    def _let_go_on(self, run: Run, seen: Run) -> tuple[Decided | None, Run | None]:
        """End the closing that this decision was not for; it is taken again if somebody has written meanwhile."""
        if not seen.hint.closing:
            return Decided.WAITING, None
        answer = self.journals.end_closing(seen._replace(rev=run.rev))
        return (Decided.WAITING, None) if isinstance(answer, Merged) else (None, answer.run)

    def _look_up(self, plan: Plan, contents: Contents) -> None:
        """Ask whether what failed has succeeded since: every named execution, and the first few counted ones."""
        self.look_up(plan, contents.named)
        for slot in contents.failed:
            for one in contents.failures_of(slot)[:MAX_LOOKED_UP]:
                self.look_up(plan, {slot: Arrival(one.status, one.stopped_at_ms, one.execution_id, None).encode()})

    def _time(self, run: Run, look_ms: int, now_ms: int, *, woken: bool) -> int:
        """Be woken then: as a narrow run is, but that others add to the run all the while, so only `dueAt` itself is compared."""
        early = woken and look_ms - now_ms <= EARLY_MS
        moves = _moves(run, look_ms, now_ms, woken=woken)
        if (moves or early) and look_ms - now_ms <= SOON_MS:
            self.rechecks.recheck([run.id], -(-max(0, look_ms - now_ms) // 1000))
        while moves:
            answer = self.journals.make_due(run, look_ms)
            if isinstance(answer, Merged) or answer.run is None or not _is_open(answer.run, run):
                return look_ms
            run = answer.run
            moves = _moves(run, look_ms, now_ms, woken=woken)
        return look_ms if run.due_at_ms is None else run.due_at_ms

    def _frozen(self, plan: Plan, run: Run, contents: Contents, outcome: Outcome, reason: str, now_ms: int) -> ReleaseWrite:
        frozen = Frozen(run.id, run.attempt, outcome, reason, now_ms, contents.named, counts(plan, contents))
        write = freeze(self.hub, plan, frozen, self._outputs(plan, run, contents))
        return write._replace(payloads={**write.payloads, **self._keep_frozen(plan, run, contents)})

    def _keep_frozen(self, plan: Plan, run: Run, contents: Contents) -> dict[str, str]:
        """Write down what is decided on, before the decision; the payload that says which one it was."""
        journal = JournalId(run.id, plan.version, run.attempt, plan.journal, run.rev)
        self.parallel([partial(self.journals.append, journal, segment) for segment in segments_of(contents)])
        return {frozen_name(run.attempt): str(run.rev)}

    def _outputs(self, plan: Plan, run: Run, contents: Contents) -> dict[int, Output]:
        if not plan.projects_outputs:
            return {}
        reads = [partial(self.runs.outputs, run.id, plan.version, {slot: arrival}) for slot, arrival in contents.named.items()]
        return {slot: output for found in self.parallel(reads) for slot, output in found.items()}

    def _close(self, run: Run, event: Transition, write: ReleaseWrite, now_ms: int, decided: Decided) -> tuple[Decided | None, Run | None]:
        if not self.runs.close(run, event, write, now_ms):
            return None, self.journals.begin_closing(run).run
        self.wakeups.wake([delivery.id for delivery in write.deliveries])
        return decided, None


def _is_open(found: Run, run: Run) -> bool:
    """Whether the attempt of a run is open still."""
    return (found.state, found.plan_version, found.attempt) == (RunState.OPEN, run.plan_version, run.attempt)


def _moves(run: Run, look_ms: int, now_ms: int, *, woken: bool) -> bool:
    return run.due_at_ms is None or look_ms < run.due_at_ms or (woken and run.due_at_ms <= now_ms)
