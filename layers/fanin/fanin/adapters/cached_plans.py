"""Plans through a cache that lives as long as its container: routes and heads for a short, stated time, versions for ever.

Staleness is bounded by `ttl_ms` and harmless: a write carries its plan version as a condition, a run of a newer version makes the
collector refresh, and `apply` says from when a definition holds everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from fanin.domain.completion import Source
    from fanin.domain.plan import Plan
    from fanin.ports import Clock, Head, Plans

MAX_ENTRIES = 10_000  # a container that has met this many sources forgets them all and starts again

T = TypeVar("T")


@dataclass(slots=True)
class CachedPlans:
    """The `Plans` port over another one."""

    plans: Plans
    clock: Clock
    ttl_ms: int
    _fresh: dict[Hashable, tuple[int, object]] = field(default_factory=dict, init=False)
    _versions: dict[tuple[str, int], Plan] = field(default_factory=dict, init=False)

    def joins_of(self, source: Source) -> Sequence[str]:
        """See the port; the answer "none" is kept too."""
        return self._cached(source, lambda: self.plans.joins_of(source))

    def head(self, join: str) -> Head | None:
        """See the port."""
        return self._cached(join, lambda: self.plans.head(join))

    def plan(self, join: str, version: int) -> Plan | None:
        """See the port; versions never change, and one that is not there yet is asked for again."""
        plan = self._versions.get((join, version))
        if plan is None:
            plan = self.plans.plan(join, version)
            if plan is not None:
                if len(self._versions) >= MAX_ENTRIES:
                    self._versions.clear()
                self._versions[join, version] = plan
        return plan

    def refresh(self, join: str) -> None:
        """See the port."""
        self._fresh.pop(join, None)

    def _cached(self, name: Hashable, read: Callable[[], T]) -> T:
        now_ms = self.clock.now_ms()
        entry = self._fresh.get(name)
        if entry is not None and now_ms < entry[0]:
            return entry[1]  # type: ignore[return-value]  # what is stored under a name is what its own `read` gave
        value = read()
        if len(self._fresh) >= MAX_ENTRIES:
            self._fresh.clear()
        self._fresh[name] = (now_ms + self.ttl_ms, value)
        return value
