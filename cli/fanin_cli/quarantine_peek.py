"""Looking through a queue without taking anything out of it.

SQS has no way to browse: a message that is received is hidden for a while, so the queue is received until it looks empty and everything
is shown again at the end. Nothing is deleted, and what could not be shown again comes back by itself.
"""

from __future__ import annotations

from collections.abc import Callable

from fanin_cli.clients import Message, Queue

HIDDEN_FOR_S = 30
"""Longer than looking through a thousand messages takes, short enough to wait for if this process dies."""


def peek(queue: Queue, limit: int, wanted: Callable[[Message], bool] = lambda _: True) -> list[Message]:
    """Up to `limit` messages that are wanted, oldest first; with fewer in the answer, the queue looked empty after them."""
    seen: dict[str, Message] = {}
    receipts: list[str] = []
    found: list[Message] = []
    try:
        while len(found) < limit:
            batch = queue.receive(hidden_for_s=HIDDEN_FOR_S)
            receipts += [one.receipt for one in batch]
            fresh = [one for one in batch if one.id not in seen]
            # Nothing new: the queue is empty, or has begun again because looking took longer than messages stay hidden.
            if not fresh:
                break
            seen.update((one.id, one) for one in fresh)
            found += [one for one in fresh if wanted(one)]
    finally:
        queue.put_back(receipts)
    return sorted(found[:limit], key=lambda one: (one.sent_at_ms, one.id))
