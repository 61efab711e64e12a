"""What Lambda hands over from a queue, and what it wants back.

Shape: "Using Lambda with Amazon SQS"; partial failures need `ReportBatchItemFailures` on the mapping, and an answer whose
`batchItemFailures` names only messages of the batch (an empty identifier would fail the whole batch).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fanin.domain.errors import RejectedError


class QueuedMessage(NamedTuple):
    """One message of a batch."""

    id: str
    body: str


def messages_of(event: object) -> list[QueuedMessage]:
    """The messages in an event; RejectedError `not-a-queue-event` for any other caller: this function takes work only from its queue."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    if not isinstance(records, list) or not records:
        raise RejectedError("not-a-queue-event", "this function takes work only from its queue; send the message there")
    return [_message(record) for record in records]


def failures(ids: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """The answer that gives these messages back to the queue and lets it delete the others."""
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in ids]}


def _message(record: object) -> QueuedMessage:
    match record:
        case {"messageId": str(message_id), "body": str(body), "eventSource": "aws:sqs"}:
            return QueuedMessage(message_id, body)
        case _:
            raise RejectedError("not-a-queue-event", "a record is not an SQS message; this function takes work only from its queue")
