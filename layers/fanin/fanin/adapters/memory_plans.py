"""Plans, heads and routes in memory, under the conditions of the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fanin.adapters.memory_table import MemoryTable
from fanin.domain.completion import Source
from fanin.domain.plan import Plan
from fanin.ports import Head


@dataclass(frozen=True, slots=True)
class MemoryPlans:
    """The `PlanRegistry` port."""

    table: MemoryTable

    def joins_of(self, source: Source) -> Sequence[str]:
        """See the port."""
        return sorted(self.table.routes.get(source.route, ()))

    def head(self, join: str) -> Head | None:
        """See the port."""
        return self.table.heads.get(join)

    def plan(self, join: str, version: int) -> Plan | None:
        """See the port."""
        return self.table.plans.get((join, version))

    def refresh(self, join: str) -> None:
        """Nothing is cached here."""

    def heads(self) -> Sequence[Head]:
        """See the port."""
        return [head for _, head in sorted(self.table.heads.items())]

    def publish(self, plan: Plan, after: Head | None, live: Sequence[int], now_ms: int) -> bool:
        """See the port. The routes stay when the head has moved, as the real ones do: they only nominate."""
        for predecessor in plan.predecessors:
            route = predecessor.source.route
            self.table.routes[route] = self.table.routes.get(route, frozenset()) | {plan.join}
        if self.table.heads.get(plan.join) != after or (plan.join, plan.version) in self.table.plans:
            return False
        self.table.plans[plan.join, plan.version] = plan
        self.table.heads[plan.join] = Head(plan.join, plan.version, plan.digest, tuple(live), False, now_ms)
        return True

    def withdraw(self, head: Head, now_ms: int) -> bool:
        """See the port."""
        if head.deleted or self.table.heads.get(head.join) != head:
            return False
        self.table.heads[head.join] = head._replace(deleted=True, applied_at_ms=now_ms)
        return True
