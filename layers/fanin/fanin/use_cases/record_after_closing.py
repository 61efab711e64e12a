"""After the release: what an arrival means for a run that is closed.

A repeat of what is known is a duplicate. A success that raises its slot opens the next attempt where the definition says `again`. A run
that has failed records whatever rises: what makes its slot ready (a redrive, or a rerun that came too late) opens the next attempt,
unless that would fail at once for the old reason; the rest is kept for the one that will not, so that nothing is lost to it.
Everything else is late: counted, and told to people where the definition says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from fanin.composed import composed
from fanin.domain.arrival import decode_arrival, same_report
from fanin.domain.condition import Verdict
from fanin.domain.decision import Fail, decide, slot_verdicts
from fanin.domain.plan import AfterRelease, Plan
from fanin.domain.run import Run, RunState
from fanin.ports import Clock, Deliveries, Runs, Wakeups
from fanin.use_cases.decide_run import moments_of
from fanin.use_cases.hub import Hub
from fanin.use_cases.noticing import LATE_ARRIVAL, REOPENED, notice

LOOK_AT_REOPENED_AFTER_MS = 300_000

_RELEASED = frozenset({RunState.SATISFIED, RunState.ACKNOWLEDGED})


class Late(Enum):
    """What an arrival that changes nothing was."""

    DUPLICATE = "duplicate"
    LATE = "late"
    KEPT = "kept"  # by a run that has failed, and that it cannot help yet


@composed
class RecordAfterClosing:
    """Takes arrivals for closed runs."""

    runs: Runs
    deliveries: Deliveries
    wakeups: Wakeups
    clock: Clock
    hub: Hub

    def __call__(self, plan: Plan, run: Run, slots: Mapping[int, str]) -> Late | Run | None:
        """What the arrivals were; or the run reopened as its next attempt; or None when it moved: offer them again."""
        news = {slot: arrival for slot, arrival in slots.items() if not _known(run, slot, arrival)}
        if not news:
            return Late.DUPLICATE
        risen = {slot: arrival for slot, arrival in news.items() if arrival > run.slots.get(slot, "")}
        if risen and run.state is RunState.FAILED:
            return self._after_failure(plan, run, risen)
        raised = {slot: arrival for slot, arrival in risen.items() if decode_arrival(arrival).succeeded}
        if raised and plan.after_release is AfterRelease.AGAIN and run.state in _RELEASED:
            return self._reopen(run, raised)
        if plan.after_release is AfterRelease.REPORT:
            self._report(plan, run, news)
        return Late.LATE

    def _after_failure(self, plan: Plan, run: Run, risen: Mapping[int, str]) -> Late | Run | None:
        """The next attempt, if something became ready and it would not fail at once; else the arrivals are only kept."""
        helps = Verdict.SATISFIED in slot_verdicts(plan, risen, None).values()
        moments = moments_of(plan, run, self.clock.now_ms())._replace(attempt=run.attempt + 1)
        if helps and not isinstance(decide(plan, {**run.slots, **risen}, moments), Fail):
            return self._reopen(run, risen)
        return Late.KEPT if self.runs.keep(run, risen) else None

    def _reopen(self, run: Run, raised: Mapping[int, str]) -> Run | None:
        now_ms = self.clock.now_ms()
        told = notice(self.hub, run.id, run.attempt + 1, REOPENED, now_ms)
        if not self.runs.reopen(run, raised, told, now_ms=now_ms, due_at_ms=now_ms + LOOK_AT_REOPENED_AFTER_MS):
            return None
        self.wakeups.wake([told.id])
        return self.runs.read(run.id)

    def _report(self, plan: Plan, run: Run, news: Mapping[int, str]) -> None:
        for slot, encoded in news.items():
            arrival = decode_arrival(encoded)
            name = f"{LATE_ARRIVAL}#{slot}#{arrival.execution_id}#{arrival.status.value}"
            told = notice(
                self.hub,
                run.id,
                run.attempt,
                LATE_ARRIVAL,
                self.clock.now_ms(),
                reason=arrival.status.value.lower().replace("_", "-"),
                predecessors=(plan.predecessors[slot].name,),
                name=name,
            )
            if self.deliveries.add(told):
                self.wakeups.wake([told.id])


def _known(run: Run, slot: int, arrival: str) -> bool:
    found = run.slots.get(slot)
    return found is not None and same_report(found, arrival)
