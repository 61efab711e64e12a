"""Want sources: a run waits for predecessors, so their sources are asked until it is looked at again.

A container remembers what it wanted, so that in the steady state no completion costs a write more. Wanting is idempotent, and comes after
the decision to wait: lost in a crash, it comes again with the message, or with the next look at the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fanin.domain.asking import Observed
from fanin.domain.completion import Source
from fanin.domain.plan import Plan
from fanin.domain.watch import new_watch, wanted
from fanin.ports import Clock, Watches

AT_LEAST_MS = 120_000  # beyond the next look, for a queue and a sweep that come late
AHEAD_MS = 600_000  # wanted for longer than needed, so that the same container need not want again at once
MAX_REMEMBERED = 10_000
_ROUNDS = 4


def want_nothing(plan: Plan, missing: Sequence[str], until_ms: int) -> None:
    """Nobody can be asked here."""


@dataclass(slots=True)
class WantSources:
    """Makes the sweeper ask the sources that a run waits for."""

    watches: Watches
    clock: Clock
    observed: Observed
    _until_ms: dict[Source, int] = field(default_factory=dict, init=False)

    def __call__(self, plan: Plan, missing: Sequence[str], until_ms: int) -> None:
        """Want the sources of the predecessors named `missing` until a moment; lost to others' writes, the next look wants again."""
        names = set(missing)
        for one in plan.predecessors:
            known = one.name not in names or self._until_ms.get(one.source, 0) >= until_ms + AT_LEAST_MS
            if not known and self.observed.covers(one.source):
                self._want(one.source, until_ms + AHEAD_MS)

    def _want(self, source: Source, until_ms: int) -> None:
        now_ms = self.clock.now_ms()
        for _ in range(_ROUNDS):
            watch = self.watches.read(source.route)
            if watch is not None and watch.wanted_until_ms >= until_ms:
                break
            if self.watches.save(watch, wanted(watch or new_watch(source, now_ms), now_ms, until_ms)):
                break
        else:
            return
        if len(self._until_ms) >= MAX_REMEMBERED:
            self._until_ms.clear()
        self._until_ms[source] = until_ms
