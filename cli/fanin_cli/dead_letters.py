"""The dead-letter queues of the three stacks, by the names that their templates give them, and where what lies in them belongs.

A queue that serves rules and a queue holds both kinds of letters: what EventBridge could not deliver, with its reason in the message's
attributes ("Using dead-letter queues", EventBridge user guide), and what SQS moved there because its reader failed too often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from fanin_cli.failures import CommandError

DEFAULT_SUCCESSOR = "fanin-successor"


class Way(Enum):
    """How letters go back."""

    MOVE = "move"  # SQS moves what came from a queue of this stack; the rest is sent and deleted, one by one
    SEND = "send"  # into the hub's queue, which is in another account: an aws. event can be put on no bus again
    INVOKE = "invoke"  # the letters say nothing: what matters is that the function runs


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    """One dead-letter queue: `label` is what people call it, `back_to` the queue or function that its letters are for."""

    label: str
    name: str
    holds: str
    back_to: str
    way: Way = Way.MOVE


def queues_of(hub: str, successor: str) -> Sequence[DeadLetterQueue]:
    """Every dead-letter queue that a hub, its predecessors and a successor have, wherever they are deployed."""
    return (
        DeadLetterQueue(
            "arrivals", f"{hub}-arrivals-dlq", "completions and receipts that were not delivered or not recorded", f"{hub}-arrivals"
        ),
        DeadLetterQueue("departures", f"{hub}-departures-dlq", "wake-ups that the forwarder failed on", f"{hub}-departures"),
        DeadLetterQueue("sweeper", f"{hub}-sweeper-dlq", "sweeps that did not begin", f"{hub}-sweeper", Way.INVOKE),
        DeadLetterQueue(
            "forward", f"fanin-predecessor-{hub}-dlq", "completions that a predecessor could not forward", f"{hub}-arrivals", Way.SEND
        ),
        DeadLetterQueue(
            "releases", f"{successor}-releases-dlq", "releases that were not delivered or not started", f"{successor}-releases"
        ),
    )


def named(queues: Sequence[DeadLetterQueue], name: str) -> DeadLetterQueue:
    """The queue of a label, or of the name that alarms say; CommandError `queue-unknown`."""
    for queue in queues:
        if name in (queue.label, queue.name):
            return queue
    labels = ", ".join(queue.label for queue in queues)
    raise CommandError("queue-unknown", f"{name!r} is no dead-letter queue", f"write one of {labels}, or a queue's whole name")
