"""The queues: wake-ups, rechecks, findings, quarantine. Every entry of every batch answer is looked at."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from fanin.composed import composed
from fanin.domain.errors import RetryableError
from fanin.sources.found import found_message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from fanin.domain.completion import Completion
    from fanin.domain.delivery import DeliveryId
    from fanin.domain.run import RunId

_BATCH = 10
_MAX_DELAY_S = 900
_MAX_REASON_CHARS = 500


@composed
class SqsQueue:
    """Sends bodies to one queue, ten at a time, or not at all."""

    client: SQSClient
    queue_url: str

    def send(self, bodies: Sequence[str], delay_s: int = 0) -> None:
        """Send all, to be received in 0 to 900 seconds.

        RetryableError when the call or any entry was refused; the others may have gone out, and receivers are idempotent.
        """
        for start in range(0, len(bodies), _BATCH):
            batch = bodies[start : start + _BATCH]
            entries = [{"Id": str(number), "MessageBody": body, "DelaySeconds": delay_s} for number, body in enumerate(batch)]
            try:
                answer = self.client.send_message_batch(QueueUrl=self.queue_url, Entries=entries)  # type: ignore[arg-type]  # a plain dict
            except ClientError as error:
                raise RetryableError("queue-refused", f"{self._name} refused a batch ({error.response['Error']['Code']})") from error
            failed = answer.get("Failed", [])
            if failed:
                raise RetryableError("queue-refused", f"{self._name} refused {len(failed)} messages ({failed[0].get('Code', 'unknown')})")

    @property
    def _name(self) -> str:
        return self.queue_url.rsplit("/", 1)[-1]


@composed
class SqsWakeups:
    """The `Wakeups` port."""

    queue: SqsQueue

    def wake(self, deliveries: Sequence[DeliveryId], delay_s: int = 0) -> None:
        """See the port."""
        self.queue.send(
            [json.dumps({"v": 1, "join": one.run.join, "key": one.run.key, "delivery": one.name}) for one in deliveries],
            delay_s,
        )


@composed
class SqsRechecks:
    """The `Rechecks` port."""

    queue: SqsQueue

    def recheck(self, runs: Sequence[RunId], delay_s: int = 0) -> None:
        """See the port."""
        self.queue.send([json.dumps({"v": 1, "recheck": {"join": one.join, "key": one.key}}) for one in runs], delay_s)

    def expect(self, joins: Sequence[str], delay_s: int = 0) -> None:
        """See the port."""
        self.queue.send([json.dumps({"v": 1, "expect": {"join": join}}) for join in joins], delay_s)


@composed
class SqsFindings:
    """The `Findings` port."""

    queue: SqsQueue

    def hand_over(self, found: Sequence[Completion], spacing_s: float = 0.0) -> None:
        """See the port: ten at a time, each ten held back for as long as their predecessors need."""
        for start in range(0, len(found), _BATCH):
            delay_s = min(_MAX_DELAY_S, int(start * spacing_s))
            self.queue.send([found_message(one) for one in found[start : start + _BATCH]], delay_s)


@composed
class SqsQuarantine:
    """The `Quarantine` port: the body unchanged, the reason in message attributes."""

    client: SQSClient
    queue_url: str

    def keep(self, body: str, *, code: str, reason: str, message_id: str, now_ms: int) -> None:
        """See the port."""
        try:
            self.client.send_message(
                QueueUrl=self.queue_url,
                MessageBody=body,
                MessageAttributes={
                    "code": {"DataType": "String", "StringValue": code},
                    "reason": {"DataType": "String", "StringValue": reason[:_MAX_REASON_CHARS]},
                    "origin": {"DataType": "String", "StringValue": message_id},
                    "quarantinedAt": {"DataType": "Number", "StringValue": str(now_ms)},
                },
            )
        except ClientError as error:
            raise RetryableError(
                "quarantine-refused", f"the quarantine did not take a message ({error.response['Error']['Code']})"
            ) from error
