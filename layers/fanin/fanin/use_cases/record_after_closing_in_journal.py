"""After the release of a wide run: what arrivals mean for a run that is closed, compared with what the decision was taken on.

It is the rule of narrow runs, told over contents: what the frozen decision knew is a duplicate; a success that raises its slot opens the
next attempt where the definition says `again`; a run that has failed keeps everything in its journal and opens the next attempt when that
would not fail at once; everything else is late. The next attempt has a journal of its own, which begins with what it takes over.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from fanin.composed import composed
from fanin.domain.arrival import decode_arrival
from fanin.domain.completion import Status
from fanin.domain.condition import Verdict
from fanin.domain.decision import Fail, decide, slot_verdicts
from fanin.domain.journal import Contents, tallies
from fanin.domain.plan import AfterRelease, Plan
from fanin.domain.run import Run, RunState
from fanin.domain.segment import segments_of
from fanin.ports import Batch, Clock, Deliveries, JournalId, Journals, Parallel, Runs, Wakeups
from fanin.use_cases.decide_run import moments_of
from fanin.use_cases.hub import Hub
from fanin.use_cases.noticing import LATE_ARRIVAL, REOPENED, count_changed, notice
from fanin.use_cases.read_journal import ReadJournal
from fanin.use_cases.record_after_closing import LOOK_AT_REOPENED_AFTER_MS, Late

_RELEASED = frozenset({RunState.SATISFIED, RunState.ACKNOWLEDGED})


@composed
class RecordAfterClosingInJournal:
    """Takes arrivals for closed wide runs."""

    runs: Runs
    journals: Journals
    read_journal: ReadJournal
    deliveries: Deliveries
    wakeups: Wakeups
    clock: Clock
    hub: Hub
    parallel: Parallel

    def __call__(self, plan: Plan, run: Run, contents: Contents) -> Late | Run | None:
        """What the arrivals were; or the run reopened as its next attempt; or None when it moved: offer them again."""
        frozen = self.read_journal.frozen(self._journal(plan, run))
        news = frozen.news(contents)
        if not news.arrivals:
            return Late.DUPLICATE
        self._tell_changed_counts(plan, run, frozen, news)
        risen = {slot: arrival for slot, arrival in news.named.items() if arrival > frozen.named.get(slot, "")}
        if run.state is RunState.FAILED and (risen or news.arrivals > len(news.named)):
            return self._after_failure(plan, run, news, risen)
        raised = {slot: arrival for slot, arrival in risen.items() if decode_arrival(arrival).succeeded}
        if raised and plan.after_release is AfterRelease.AGAIN and run.state in _RELEASED:
            frozen.merge(Contents(named=raised))
            return self._reopen(plan, run, frozen)
        if plan.after_release is AfterRelease.REPORT:
            self._report(plan, run, news)
        return Late.LATE

    def _journal(self, plan: Plan, run: Run) -> JournalId:
        return JournalId(run.id, plan.version, run.attempt, plan.journal)

    def _after_failure(self, plan: Plan, run: Run, news: Contents, risen: dict[int, str]) -> Late | Run | None:
        """The next attempt, if something may help and it would not fail at once; else the arrivals are only kept, in the journal."""
        journal = self._journal(plan, run)
        self._append(journal, news)
        whole = self.read_journal(journal)
        if self._helps(plan, news, risen, whole):
            moments = moments_of(plan, run, self.clock.now_ms())._replace(attempt=run.attempt + 1)
            if not isinstance(decide(plan, whole.named, moments, tallies=tallies(plan, whole)), Fail):
                return self._reopen(plan, run, whole)
        return Late.KEPT if self.journals.keep(run) else None

    def _helps(self, plan: Plan, news: Contents, risen: dict[int, str], whole: Contents) -> bool:
        """Whether news brings a run nearer: a success, an N, or the failure that makes its slot ready, being tolerated or ignored."""
        ready = {slot for slot, one in slot_verdicts(plan, risen, None, tallies(plan, whole)).items() if one is Verdict.SATISFIED}
        ended = {*risen, *(slot for slot, failures in news.failed.items() if failures)}
        return any(news.succeeded.values()) or news.announces or bool(ready & ended)

    def _reopen(self, plan: Plan, run: Run, contents: Contents) -> Run | None:
        now_ms = self.clock.now_ms()
        self._append(self._journal(plan, run)._replace(attempt=run.attempt + 1), contents)
        told = notice(self.hub, run.id, run.attempt + 1, REOPENED, now_ms)
        batch = Batch(contents.arrivals, contents.failures, contents.announces)
        if not self.journals.reopen(run, batch, told, now_ms=now_ms, due_at_ms=now_ms + LOOK_AT_REOPENED_AFTER_MS):
            return None
        self.wakeups.wake([told.id])
        return self.runs.read(run.id)

    def _append(self, journal: JournalId, contents: Contents) -> None:
        self.parallel([partial(self.journals.append, journal, segment) for segment in segments_of(contents)])

    def _tell_changed_counts(self, plan: Plan, run: Run, frozen: Contents, news: Contents) -> None:
        """N was read at the decision; people are told when somebody says another one afterwards."""
        for slot in news.said:
            before, now = frozen.counts_said(slot)[-1:], news.counts_said(slot)[-1:]
            if before and now and before != now:
                name = plan.predecessors[slot].name
                told = count_changed(self.hub, run.id, run.attempt, name, before[0], now[0], self.clock.now_ms())
                if self.deliveries.add(told):
                    self.wakeups.wake([told.id])

    def _report(self, plan: Plan, run: Run, news: Contents) -> None:
        for slot, status, execution in _executions(news):
            name = f"{LATE_ARRIVAL}#{slot}#{execution}#{status.value}"
            told = notice(
                self.hub,
                run.id,
                run.attempt,
                LATE_ARRIVAL,
                self.clock.now_ms(),
                reason=status.value.lower().replace("_", "-"),
                predecessors=(plan.predecessors[slot].name,),
                name=name,
            )
            if self.deliveries.add(told):
                self.wakeups.wake([told.id])


def _executions(news: Contents) -> Iterator[tuple[int, Status, str]]:
    """Slot, status and execution of each arrival; of a counted success the digest, which is all that is known of it."""
    for slot, encoded in news.named.items():
        arrival = decode_arrival(encoded)
        yield slot, arrival.status, arrival.execution_id
    for slot, digests in news.succeeded.items():
        yield from ((slot, Status.SUCCEEDED, digest.hex()) for digest in sorted(digests))
    for slot in news.failed:
        yield from ((slot, failure.status, failure.execution_id) for failure in news.failures_of(slot))
