"""Record arrivals in a wide run: append a segment, add to the hint, and look into the journal when the hint says so.

    append      the segment, named after what is in it, before anything says that it is there
    add         its number to the hint, on condition that the run is open, of this version and attempt, and nobody is closing it
    look        when the hint allows a decision; a message is acknowledged when it is decided, or cannot be yet

A refused addition has left its segment behind. Whoever closes the run may have read it or not: so the run is helped to its end, and each
arrival that is not in what was frozen is late. Segments of another version or attempt are never read.
"""

from __future__ import annotations

from functools import partial

from fanin.composed import composed
from fanin.domain.errors import RetryableError
from fanin.domain.journal import Contents
from fanin.domain.plan import Plan
from fanin.domain.run import Run, RunId, RunState
from fanin.domain.segment import segments_of
from fanin.ports import Batch, Clock, JournalId, Journals, Merged, Parallel, Runs
from fanin.use_cases.decide_run import FIRST_LOOK_AFTER_MS, MAX_ROUNDS, Decided
from fanin.use_cases.look_into_journal import LookIntoJournal
from fanin.use_cases.record_after_closing import Late
from fanin.use_cases.record_after_closing_in_journal import RecordAfterClosingInJournal
from fanin.use_cases.record_arrivals import Recorded

_DECIDED = {Decided.RELEASED: Recorded.RELEASED, Decided.FAILED: Recorded.FAILED}


@composed
class RecordInJournal:
    """Takes arrivals into wide runs."""

    runs: Runs
    journals: Journals
    look_into_journal: LookIntoJournal
    after_closing: RecordAfterClosingInJournal
    clock: Clock
    parallel: Parallel

    def __call__(self, plan: Plan, run_id: RunId, contents: Contents, *, may_open: bool) -> tuple[Recorded, Run | None]:
        """Offer contents to a run under `plan`; with the run as found where its version or its absence is the answer."""
        attempt = 1
        if not may_open:
            found = self.runs.read(run_id)
            if found is None or found.plan_version != plan.version:
                return (Recorded.NOT_OPEN, None) if found is None else (Recorded.OTHER_VERSION, found)
            attempt = found.attempt
        batch, appended = batch_of(contents), 0
        for _ in range(MAX_ROUNDS):
            journal = JournalId(run_id, plan.version, attempt, plan.journal)
            if appended != attempt:
                self.parallel([partial(self.journals.append, journal, segment) for segment in segments_of(contents)])
                appended = attempt
            now_ms = self.clock.now_ms()
            answer = self.journals.add(journal, batch, may_open=may_open, now_ms=now_ms, due_at_ms=now_ms + FIRST_LOOK_AFTER_MS)
            run = answer.run
            if run is None or run.plan_version != plan.version:
                return (Recorded.NOT_OPEN, None) if run is None else (Recorded.OTHER_VERSION, run)
            if isinstance(answer, Merged):
                return self._added(plan, run, batch, now_ms), run
            recorded = self._refused(plan, run, contents, attempt)
            if recorded is not None:
                return recorded, run
            attempt = run.attempt
        raise RetryableError("run-contended", f"the run {run_id.join}/{run_id.key} moved {MAX_ROUNDS} times while an arrival was recorded")

    def _added(self, plan: Plan, run: Run, batch: Batch, now_ms: int) -> Recorded:
        is_first = run.first_arrival_ms == now_ms and run.hint.arrivals == batch.arrivals
        if is_first and self.look_into_journal.set_first_timer(plan, run):
            return _DECIDED.get(self.look_into_journal(plan, run), Recorded.WAITING)
        return _DECIDED.get(self.look_into_journal.after_adding(plan, run), Recorded.WAITING)

    def _refused(self, plan: Plan, run: Run, contents: Contents, attempt: int) -> Recorded | None:
        """What the arrivals are for a run that takes no additions; None to offer them again."""
        if run.state is RunState.OPEN:
            if run.attempt == attempt:
                # Whoever closes it may have read the segment already, or be gone: help, and see.
                self.look_into_journal.to_close(plan, run)
            return None
        found = self.after_closing(plan, run, contents)
        if isinstance(found, Late):
            return Recorded(found.value)
        return None if found is None else _DECIDED.get(self.look_into_journal(plan, found), Recorded.REOPENED)


def batch_of(contents: Contents) -> Batch:
    """What contents add to a hint."""
    return Batch(contents.arrivals, contents.failures, contents.announces)
