"""The outbox in memory, under the conditions of the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fanin.adapters.memory_table import MemoryTable
from fanin.domain.delivery import Delivery, DeliveryId, DeliveryKind
from fanin.domain.run import RunId


@dataclass(frozen=True, slots=True)
class MemoryDeliveries:
    """The `Deliveries` port."""

    table: MemoryTable

    def read(self, delivery: DeliveryId) -> Delivery | None:
        """See the port."""
        return self.table.deliveries.get(delivery)

    def read_all(self, deliveries: Sequence[DeliveryId]) -> Mapping[DeliveryId, Delivery]:
        """See the port."""
        return {one: self.table.deliveries[one] for one in deliveries if one in self.table.deliveries}

    def of_run(self, run: RunId, *, notices: bool = True) -> Sequence[Delivery]:
        """See the port."""
        found = (one for one in self.table.deliveries.values() if one.id.run == run and (notices or one.kind is DeliveryKind.RELEASE))
        return sorted(found, key=lambda one: (one.kind is DeliveryKind.NOTICE, one.id.name))

    def payload(self, run: RunId, name: str) -> str | None:
        """See the port."""
        return self.table.payloads.get((run, name))

    def payloads(self, names: Sequence[tuple[RunId, str]]) -> Mapping[tuple[RunId, str], str]:
        """See the port."""
        return {name: self.table.payloads[name] for name in names if name in self.table.payloads}

    def add(self, notice: Delivery) -> bool:
        """See the port."""
        if notice.id in self.table.deliveries:
            return False
        self.table.deliveries[notice.id] = notice
        return True

    def save(self, before: Delivery, after: Delivery) -> bool:
        """See the port."""
        found = self.table.deliveries.get(before.id)
        if found is None or (found.state, found.tries, found.refusals) != (before.state, before.tries, before.refusals):
            return False
        self.table.deliveries[before.id] = after
        return True

    def save_sent(self, notices: Sequence[Delivery]) -> None:
        """See the port."""
        self.table.deliveries.update({one.id: one for one in notices})
