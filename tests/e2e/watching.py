"""Waiting with a deadline, and looking at what passes by: queues that are read into memory as they fill."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from local import LocalAws
from tests.local.world import make_queue, make_rule

T = TypeVar("T")

# Everything here takes well under a second on an idle machine; the first call of each function, and a busy machine, take more.
DEADLINE_S = 40.0
_POLL_S = 0.1


def eventually(probe: Callable[[], T | None], what: str, deadline_s: float = DEADLINE_S) -> T:
    """The first answer of `probe` that is neither None nor false; an assertion that says what did not come."""
    end = time.monotonic() + deadline_s
    while True:
        found = probe()
        if found:
            return found
        assert time.monotonic() < end, f"not within {deadline_s:.0f} s: {what}; last seen: {found!r}"
        time.sleep(_POLL_S)


@dataclass
class Watch:
    """Every message that ever came to a queue which nobody else reads."""

    aws: LocalAws
    account: str
    url: str
    _seen: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of_bus(cls, aws: LocalAws, account: str, bus: str, pattern: dict[str, Any]) -> Watch:
        """What a rule of the test's own sees on a bus, beside the rules of the stacks."""
        queue = make_queue(aws, account, f"watch-{bus}")
        make_rule(aws, account, f"watch-{bus}", pattern, {"Arn": queue.arn}, bus=bus)
        return cls(aws, account, queue.url)

    def messages(self) -> Sequence[dict[str, Any]]:
        """Everything so far, oldest first."""
        sqs = self.aws.client(self.account, "sqs")
        while found := sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get("Messages", []):
            for message in found:
                sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            self._seen += found
        return self._seen

    def bodies(self, wanted: Callable[[dict[str, Any]], bool]) -> list[str]:
        """The bodies whose event is wanted, byte for byte as a rule delivered them."""
        return [message["Body"] for message in self.messages() if wanted(json.loads(message["Body"]))]

    def events(self, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """The events that are wanted."""
        return [json.loads(body) for body in self.bodies(wanted)]


@dataclass(frozen=True)
class Kept:
    """A message in quarantine."""

    code: str
    reason: str
    origin: str
    body: str


@dataclass
class Quarantine:
    """A quarantine queue: what became of messages, by the id that they had when they were sent."""

    watch: Watch

    def of(self, message_id: str) -> Kept | None:
        """The quarantined message, or None when it is not there (yet)."""
        return next((kept for kept in self.everything() if kept.origin == message_id), None)

    def wait_for(self, message_id: str) -> Kept:
        """The quarantined message."""
        return eventually(lambda: self.of(message_id), f"message {message_id} in quarantine")

    def everything(self) -> list[Kept]:
        """Everything that was ever quarantined."""
        return [_kept(message) for message in self.watch.messages()]


def _kept(message: dict[str, Any]) -> Kept:
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    return Kept(said["code"], said["reason"], said["origin"], message["Body"])
