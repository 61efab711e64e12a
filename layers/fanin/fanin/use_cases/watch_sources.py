"""Watch sources: the operator's part. A definition that names a source has it asked from then on, now and then, whether or not a run waits.

Watching is idempotent and comes after publishing: a call that crashed in between is repeated. Of two operators at once the one that
watches wins, since whoever retires a source looks for definitions that name it afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from fanin.composed import composed
from fanin.domain.asking import Observed
from fanin.domain.completion import Source
from fanin.domain.errors import RetryableError
from fanin.domain.plan import Plan
from fanin.domain.release import JsonValue
from fanin.domain.watch import Watch, caught_up_from, new_watch, retired, routed
from fanin.ports import Clock, PlanRegistry, Watches

KNOWN_AFTER_MS = 5_000  # beyond the moment from which every collector knows a definition
_ROUNDS = 8


class CatchUp(NamedTuple):
    """From when the completions of a join's sources are looked for, and which of them cannot be asked."""

    since_ms: int
    sources: int
    unasked: tuple[str, ...]

    def members(self) -> dict[str, JsonValue]:
        """As JSON values, as the operator answers it."""
        return {"sinceMs": self.since_ms, "sources": self.sources, "cannotAsk": list(self.unasked)}


@composed
class WatchSources:
    """Begins and ends the watches on the sources that definitions name."""

    registry: PlanRegistry
    watches: Watches
    clock: Clock
    observed: Observed

    def follow(self, plan: Plan, before: Plan | None, effective_from_ms: int) -> None:
        """Watch what a plan names, just published; what only the plan `before` it named is retired."""
        now_ms = self.clock.now_ms()
        for source in self._asked(plan):
            self._change(source, lambda watch: routed(watch, now_ms, effective_from_ms + KNOWN_AFTER_MS))
        if before is not None:
            self.forget(set(self._asked(before)) - set(self._asked(plan)))

    def ensure(self, plan: Plan, effective_from_ms: int) -> None:
        """Watch what a plan names where that was not done: the call before this one may have crashed."""
        now_ms = self.clock.now_ms()
        for source in self._asked(plan):
            watch = self.watches.read(source.route)
            if watch is None or not watch.routed:
                self._change(source, lambda found: routed(found, now_ms, max(now_ms, effective_from_ms + KNOWN_AFTER_MS)))

    def forget(self, sources: Iterable[Source]) -> None:
        """Retire watches on sources that no definition names any more."""
        now_ms = self.clock.now_ms()
        for source in sorted(sources, key=lambda one: one.route):
            if not self.observed.covers(source) or self.watches.read(source.route) is None:
                continue
            self._change(source, retired)
            if self._is_named(source):
                self._change(source, lambda watch: routed(watch, now_ms, now_ms))

    def catch_up(self, plan: Plan, since_ms: int, effective_from_ms: int, *, dry_run: bool) -> CatchUp:
        """Ask the sources of a plan again from a moment in the past; doing so again does it again, which changes nothing."""
        asked, known_at_ms = self._asked(plan), max(self.clock.now_ms(), effective_from_ms + KNOWN_AFTER_MS)
        if not dry_run:
            for source in asked:
                self._change(source, lambda watch: caught_up_from(watch, since_ms, known_at_ms))
        everything = {one.source for one in plan.predecessors}
        return CatchUp(since_ms, len(asked), tuple(sorted(source.route for source in everything - set(asked))))

    def _asked(self, plan: Plan) -> list[Source]:
        return sorted({one.source for one in plan.predecessors if self.observed.covers(one.source)}, key=lambda source: source.route)

    def _is_named(self, source: Source) -> bool:
        """Whether the current version of any join that is not deleted names a source."""
        for join in self.registry.joins_of(source):
            head = self.registry.head(join)
            plan = None if head is None or head.deleted else self.registry.plan(join, head.version)
            if plan is not None and plan.slots_of(source):
                return True
        return False

    def _change(self, source: Source, change: Callable[[Watch], Watch]) -> None:
        for _ in range(_ROUNDS):
            watch = self.watches.read(source.route)
            if self.watches.save(watch, change(watch or new_watch(source, self.clock.now_ms()))):
                return
        raise RetryableError("watch-contended", f"the watch on {source.route} is being changed by somebody else; try again")
