"""The due index in memory: everything that has a `dueAt`, in as many hashed partitions as the real one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never
from zlib import crc32

from fanin.adapters.memory_table import MemoryTable
from fanin.domain.run import STREAM_KEY, RunId
from fanin.ports import Due, DueDelivery, DueExpectation, DueRun, DueWatch


@dataclass(frozen=True, slots=True)
class MemoryDueIndex:
    """The `DueIndex` port."""

    table: MemoryTable
    partitions: int = 16

    def due(self, partition: int, until_ms: int, limit: int) -> Sequence[Due]:
        """See the port."""
        found = [item for item in self._entries() if item.due_at_ms <= until_ms and self._partition(item) == partition]
        return sorted(found, key=lambda item: item.due_at_ms)[:limit]

    def _entries(self) -> Iterator[Due]:
        yield from self._timed()
        for delivery in self.table.deliveries.values():
            if delivery.due_at_ms is not None:
                yield DueDelivery(delivery.id, delivery.due_at_ms)
        for run in self.table.runs.values():
            if run.due_at_ms is not None:
                yield DueRun(run.id, run.due_at_ms)
        for stream in self.table.streams.values():
            if stream.due_at_ms is not None:
                yield DueRun(RunId(stream.join, STREAM_KEY), stream.due_at_ms)

    def _timed(self) -> Iterator[Due]:
        for expectation in self.table.expectations.values():
            yield DueExpectation(expectation.join, expectation.opens_ms)
        for route, watch in self.table.watches.items():
            if watch.due_at_ms is not None:
                yield DueWatch(route, watch.due_at_ms)

    def _partition(self, item: Due) -> int:
        match item:
            case DueDelivery(delivery):
                name = f"{delivery.run.join}|{delivery.run.key}|{delivery.name}"
            case DueRun(run):
                name = f"{run.join}|{run.key}|"
            case DueExpectation(join):
                name = join
            case DueWatch(route):
                name = route
            case _:
                assert_never(item)
        return crc32(name.encode()) % self.partitions
