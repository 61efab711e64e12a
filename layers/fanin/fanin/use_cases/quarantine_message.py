"""Quarantine: keep a refused message, unchanged, with the reason beside it, where people can list and read it."""

from __future__ import annotations

from fanin.composed import composed
from fanin.domain.errors import RejectedError
from fanin.ports import Clock, Quarantine
from fanin.sources.queue_event import QueuedMessage


@composed
class QuarantineMessage:
    """Keeps refused messages."""

    quarantine: Quarantine
    clock: Clock

    def __call__(self, message: QueuedMessage, error: RejectedError) -> None:
        """Keep one; RetryableError when it was not accepted, and then the message must stay in its queue."""
        self.quarantine.keep(message.body, code=error.code, reason=error.message, message_id=message.id, now_ms=self.clock.now_ms())
