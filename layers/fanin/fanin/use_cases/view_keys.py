"""View keys: which keys the hub publishes, which of them signs and since when, and what is still under way under each.

What a rotation waits for is told here and decided by whoever asks: a key may be retired when nothing that it signed can be accepted any
more, or could still be waiting for its receipt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from fanin.composed import composed
from fanin.domain.delivery import Delivery, DeliveryKind, DeliveryState
from fanin.domain.release import JsonValue
from fanin.ports import Clock, Deliveries, Due, DueDelivery, DueIndex, Signer, SigningHistory

FAR_AHEAD_MS = 400 * 86_400_000
MAX_PER_PARTITION = 250
UNKNOWN = "unknown"  # sent before the hub noted which key it signed with


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """The hub's keys as its stack arranges them: the one that signs, the one that will, the one that did."""

    arrangement: str
    signing: Signer
    following: Signer | None
    previous: Signer | None

    @property
    def all(self) -> tuple[Signer, ...]:
        """Every key that successors should pin, the one that signs first."""
        return tuple(key for key in (self.signing, self.following, self.previous) if key is not None)


@composed
class ViewKeys:
    """What the viewer tells of a rotation."""

    keys: PublishedKeys
    history: SigningHistory
    due_index: DueIndex
    deliveries: Deliveries
    clock: Clock

    def __call__(self) -> dict[str, JsonValue]:
        """The keys by their part in a rotation, and how many sent releases wait for a receipt, by the key that signed them last.

        `complete` is false when there was more due than is counted: then the numbers are lower bounds.
        """
        until_ms = self.clock.now_ms() + FAR_AHEAD_MS
        found = [self.due_index.due(part, until_ms, MAX_PER_PARTITION) for part in range(self.due_index.partitions)]
        waiting = Counter(one.signed_by or UNKNOWN for items in found for item in items for one in self._sent(item))
        signing = self.keys.signing.kid()
        return {
            "arrangement": self.keys.arrangement,
            "signing": signing,
            "next": _kid(self.keys.following),
            "previous": _kid(self.keys.previous),
            "signingSince": self.history.since(signing),
            "unacknowledged": dict(waiting),
            "complete": all(len(items) < MAX_PER_PARTITION for items in found),
        }

    def _sent(self, item: Due) -> Iterator[Delivery]:
        delivery = self.deliveries.read(item.id) if isinstance(item, DueDelivery) else None
        if delivery is not None and delivery.kind is DeliveryKind.RELEASE and delivery.state is DeliveryState.SENT:
            yield delivery


def _kid(key: Signer | None) -> str | None:
    return None if key is None else key.kid()
