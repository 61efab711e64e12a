"""Record a completion in the stream of a `latest` join, then decide.

The stream keeps per slot the lattice maximum over completions beyond `consumed`. When every required slot is ready, one transaction
writes the run of this generation, already SATISFIED, and the following generation, whose `consumed` is what was `seen`: each completion
is in at most one release, and redeliveries are at or below a watermark and fall away by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fanin.composed import composed
from fanin.domain.arrival import watermark
from fanin.domain.decision import Release, Wait, decide
from fanin.domain.errors import RetryableError
from fanin.domain.outcome import Outcome
from fanin.domain.plan import Plan
from fanin.domain.release import Frozen
from fanin.domain.run import STREAM_KEY, Run, RunId, RunState, Stream
from fanin.ports import Clock, Runs, StreamChange, StreamMerged, Streams, Wakeups
from fanin.use_cases.decide_run import FIRST_LOOK_AFTER_MS, MAX_ROUNDS
from fanin.use_cases.freezing import freeze
from fanin.use_cases.hub import Hub
from fanin.use_cases.record_arrivals import Recorded
from fanin.use_cases.want_sources import want_nothing


@composed
class RecordInStream:
    """Merges one completion into a stream, and releases a generation when it is satisfied."""

    streams: Streams
    runs: Runs
    wakeups: Wakeups
    clock: Clock
    hub: Hub
    want: Callable[[Plan, Sequence[str], int], None] = want_nothing

    def __call__(self, plan: Plan, current: Plan, slot: int, arrival: str, *, may_open: bool) -> tuple[Recorded, Stream | None]:
        """Offer an encoded arrival to the stream under `plan`; the next generation will be pinned to `current`.

        Unless it `may_open`, it joins only a generation in which something has arrived: a deleted join begins no more of them.
        """
        change = StreamChange(slot, arrival, watermark(arrival), watermark(arrival))
        for _ in range(MAX_ROUNDS):
            now_ms = self.clock.now_ms()
            answer = self.streams.merge(
                plan.join, plan.version, change, may_open=may_open, now_ms=now_ms, due_at_ms=now_ms + FIRST_LOOK_AFTER_MS
            )
            stream = answer.stream
            if stream is None:
                return Recorded.NOT_OPEN, None
            if stream.plan_version != plan.version:
                return Recorded.OTHER_VERSION, stream
            if isinstance(answer, StreamMerged):
                return self._outcome(plan, current, stream, Recorded.WAITING), stream
            change = _rising(change, stream)
            if change.arrival is None and change.seen is None:
                return self._outcome(plan, current, stream, Recorded.DUPLICATE), stream
            if not (may_open or stream.slots):
                return Recorded.NOT_OPEN, stream
        raise RetryableError("stream-contended", f"the stream of {plan.join} moved {MAX_ROUNDS} times while an arrival was recorded")

    def decide(self, plan: Plan, current: Plan, stream: Stream, look_ms: int | None = None) -> bool:
        """Release every generation that is satisfied now; whether this call released one. RetryableError when it would not hold still.

        `look_ms` is when the stream will be looked at again, where that is not yet written down.
        """
        for _ in range(MAX_ROUNDS):
            decision = decide(plan, stream.slots)
            if isinstance(decision, Wait) and stream.slots:
                self.want(plan, decision.missing, look_ms or stream.due_at_ms or self.clock.now_ms() + FIRST_LOOK_AFTER_MS)
            if not isinstance(decision, Release):
                return False
            if self._release(plan, current, stream, decision.reason):
                return True
            again = self.streams.read(plan.join)
            if again is None or again.plan_version != plan.version:
                return False
            stream = again
        raise RetryableError("stream-contended", f"the stream of {plan.join} moved {MAX_ROUNDS} times while it was decided")

    def _outcome(self, plan: Plan, current: Plan, stream: Stream, otherwise: Recorded) -> Recorded:
        return Recorded.RELEASED if self.decide(plan, current, stream) else otherwise

    def _release(self, plan: Plan, current: Plan, stream: Stream, reason: str) -> bool:
        now_ms = self.clock.now_ms()
        run_id = RunId(plan.join, f"{self.streams.epoch()}.{stream.generation:06d}")
        run = Run(run_id, RunState.SATISFIED, plan.version, 1, 1, stream.opened_at_ms, stream.slots)
        outputs = self.runs.outputs(RunId(plan.join, STREAM_KEY), plan.version, stream.slots) if plan.projects_outputs else {}
        write = freeze(self.hub, plan, Frozen(run_id, 1, Outcome.RELEASED, reason, now_ms, stream.slots), outputs)
        if not self.streams.release(stream, run, write, following(stream, plan, current, now_ms), now_ms):
            return False
        self.wakeups.wake([delivery.id for delivery in write.deliveries])
        return True


def following(stream: Stream, plan: Plan, current: Plan, now_ms: int) -> Stream:
    """The next generation: what was seen is consumed, under the current plan, whose slots are found again by source."""
    consumed = {**stream.consumed, **stream.seen}
    return stream._replace(
        plan_version=current.version,
        generation=stream.generation + 1,
        rev=stream.rev + 1,
        opened_at_ms=now_ms,
        slots={},
        seen={},
        consumed=carried(consumed, plan, current),
        due_at_ms=None,
    )


def moved_to(current: Plan, stream: Stream, plan: Plan) -> Stream:
    """A generation in which nothing has arrived, held to the current plan instead of the one it began with."""
    return stream._replace(plan_version=current.version, rev=stream.rev + 1, consumed=carried(stream.consumed, plan, current))


def carried(by_slot: Mapping[int, str], plan: Plan, current: Plan) -> dict[int, str]:
    """What is known by slot of one plan, by slot of another; the slots of a source that is gone are dropped."""
    moved: dict[int, str] = {}
    for slot, value in by_slot.items():
        moved.update(dict.fromkeys(current.slots_of(plan.predecessors[slot].source), value))
    return moved


def _rising(change: StreamChange, stream: Stream) -> StreamChange:
    if change.watermark <= stream.consumed.get(change.slot, ""):
        return change._replace(arrival=None, seen=None)
    arrival = change.arrival if change.arrival and change.arrival > stream.slots.get(change.slot, "") else None
    seen = change.seen if change.seen and change.seen > stream.seen.get(change.slot, "") else None
    return change._replace(arrival=arrival, seen=seen)
