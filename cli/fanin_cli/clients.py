"""What the commands need from AWS, as protocols: tests give fakes, `aws_clients` gives boto3.

`Session` travels in the context of a command: which deployment is meant, and how to reach it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import typer


@dataclass(frozen=True, slots=True)
class Deployment:
    """Which hub, and where; None leaves Region and profile to the AWS configuration."""

    hub: str
    region: str | None = None
    profile: str | None = None


class Functions(Protocol):
    """Lambda functions, asked directly."""

    def invoke(self, name: str, payload: bytes) -> bytes:
        """The answer, JSON text; CommandError when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """A message in a queue; `attributes` are the values of its message attributes as text, times are epoch milliseconds.

    `receives` is how often anybody received it; `moved_from` the ARN of the queue that SQS moved it here from, if SQS did.
    """

    id: str
    receipt: str
    body: str
    sent_at_ms: int
    attributes: dict[str, str]
    receives: int = 0
    moved_from: str | None = None


class Queue(Protocol):
    """A queue that is only looked at. There is no way to delete here, on purpose."""

    @property
    def name(self) -> str:
        """The last part of its URL."""
        ...

    def receive(self, *, hidden_for_s: int) -> Sequence[Message]:
        """Up to ten messages, hidden from other readers for so long; none when the queue looks empty after a second."""
        ...

    def put_back(self, receipts: Sequence[str]) -> None:
        """Show messages again now; where that is not allowed they come back by themselves."""
        ...


@dataclass(frozen=True, slots=True)
class Moving:
    """How far SQS is with a task that moves messages, and whether somebody stopped it."""

    moved: int
    ended: bool
    cancelled: bool = False


class Destination(Protocol):
    """A queue that dead letters are sent back to."""

    @property
    def name(self) -> str:
        """The last part of its URL."""
        ...

    @property
    def arn(self) -> str:
        """What SQS knows it by, in every account."""
        ...

    def send(self, body: str) -> None:
        """Put a message there; CommandError when it is not there for certain."""
        ...


class DeadLetters(Queue, Protocol):
    """A dead-letter queue, whose messages may be taken out once they are somewhere else."""

    @property
    def account(self) -> str:
        """The account that it is in."""
        ...

    def depth(self) -> int:
        """About how many messages are in it, those that somebody looks at included."""
        ...

    def delete(self, receipt: str) -> None:
        """Take a received message out."""
        ...

    def start_moving(self, destination: Destination) -> bool:
        """Let SQS move what other queues gave up on; one task at a time, so one that runs goes on. False where SQS cannot."""
        ...

    def moving(self) -> Moving:
        """How far the last task is."""
        ...


@dataclass(frozen=True, slots=True)
class DescribedMachine:
    """A state machine as Step Functions describes it: its definition, JSON text, and whether it is an Express one."""

    definition: str
    express: bool


class StateMachines(Protocol):
    """State machines of the account that the credentials belong to."""

    def describe(self, arn: str) -> DescribedMachine:
        """The state machine, asked in its own Region; CommandError when it cannot be read."""
        ...


class Clients(Protocol):
    """The way to a deployment."""

    def functions(self, deployment: Deployment) -> Functions:
        """Its functions."""
        ...

    def queue(self, deployment: Deployment, *, name: str | None, url: str | None) -> Queue:
        """A queue by URL, or by name; CommandError `queue-not-found`."""
        ...

    def dead_letters(self, deployment: Deployment, name: str) -> DeadLetters | None:
        """A dead-letter queue by name, or None when there is none of that name."""
        ...

    def destination(self, deployment: Deployment, name: str) -> Destination:
        """A queue to send to, by name; CommandError `not-found`."""
        ...

    def state_machines(self, deployment: Deployment) -> StateMachines:
        """State machines, in any Region."""
        ...


Connect: TypeAlias = Callable[[], Clients]


@dataclass(frozen=True, slots=True)
class Session:
    """What the global options came to. `connect` is called by commands that ask AWS something, and by no other."""

    deployment: Deployment
    connect: Connect


def session_of(context: typer.Context) -> Session:
    """The session that the application's callback put there."""
    session = context.obj
    if not isinstance(session, Session):
        raise TypeError("the command was called without the application around it")
    return session
