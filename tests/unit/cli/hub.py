"""A hub for the command line's tests: functions that answer from a script, and queues that hide what was received, as SQS does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from typer.testing import CliRunner, Result

from fanin_cli.clients import Deployment, DescribedMachine, Destination, Message, Moving
from fanin_cli.failures import CommandError, ExitCode
from fanin_cli.main import app

JsonObject = dict[str, Any]


@dataclass
class FakeFunctions:
    """Answers by (function, action); what was asked is kept in `asked`."""

    answers: dict[tuple[str, str], object] = field(default_factory=dict)
    asked: list[tuple[str, JsonObject]] = field(default_factory=list)
    failure: CommandError | None = None

    def invoke(self, name: str, payload: bytes) -> bytes:
        if self.failure is not None:
            raise self.failure
        question = json.loads(payload)
        self.asked.append((name, question))
        answer = self.answers[name.rsplit("-", 1)[-1], question.get("action", "")]
        return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


@dataclass
class FakeQueue:
    """A queue whose received messages stay hidden until they are put back."""

    name: str
    messages: Sequence[Message] = ()
    batch: int = 10
    hidden: set[str] = field(default_factory=set)
    receives: int = 0
    broken_after: int | None = None

    def receive(self, *, hidden_for_s: int) -> Sequence[Message]:
        assert hidden_for_s > 0
        if self.receives == self.broken_after:
            raise CommandError("busy", "the queue could not be asked now", exit_code=ExitCode.UNANSWERED)
        self.receives += 1
        seen = [one for one in self.messages if one.id not in self.hidden][: self.batch]
        self.hidden |= {one.id for one in seen}
        return [replace(one, receipt=f"{one.id}@{self.receives}") for one in seen]

    def put_back(self, receipts: Sequence[str]) -> None:
        self.hidden -= {receipt.split("@")[0] for receipt in receipts}


@dataclass
class FakeDestination:
    """A queue that takes what it is sent, until it is `full`."""

    name: str
    bodies: list[str] = field(default_factory=list)
    full_after: int | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:sqs:us-east-1:111111111111:{self.name}"

    def send(self, body: str) -> None:
        if len(self.bodies) == self.full_after:
            raise CommandError("access-denied", f"the queue {self.name} may not be asked", exit_code=ExitCode.UNANSWERED)
        self.bodies.append(body)


@dataclass
class FakeDeadLetters(FakeQueue):
    """A dead-letter queue. SQS moves, one a look, what `moved_from` says came from a queue; None and it cannot."""

    account: str = "111111111111"
    moves: bool = True
    cancelled_after: int | None = None
    destination: FakeDestination | None = None
    moved: int = 0

    def depth(self) -> int:
        return len(self.messages)

    def delete(self, receipt: str) -> None:
        self.messages = [one for one in self.messages if one.id != receipt.split("@", maxsplit=1)[0]]

    def start_moving(self, destination: Destination) -> bool:
        assert isinstance(destination, FakeDestination)
        self.destination = destination
        return self.moves

    def moving(self) -> Moving:
        movable = [one for one in self.messages if one.moved_from is not None]
        if self.moved == self.cancelled_after:
            return Moving(self.moved, ended=True, cancelled=True)
        if not movable:
            return Moving(self.moved, ended=True)
        assert self.destination is not None
        self.destination.send(movable[0].body)
        self.messages = [one for one in self.messages if one is not movable[0]]
        self.moved += 1
        return Moving(self.moved, ended=False)


@dataclass
class FakeStateMachines:
    """State machines by ARN; any other does not exist. What was asked for is kept in `asked`."""

    described: dict[str, DescribedMachine] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def describe(self, arn: str) -> DescribedMachine:
        self.asked.append(arn)
        if arn not in self.described:
            raise CommandError("not-found", f"the state machine {arn} does not exist", exit_code=ExitCode.UNANSWERED)
        return self.described[arn]


@dataclass
class FakeHub:
    """The clients of one deployment. `deployments` is what the commands asked for."""

    functions_: FakeFunctions = field(default_factory=FakeFunctions)
    queues: dict[str, FakeQueue] = field(default_factory=dict)
    dead: dict[str, FakeDeadLetters] = field(default_factory=dict)
    destinations: dict[str, FakeDestination] = field(default_factory=dict)
    machines: FakeStateMachines = field(default_factory=FakeStateMachines)
    deployments: list[Deployment] = field(default_factory=list)

    def functions(self, deployment: Deployment) -> FakeFunctions:
        self.deployments.append(deployment)
        return self.functions_

    def queue(self, deployment: Deployment, *, name: str | None, url: str | None) -> FakeQueue:
        self.deployments.append(deployment)
        found = self.queues.get(url or name or "")
        if found is None:
            raise CommandError("not-found", f"the queue {url or name} does not exist", exit_code=ExitCode.UNANSWERED)
        return found

    def dead_letters(self, deployment: Deployment, name: str) -> FakeDeadLetters | None:
        self.deployments.append(deployment)
        return self.dead.get(name)

    def destination(self, deployment: Deployment, name: str) -> FakeDestination:
        self.deployments.append(deployment)
        return self.destinations.setdefault(name, FakeDestination(name))

    def state_machines(self, deployment: Deployment) -> FakeStateMachines:
        self.deployments.append(deployment)
        return self.machines

    def answering(self, function: str, action: str, answer: object) -> FakeHub:
        """This hub, which answers a question so from now on."""
        self.functions_.answers[function, action] = answer
        return self

    @property
    def asked(self) -> list[tuple[str, JsonObject]]:
        return self.functions_.asked


def run(*args: str, hub: FakeHub | None = None, typed: str | bytes | None = None, env: dict[str, str] | None = None) -> Result:
    """Run `fanin` with these arguments; without a hub, asking for one fails the test."""

    def connect() -> FakeHub:
        assert hub is not None, "this command must not ask AWS"
        return hub

    result = CliRunner().invoke(app, list(args), input=typed, env=env, obj=connect)
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return result


def refusal(code: str, message: str = "no", **members: object) -> JsonObject:
    return {"ok": False, "problems": [{"label": "", "path": [], "code": code, "message": message, "hint": None, **members}]}
