"""The due index in memory: everything that has a `dueAt`, in as many hashed partitions as the real one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

from fanin.adapters.memory_table import MemoryTable
from fanin.domain.run import STREAM_KEY, RunId
from fanin.ports import DueDelivery, DueRun


@dataclass(frozen=True, slots=True)
class MemoryDueIndex:
    """The `DueIndex` port."""

    table: MemoryTable
    partitions: int = 16

    def due(self, partition: int, now_ms: int, limit: int) -> Sequence[DueDelivery | DueRun]:
        """See the port."""
        found = [(due_at_ms, item) for due_at_ms, item in self._entries() if due_at_ms <= now_ms and self._partition(item) == partition]
        return [item for _, item in sorted(found, key=lambda entry: entry[0])[:limit]]

    def _entries(self) -> Iterator[tuple[int, DueDelivery | DueRun]]:
        for delivery in self.table.deliveries.values():
            if delivery.due_at_ms is not None:
                yield delivery.due_at_ms, DueDelivery(delivery.id)
        for run in self.table.runs.values():
            if run.due_at_ms is not None:
                yield run.due_at_ms, DueRun(run.id)
        for stream in self.table.streams.values():
            if stream.due_at_ms is not None:
                yield stream.due_at_ms, DueRun(RunId(stream.join, STREAM_KEY))

    def _partition(self, item: DueDelivery | DueRun) -> int:
        run, name = (item.id, "") if isinstance(item, DueRun) else (item.id.run, item.id.name)
        return crc32(f"{run.join}|{run.key}|{name}".encode()) % self.partitions
