"""Queues through boto3, looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from fanin_cli.aws_failures import translated
from fanin_cli.clients import Message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef


@dataclass(frozen=True, slots=True)
class SqsQueue:
    """One queue, looked at."""

    client: SQSClient
    url: str

    @property
    def name(self) -> str:
        """See the port."""
        return self.url.rstrip("/").rsplit("/", 1)[-1]

    def receive(self, *, hidden_for_s: int) -> Sequence[Message]:
        """See the port; a second's wait makes SQS ask all of its servers, not a few ("long polling" in its developer guide)."""
        with translated(f"the queue {self.name}"):
            answer = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=hidden_for_s,
                WaitTimeSeconds=1,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount", "DeadLetterQueueSourceArn"],
            )
        return [_message(one) for one in answer.get("Messages", [])]

    def put_back(self, receipts: Sequence[str]) -> None:
        """See the port."""
        for start in range(0, len(receipts), 10):
            try:
                self.client.change_message_visibility_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                        for number, receipt in enumerate(receipts[start : start + 10])
                    ],
                )
            except (BotoCoreError, ClientError):
                return


def _message(one: MessageTypeDef) -> Message:
    attributes, by_sqs = one.get("MessageAttributes", {}), one.get("Attributes", {})
    return Message(
        id=one.get("MessageId", ""),
        receipt=one.get("ReceiptHandle", ""),
        body=one.get("Body", ""),
        sent_at_ms=int(by_sqs.get("SentTimestamp", "0")),
        attributes={name: value.get("StringValue", "") for name, value in attributes.items()},
        receives=int(by_sqs.get("ApproximateReceiveCount", "0")),
        moved_from=by_sqs.get("DeadLetterQueueSourceArn"),
    )
