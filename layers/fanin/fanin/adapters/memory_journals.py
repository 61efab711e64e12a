"""Journals in memory, under the conditions of the real ones."""

from __future__ import annotations

from dataclasses import dataclass

from fanin.adapters.memory_table import MemoryTable
from fanin.domain.delivery import Delivery
from fanin.domain.run import Hint, Run, RunState, Transition, transition
from fanin.domain.segment import Segment
from fanin.ports import Batch, JournalId, Merged, Page, Refused, ReleaseWrite


@dataclass(frozen=True, slots=True)
class MemoryJournals:
    """The `Journals` port. `page_segments`: how many segments a page has."""

    table: MemoryTable
    page_segments: int = 10_000

    def append(self, journal: JournalId, segment: Segment) -> None:
        """See the port."""
        self.table.journals.setdefault((journal, segment.partition(journal.partitions)), {})[segment.name] = segment.data

    def page(self, journal: JournalId, partition: int, above: str, up_to: str) -> Page:
        """See the port."""
        found = self.table.journals.get((journal, partition), {})
        names = sorted(name for name in found if above < name <= up_to)
        taken = names[: self.page_segments]
        return Page([found[name] for name in taken], taken[-1] if len(names) > len(taken) else None)

    def add(self, journal: JournalId, batch: Batch, *, may_open: bool, now_ms: int, due_at_ms: int) -> Merged | Refused:
        """See the port."""
        found = self.table.runs.get(journal.run)
        if found is None:
            opened = Run(journal.run, RunState.OPEN, journal.version, journal.attempt, 1, now_ms, {}, due_at_ms, now_ms, now_ms)
            return self._put(opened._replace(hint=_added(Hint(), batch))) if may_open else Refused(None)
        if (found.state, found.plan_version, found.attempt, found.hint.closing) != (RunState.OPEN, journal.version, journal.attempt, False):
            return Refused(found)
        first_ms = now_ms if found.first_arrival_ms is None else found.first_arrival_ms
        hint = _added(found.hint, batch)
        return self._put(found._replace(rev=found.rev + 1, hint=hint, first_arrival_ms=first_ms, last_arrival_ms=now_ms))

    def claim(self, run: Run, now_ms: int, until_ms: int) -> Merged | Refused:
        """See the port."""
        found = self._open(run)
        if found is None or (found.hint.claimed_until_ms or 0) > now_ms:
            return Refused(self.table.runs.get(run.id))
        return self._put(found._replace(hint=found.hint._replace(claimed_until_ms=until_ms)))

    def postpone_look(self, run: Run, next_look: int, next_bad: int) -> Merged | Refused:
        """See the port."""
        found = self._open(run)
        if found is None or found.hint.need != run.hint.need:
            return Refused(self.table.runs.get(run.id))
        if (found.hint.next_look or 0) > next_look or (found.hint.next_bad or 0) > next_bad:
            return Refused(found)
        return self._put(found._replace(hint=found.hint._replace(next_look=next_look, next_bad=next_bad, claimed_until_ms=None)))

    def begin_closing(self, run: Run) -> Merged | Refused:
        """See the port."""
        found = self._open(run)
        return Refused(self.table.runs.get(run.id)) if found is None else self._put(found._replace(hint=found.hint._replace(closing=True)))

    def end_closing(self, run: Run) -> Merged | Refused:
        """See the port."""
        found = self._open(run)
        if found is None or found.rev != run.rev:
            return Refused(self.table.runs.get(run.id))
        return self._put(found._replace(hint=found.hint._replace(closing=False)))

    def make_due(self, run: Run, due_at_ms: int) -> Merged | Refused:
        """See the port."""
        found = self._open(run)
        if found is None or found.due_at_ms != run.due_at_ms:
            return Refused(self.table.runs.get(run.id))
        return self._put(found._replace(due_at_ms=due_at_ms))

    def reopen(self, run: Run, batch: Batch, notice: Delivery, *, now_ms: int, due_at_ms: int) -> bool:
        """See the port."""
        after, write = transition(run.state, Transition.REOPEN), ReleaseWrite({}, (notice,))
        found = self._unmoved(run)
        if found is None or not self.table.is_new(run.id, write):
            return False
        self._put(
            found._replace(
                state=after,
                attempt=found.attempt + 1,
                rev=found.rev + 1,
                due_at_ms=due_at_ms,
                last_arrival_ms=now_ms,
                alerted=frozenset(),
                hint=_added(Hint(), batch),
            )
        )
        self.table.put(run.id, write)
        return True

    def keep(self, run: Run) -> bool:
        """See the port."""
        found = self._unmoved(run)
        if found is None:
            return False
        self._put(found._replace(rev=found.rev + 1))
        return True

    def _open(self, run: Run) -> Run | None:
        found = self.table.runs.get(run.id)
        is_same = found is not None and (found.state, found.plan_version, found.attempt) == (RunState.OPEN, run.plan_version, run.attempt)
        return found if is_same else None

    def _unmoved(self, run: Run) -> Run | None:
        found = self.table.runs.get(run.id)
        return found if found is not None and (found.state, found.rev) == (run.state, run.rev) else None

    def _put(self, run: Run) -> Merged:
        self.table.runs[run.id] = run
        return Merged(run)


def _added(hint: Hint, batch: Batch) -> Hint:
    added = hint._replace(arrivals=hint.arrivals + batch.arrivals, failures=hint.failures + batch.failures)
    return added._replace(need=hint.need + 1, next_look=None, next_bad=None) if batch.announces else added
