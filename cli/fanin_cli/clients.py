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
    """A message in a queue; `attributes` are the values of its message attributes as text, times are epoch milliseconds."""

    id: str
    receipt: str
    body: str
    sent_at_ms: int
    attributes: dict[str, str]


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
