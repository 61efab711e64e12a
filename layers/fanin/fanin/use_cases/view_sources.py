"""View sources: what the joins wait for, how far each source was asked, what is in the way. Reads only; times are epoch milliseconds."""

from __future__ import annotations

from fanin.composed import composed
from fanin.domain.asking import Observed
from fanin.domain.completion import Source
from fanin.domain.errors import RejectedError
from fanin.domain.release import JsonValue
from fanin.domain.watch import Watch, is_wanted
from fanin.ports import Clock, PlanRegistry, Watches


@composed
class ViewSources:
    """What the viewer function tells of asking."""

    registry: PlanRegistry
    watches: Watches
    clock: Clock
    observed: Observed

    def __call__(self, join: str | None) -> list[JsonValue]:
        """The sources of a join (None: of all that are not deleted), by route; RejectedError `join-not-found`."""
        heads = [head for head in self.registry.heads() if not head.deleted and join in (None, head.join)]
        if join is not None and not heads:
            raise RejectedError("join-not-found", f"there is no join named {join}; fanin joins lists them")
        joins: dict[Source, list[JsonValue]] = {}
        for head in heads:
            plan = self.registry.plan(head.join, head.version)
            for source in dict.fromkeys(one.source for one in plan.predecessors) if plan is not None else ():
                joins.setdefault(source, []).append(head.join)
        return [self._source(source, joins[source]) for source in sorted(joins, key=lambda one: (one.route, one.arn))]

    def _source(self, source: Source, joins: list[JsonValue]) -> JsonValue:
        watch = self.watches.read(source.route)
        told: dict[str, JsonValue] = {"kind": source.kind.value, "arn": source.arn, "joins": joins, "asked": self.observed.covers(source)}
        return {**told, **_watched(watch, self.clock.now_ms())}


def _watched(watch: Watch | None, now_ms: int) -> dict[str, JsonValue]:
    return {
        "waitedFor": watch is not None and is_wanted(watch, now_ms),
        "sinceMs": None if watch is None else watch.since_ms,
        "passedAtMs": None if watch is None else watch.passed_at_ms,
        "reading": watch is not None and watch.passing is not None,
        "dueAtMs": None if watch is None else watch.due_at_ms,
        "trouble": None if watch is None or watch.trouble is None else watch.trouble.value,
    }
