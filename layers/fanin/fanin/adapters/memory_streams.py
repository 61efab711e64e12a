"""Streams in memory, under the conditions of the real ones."""

from __future__ import annotations

from dataclasses import dataclass

from fanin.adapters.memory_table import MemoryTable, rises
from fanin.domain.run import Run, Stream
from fanin.ports import ReleaseWrite, StreamChange, StreamMerged, StreamRefused


@dataclass(frozen=True, slots=True)
class MemoryStreams:
    """The `Streams` port."""

    table: MemoryTable

    def merge(
        self, join: str, version: int, change: StreamChange, *, may_open: bool, now_ms: int, due_at_ms: int
    ) -> StreamMerged | StreamRefused:
        """See the port."""
        found = self.table.streams.get(join)
        if found is None:
            return StreamMerged(self._put(_raised(_opened(join, version, now_ms), change, due_at_ms))) if may_open else StreamRefused(None)
        begun = may_open or found.due_at_ms is not None
        if found.plan_version != version or not begun or not _all_rises(found, change):
            return StreamRefused(found)
        return StreamMerged(self._put(_raised(found, change, due_at_ms)))

    def read(self, join: str) -> Stream | None:
        """See the port."""
        return self.table.streams.get(join)

    def release(self, stream: Stream, run: Run, write: ReleaseWrite, following: Stream, now_ms: int) -> bool:  # noqa: ARG002 as for runs
        """See the port."""
        if not self._unmoved(stream) or run.id in self.table.runs or not self.table.is_new(run.id, write):
            return False
        self._put(following)
        self.table.runs[run.id] = run
        self.table.put(run.id, write)
        return True

    def move(self, stream: Stream, following: Stream) -> bool:
        """See the port."""
        if not self._unmoved(stream):
            return False
        self._put(following)
        return True

    def epoch(self) -> str:
        """See the port."""
        return self.table.epoch

    def _unmoved(self, stream: Stream) -> bool:
        found = self.table.streams.get(stream.join)
        return found is not None and found.rev == stream.rev

    def _put(self, stream: Stream) -> Stream:
        self.table.streams[stream.join] = stream
        return stream


def _opened(join: str, version: int, now_ms: int) -> Stream:
    return Stream(join, version, 1, 0, now_ms, {}, {}, {})


def _all_rises(stream: Stream, change: StreamChange) -> bool:
    return (
        rises(stream.consumed, change.slot, change.watermark)
        and (change.arrival is None or rises(stream.slots, change.slot, change.arrival))
        and (change.seen is None or rises(stream.seen, change.slot, change.seen))
    )


def _raised(stream: Stream, change: StreamChange, due_at_ms: int) -> Stream:
    return stream._replace(
        rev=stream.rev + 1,
        slots=stream.slots if change.arrival is None else {**stream.slots, change.slot: change.arrival},
        seen=stream.seen if change.seen is None else {**stream.seen, change.slot: change.seen},
        due_at_ms=due_at_ms if stream.due_at_ms is None else stream.due_at_ms,
    )
