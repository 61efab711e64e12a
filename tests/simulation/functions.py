"""The functions at work: which containers there are, and one invocation of each on what it has received.

A container keeps its caches and its clock from one invocation to the next, and dies with a crash. Handlers are as short as the real ones
(functions/*/app.py): a message leaves its queue when it was handled, and only then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fanin.domain.errors import RejectedError
from fanin.ports import DueWatch
from fanin.sources.queue_event import QueuedMessage
from fanin.use_cases.ask_sources import Asked
from fanin.use_cases.quarantine_message import QuarantineMessage
from fanin.use_cases.send_delivery import SendDelivery
from fanin.use_cases.sweep_due import SweepDue
from tests.simulation.containers import Keys, PublishedTrust, SoftwareSigner, StageClock, trusting
from tests.simulation.faults import Fault
from tests.simulation.queues import VISIBILITY_MS, Message, Queue
from tests.simulation.stage import Stage
from tests.unit.use_cases.landscape import SECOND_SUCCESSOR, SUCCESSOR, Landscape
from tests.unit.use_cases.recomposed import recomposed

SKEWS_MS = (0, -600_000, 600_000, -250_000, 250_000)


@dataclass(slots=True)
class Functions:
    """Every function of hub and successors, over the ports of one landscape."""

    land: Landscape
    stage: Stage
    keys: Keys = field(default_factory=Keys)
    arrivals: Queue = field(default_factory=lambda: Queue("collector"))
    departures: Queue = field(default_factory=lambda: Queue("forwarder"))
    releases: dict[str, Queue] = field(default_factory=lambda: {one: Queue(f"starter-{one[:1]}") for one in (SUCCESSOR, SECOND_SUCCESSOR)})
    accepted: list[str] = field(default_factory=list)
    on_accepted: Callable[[], None] = lambda: None
    _idle: dict[str, list[Any]] = field(default_factory=dict)

    def queues(self) -> Iterator[Queue]:
        yield from (self.arrivals, self.departures, *self.releases.values())

    def renew(self) -> None:
        """No container is used again."""
        self._idle.clear()

    def startable(self) -> list[Callable[[], None]]:
        """What has something to do."""
        found: list[Callable[[], None]] = []
        if self.arrivals.visible:
            found.append(self._collect)
        if self.departures.visible:
            found.append(self._forward)
        found += [partial(self._start, account) for account, queue in self.releases.items() if queue.visible]
        return found

    def sweep(self, *, asking: bool) -> None:
        """One sweep; a failure fails the invocation, and the next minute sweeps again. Sources that have nothing to tell are not asked."""
        sweep: SweepDue = self._container("sweeper", self.land.sweeper)
        sweeping = sweep if asking else recomposed(sweep, ask_sources=_nothing_told)

        def work() -> None:
            with suppress(Exception):
                sweeping()
            self._rest("sweeper", sweep)

        self.stage.begin("sweeper", work, lambda: None, time_s=50)

    def _collect(self) -> None:
        messages, collect = self._received(self.arrivals), self._container("collector", self.land.collector)

        def work() -> None:
            collected = collect([QueuedMessage(f"m{message.number}", str(message.body)) for message in messages])
            done = [message for message in messages if f"m{message.number}" not in collected.failed]
            self.accepted += [str(message.body) for message in done if f"m{message.number}" not in collected.rejected]
            self.on_accepted()
            self._done(done)
            self._rest("collector", collect)

        self._invoke("collector", work, messages)

    def _forward(self) -> None:
        messages, send = self._received(self.departures), self._container("forwarder", self._forwarder)

        def work() -> None:
            with suppress(Exception):
                outcomes = send.batch([message.body for message in messages])
                self._done([message for message in messages if not isinstance(outcomes[message.body], Exception)])
            self._rest("forwarder", send)

        self._invoke("forwarder", work, messages)

    def _start(self, account: str) -> None:
        queue = self.releases[account]
        messages, (start, quarantine) = self._received(queue), self._container(queue.name, lambda: self._starter(account))

        def work() -> None:
            for message, outcome in zip(messages, start.batch([str(message.body) for message in messages]), strict=True):
                with suppress(Exception):
                    if isinstance(outcome, RejectedError):
                        quarantine(QueuedMessage(f"m{message.number}", str(message.body)), outcome)
                    elif isinstance(outcome, Exception):
                        continue
                    self._done([message])
            self._rest(queue.name, (start, quarantine))

        self._invoke(queue.name, work, messages)

    def _forwarder(self) -> SendDelivery:
        self.land.signer = SoftwareSigner(self.keys, self.keys.key)  # type: ignore[assignment]  # the port, with the key of this container
        return self.land.forwarder()

    def _starter(self, account: str) -> Any:
        land, stage = self.land, self.stage
        land.trust = PublishedTrust(self.keys, stage, trusting(self.keys.pinned), stage.now_ms)  # type: ignore[assignment]  # the port
        return land.starter(account), QuarantineMessage(stage.on(land.releases_quarantine), land.clock)

    def _container(self, name: str, make: Callable[[], Any]) -> Any:
        """One that rests, or a new one, wired by the landscape with a clock that may be off."""
        idle = self._idle.setdefault(name, [])
        if idle and not self.stage.choices.pick(2, 0.1):
            return idle.pop()
        skew_ms = 0
        if self.stage.swarm.skew and self.stage.faulty:
            skew_ms = SKEWS_MS[self.stage.choices.pick(len(SKEWS_MS), 0.6)]
            self.stage.injected[Fault.SKEW] += skew_ms != 0
        before, self.land.clock = self.land.clock, StageClock(self.stage, skew_ms)  # type: ignore[assignment]  # any clock
        try:
            return make()
        finally:
            self.land.clock = before

    def _rest(self, name: str, container: Any) -> None:
        self._idle.setdefault(name, []).append(container)

    def _received(self, queue: Queue) -> list[Message]:
        choices = self.stage.choices
        first = choices.pick(len(queue.visible), 0.4)
        messages = queue.receive(first, 1 + choices.pick(self.stage.swarm.batch, 0.6))
        for message in messages:
            self.stage.at(self.stage.now_ms + VISIBILITY_MS, partial(self._shown_again, queue, message))
        return messages

    def _shown_again(self, queue: Queue, message: Message) -> None:
        dead = len(queue.dead)
        queue.show(message)
        self.stage.injected[Fault.DEAD] += len(queue.dead) - dead

    def _done(self, messages: list[Message]) -> None:
        """Deleted from the queue, unless that is lost: then each is received again."""
        for message in messages:
            if self.stage.faulty and self.stage.choices.pick(2, self.stage.swarm.transport / 2):
                self.stage.injected[Fault.KEPT] += 1
            else:
                message.deleted = True

    def _invoke(self, name: str, work: Callable[[], None], messages: list[Message]) -> None:
        if self.stage.trace is not None:
            self.stage.told(f"{name} takes {', '.join(told(message) for message in messages)}")
        self.stage.begin(name, work, lambda: None)


def _nothing_told(due: Sequence[DueWatch]) -> Asked:
    return Asked()


def told(message: Message) -> str:
    """A message, in a trace."""
    text = str(message.body)
    if text.startswith("{") and '"detail-type"' in text:
        with suppress(ValueError, KeyError):
            detail = json.loads(text)["detail"]
            said = {**detail, **detail.get("data", {})}
            text = " ".join(str(said[name]) for name in ("executionArn", "status", "sub", "outcome", "attempt") if name in said)
    return f"m{message.number}({text[:140]})"
