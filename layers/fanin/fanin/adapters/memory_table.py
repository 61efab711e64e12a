"""The in-memory twin of the one table: what is stored, by identity, and the transaction that a release is.

Values are immutable and every call on a twin is one step, so a scheduler may interleave callers, or crash one, between calls and see
what DynamoDB would show. What is here outlives its callers; a new table has a new epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fanin.domain.delivery import Delivery, DeliveryId
from fanin.domain.plan import Plan
from fanin.domain.release import Output
from fanin.domain.run import Expectation, Run, RunId, Stream
from fanin.domain.watch import Watch
from fanin.ports import Head, JournalId, ReleaseWrite


@dataclass(slots=True)
class MemoryTable:
    """Everything that the ports over the table share."""

    epoch: str = "20260101T000000Z"
    runs: dict[RunId, Run] = field(default_factory=dict)
    journals: dict[tuple[JournalId, int], dict[str, bytes]] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    deliveries: dict[DeliveryId, Delivery] = field(default_factory=dict)
    payloads: dict[tuple[RunId, str], str] = field(default_factory=dict)
    outputs: dict[tuple[RunId, int, int, str], Output] = field(default_factory=dict)
    expectations: dict[str, Expectation] = field(default_factory=dict)
    watches: dict[str, Watch] = field(default_factory=dict)
    signing_since: dict[str, int] = field(default_factory=dict)
    heads: dict[str, Head] = field(default_factory=dict)
    plans: dict[tuple[str, int], Plan] = field(default_factory=dict)
    routes: dict[str, frozenset[str]] = field(default_factory=dict)

    def is_new(self, run: RunId, write: ReleaseWrite) -> bool:
        """Whether nothing of what a release writes is there yet: the condition on each of its puts."""
        return not any((run, name) in self.payloads for name in write.payloads) and not any(
            one.id in self.deliveries for one in write.deliveries
        )

    def put(self, run: RunId, write: ReleaseWrite) -> None:
        """Write payloads and deliveries."""
        self.payloads.update({(run, name): text for name, text in write.payloads.items()})
        self.deliveries.update({one.id: one for one in write.deliveries})


def rises(values: Mapping[int, str], slot: int, value: str) -> bool:
    """Whether `value` is above what is there, as DynamoDB compares strings: by their UTF-8 bytes."""
    return slot not in values or values[slot].encode() < value.encode()
