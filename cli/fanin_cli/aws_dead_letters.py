"""Dead-letter queues through boto3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from fanin_cli.aws_failures import translated
from fanin_cli.aws_queues import SqsQueue
from fanin_cli.clients import Destination, Moving

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# "There is already a task running", and what a queue says that is no other queue's dead-letter queue.
_TASK_NOT_TAKEN = frozenset({"UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", "InvalidAction"})
_GOING_ON = frozenset({"RUNNING", "CANCELLING"})


@dataclass(frozen=True, slots=True)
class SqsDestination:
    """A queue that is sent to."""

    client: SQSClient
    url: str
    arn: str

    @property
    def name(self) -> str:
        """See the port."""
        return self.arn.rpartition(":")[2]

    def send(self, body: str) -> None:
        """See the port."""
        with translated(f"the queue {self.name}"):
            self.client.send_message(QueueUrl=self.url, MessageBody=body)


@dataclass(frozen=True, slots=True)
class SqsDeadLetters(SqsQueue):
    """One dead-letter queue."""

    arn: str

    @property
    def account(self) -> str:
        """See the port."""
        return self.arn.split(":")[4]

    def depth(self) -> int:
        """See the port."""
        with translated(f"the queue {self.name}"):
            attributes = self.client.get_queue_attributes(
                QueueUrl=self.url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            )["Attributes"]
        return sum(int(number) for number in attributes.values())

    def delete(self, receipt: str) -> None:
        """See the port."""
        with translated(f"the queue {self.name}"):
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)

    def start_moving(self, destination: Destination) -> bool:
        """See the port; the destination is named, since what came from no queue has none to go back to."""
        with translated(f"the queue {self.name}"):
            try:
                self.client.start_message_move_task(SourceArn=self.arn, DestinationArn=destination.arn)
            except ClientError as error:
                if error.response["Error"].get("Code") not in _TASK_NOT_TAKEN:
                    raise
                return self._task_status() in _GOING_ON
        return True

    def moving(self) -> Moving:
        """See the port."""
        with translated(f"the queue {self.name}"):
            results = self.client.list_message_move_tasks(SourceArn=self.arn, MaxResults=1).get("Results", [])
        if not results:
            return Moving(0, ended=True)
        status, moved = results[0].get("Status", ""), results[0].get("ApproximateNumberOfMessagesMoved", 0)
        return Moving(moved, ended=status not in _GOING_ON, cancelled=status == "CANCELLED")

    def _task_status(self) -> str:
        try:
            results = self.client.list_message_move_tasks(SourceArn=self.arn, MaxResults=1).get("Results", [])
        except ClientError as error:
            if error.response["Error"].get("Code") not in _TASK_NOT_TAKEN:
                raise
            return ""
        return results[0].get("Status", "") if results else ""
