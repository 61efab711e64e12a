"""Recheck: the sweeper nominated a run that waits; decide again, and move its `dueAt` when it still waits.

This closes the window that redelivery cannot: an arrival whose message ended in the dead-letter queue between its write and its decision.
What still waits with a failed predecessor has that one execution looked up: it may have been redriven, and the event of its success lost;
what waits for another join, that join's release.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum

from fanin.composed import composed
from fanin.domain.arrival import decode_arrival
from fanin.domain.plan import Plan
from fanin.domain.run import STREAM_KEY, Run, RunId, RunState, Stream
from fanin.ports import Clock, Plans, Runs, Streams
from fanin.use_cases.decide_run import Decided, DecideRun, look_after_ms
from fanin.use_cases.find_releases import find_none
from fanin.use_cases.look_up_failures import look_up_nothing
from fanin.use_cases.record_arrivals import Recorded
from fanin.use_cases.record_in_stream import RecordInStream


class Rechecked(Enum):
    """What became of a recheck."""

    GONE = "recheck-closed"
    RELEASED = "recheck-released"
    FAILED = "recheck-failed"
    EXPIRED = "recheck-expired"
    WAITING = "recheck-waiting"


_ENDED: dict[Recorded | None, Rechecked] = {Recorded.RELEASED: Rechecked.RELEASED, Recorded.FAILED: Rechecked.FAILED}


@composed
class RecheckRun:
    """Decides again on what the due index nominated."""

    plans: Plans
    runs: Runs
    streams: Streams
    decide_run: DecideRun
    record_in_stream: RecordInStream
    clock: Clock
    look_up: Callable[[Plan, Mapping[int, str]], None] = look_up_nothing
    find_releases: Callable[[Plan, Run], Recorded | None] = find_none

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
                self.look_up(plan, run.slots)
                return _ENDED.get(self.find_releases(plan, run), Rechecked.WAITING)
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
        due_at_ms = self._due_at_ms(stream)
        if self.record_in_stream.decide(plan, current, stream, due_at_ms):
            return Rechecked.RELEASED
        self.streams.move(stream, stream._replace(rev=stream.rev + 1, due_at_ms=due_at_ms))
        self.look_up(plan, stream.slots)
        return Rechecked.WAITING

    def _due_at_ms(self, stream: Stream) -> int | None:
        """When a stream is looked at again; a generation in which nothing has arrived waits for events only."""
        if not stream.slots:
            return None
        now_ms = self.clock.now_ms()
        return now_ms + look_after_ms(max(decode_arrival(one).stopped_at_ms for one in stream.slots.values()), now_ms)
