"""Narrow runs in memory, under the conditions of the real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fanin.adapters.memory_table import MemoryTable, rises
from fanin.domain.delivery import Delivery
from fanin.domain.release import UNKNOWN_OUTPUT, Output
from fanin.domain.run import Run, RunId, RunState, Transition, transition
from fanin.ports import Merged, Refused, ReleaseWrite


@dataclass(frozen=True, slots=True)
class MemoryRuns:
    """The `Runs` port."""

    table: MemoryTable

    def merge(self, run: RunId, version: int, slots: Mapping[int, str], *, may_open: bool, now_ms: int, due_at_ms: int) -> Merged | Refused:
        """See the port."""
        found = self.table.runs.get(run)
        if found is None:
            opened = Run(run, RunState.OPEN, version, 1, 1, now_ms, dict(slots), due_at_ms, now_ms, now_ms)
            return Merged(self._put(opened)) if may_open else Refused(None)
        held = found.state is RunState.OPEN and found.plan_version == version
        if not held or not all(rises(found.slots, slot, arrival) for slot, arrival in slots.items()):
            return Refused(found)
        first_ms = now_ms if found.first_arrival_ms is None else found.first_arrival_ms
        merged = found._replace(rev=found.rev + 1, slots={**found.slots, **slots}, first_arrival_ms=first_ms, last_arrival_ms=now_ms)
        return Merged(self._put(merged))

    def read(self, run: RunId) -> Run | None:
        """See the port."""
        return self.table.runs.get(run)

    def open(self, run: RunId, version: int, *, now_ms: int, due_at_ms: int) -> bool:
        """See the port."""
        if run in self.table.runs:
            return False
        self._put(Run(run, RunState.OPEN, version, 1, 1, now_ms, {}, due_at_ms))
        return True

    def reopen(self, run: Run, slots: Mapping[int, str], notice: Delivery, *, now_ms: int, due_at_ms: int) -> bool:
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
                slots={**found.slots, **slots},
                due_at_ms=due_at_ms,
                last_arrival_ms=now_ms,
                alerted=frozenset(),
            )
        )
        self.table.put(run.id, write)
        return True

    def keep(self, run: Run, slots: Mapping[int, str]) -> bool:
        """See the port."""
        found = self._unmoved(run)
        if found is None:
            return False
        self._put(found._replace(rev=found.rev + 1, slots={**found.slots, **slots}))
        return True

    def close(self, run: Run, event: Transition, write: ReleaseWrite, now_ms: int) -> bool:  # noqa: ARG002 the real one counts its lifetime from it
        """See the port."""
        after = transition(run.state, event)
        found = self._unmoved(run)
        if found is None or not self.table.is_new(run.id, write):
            return False
        self._put(found._replace(state=after, rev=found.rev + 1, due_at_ms=None))
        self.table.put(run.id, write)
        return True

    def acknowledge(self, run: RunId, attempt: int, notice: Delivery) -> bool:
        """See the port."""
        found, write = self.table.runs.get(run), ReleaseWrite({}, (notice,))
        if found is None or (found.state, found.attempt) != (RunState.SATISFIED, attempt) or not self.table.is_new(run, write):
            return False
        self._put(found._replace(state=transition(found.state, Transition.ACKNOWLEDGE), rev=found.rev + 1, due_at_ms=None))
        self.table.put(run, write)
        return True

    def alert(self, run: Run, deadlines: Sequence[int], notices: Sequence[Delivery]) -> bool:
        """See the port."""
        found, write = self._unmoved(run), ReleaseWrite({}, tuple(notices))
        if found is None or found.state is not RunState.OPEN or not self.table.is_new(run.id, write):
            return False
        self._put(found._replace(rev=found.rev + 1, alerted=found.alerted | set(deadlines)))
        self.table.put(run.id, write)
        return True

    def postpone(self, run: Run, due_at_ms: int) -> bool:
        """See the port."""
        found = self.table.runs.get(run.id)
        if found is None or found.state is not RunState.OPEN or found.rev != run.rev:
            return False
        self._put(found._replace(due_at_ms=due_at_ms))
        return True

    def of_join(self, join: str, limit: int) -> Sequence[Run]:
        """See the port."""
        found = (run for run in self.table.runs.values() if run.id.join == join)
        return sorted(found, key=lambda run: run.id.key, reverse=True)[:limit]

    def open_versions(self, join: str) -> frozenset[int]:
        """See the port."""
        return frozenset(run.plan_version for run in self.table.runs.values() if run.id.join == join and run.state is RunState.OPEN)

    def keep_output(self, run: RunId, version: int, slot: int, arrival: str, output: Output) -> None:
        """See the port."""
        key = _output_key(run, version, slot, arrival)
        self.table.outputs[key] = self.table.outputs.get(key, output) if output == UNKNOWN_OUTPUT else output

    def outputs(self, run: RunId, version: int, slots: Mapping[int, str]) -> Mapping[int, Output]:
        """See the port."""
        kept = {slot: self.table.outputs.get(_output_key(run, version, slot, arrival)) for slot, arrival in slots.items()}
        return {slot: output for slot, output in kept.items() if output is not None}

    def _unmoved(self, run: Run) -> Run | None:
        found = self.table.runs.get(run.id)
        return found if found is not None and (found.state, found.rev) == (run.state, run.rev) else None

    def _put(self, run: Run) -> Run:
        self.table.runs[run.id] = run
        return run


def _output_key(run: RunId, version: int, slot: int, arrival: str) -> tuple[RunId, int, int, str]:
    return run, version, slot, arrival.split(" ")[1]
