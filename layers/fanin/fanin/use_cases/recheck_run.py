"""Recheck: the sweeper nominated a run that waits; decide again, and move its `dueAt` when it still waits.

This closes the window that redelivery cannot: an arrival whose message ended in the dead-letter queue between its write and its decision.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from fanin.domain.plan import Plan
from fanin.domain.run import STREAM_KEY, Run, RunId, RunState, Stream
from fanin.ports import Clock, Plans, Runs, Streams
from fanin.use_cases.decide_run import LOOK_AGAIN_AFTER_MS, Decided, DecideRun
from fanin.use_cases.record_in_stream import RecordInStream


class Rechecked(Enum):
    """What became of a recheck."""

    GONE = "recheck-closed"
    RELEASED = "recheck-released"
    FAILED = "recheck-failed"
    EXPIRED = "recheck-expired"
    WAITING = "recheck-waiting"


@dataclass(frozen=True, slots=True)
class RecheckRun:
    """Decides again on what the due index nominated."""

    plans: Plans
    runs: Runs
    streams: Streams
    decide_run: DecideRun
    record_in_stream: RecordInStream
    clock: Clock

    def __call__(self, run_id: RunId) -> Rechecked:
        """Decide a run, or a stream when the key is `latest` and the join has one."""
        stream = self.streams.read(run_id.join) if run_id.key == STREAM_KEY else None
        if stream is not None:
            return self._stream(stream)
        run = self.runs.read(run_id)
        plan = None if run is None else self.plans.plan(run_id.join, run.plan_version)
        if run is None or plan is None or run.state is not RunState.OPEN:
            return Rechecked.GONE
        return self._run(plan, run)

    def _run(self, plan: Plan, run: Run) -> Rechecked:
        match self.decide_run(plan, run, woken=True):
            case Decided.WAITING:
                return Rechecked.WAITING
            case Decided.RELEASED:
                return Rechecked.RELEASED
            case Decided.FAILED:
                return Rechecked.FAILED
            case Decided.EXPIRED:
                return Rechecked.EXPIRED
            case Decided.CLOSED:
                return Rechecked.GONE

    def _stream(self, stream: Stream) -> Rechecked:
        head, plan = self.plans.head(stream.join), self.plans.plan(stream.join, stream.plan_version)
        current = None if head is None else self.plans.plan(stream.join, head.version)
        if plan is None or current is None:
            return Rechecked.GONE
        if self.record_in_stream.decide(plan, current, stream):
            return Rechecked.RELEASED
        due_at_ms = self.clock.now_ms() + LOOK_AGAIN_AFTER_MS if stream.slots else None
        self.streams.move(stream, replace(stream, rev=stream.rev + 1, due_at_ms=due_at_ms))
        return Rechecked.WAITING
