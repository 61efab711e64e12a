"""Every interleaving of collectors over one run, with crashes and redeliveries: a small model checker over the real use cases.

A collector is a function of the answers that it got, so it needs no thread: to let it take a step it is run again from its beginning with
the answers it had, makes one further call on the table, and is stopped at the next one. A state is the table, the answers of each
collector, and the messages that nobody has acknowledged; equal states are looked into once. A lost answer is a crash before the next
call, as far as anybody else can see.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from fanin.adapters.memory_deliveries import MemoryDeliveries
from fanin.adapters.memory_journals import MemoryJournals
from fanin.adapters.memory_queues import MemoryRechecks, MemoryWakeups
from fanin.adapters.memory_runs import MemoryRuns
from fanin.adapters.memory_table import MemoryTable
from fanin.adapters.sequential import Sequential
from fanin.domain.errors import RetryableError
from fanin.domain.journal import Contents
from fanin.domain.plan import Plan
from fanin.domain.run import Run, RunId
from fanin.use_cases.decide_run import DecideRun
from fanin.use_cases.hub import Hub
from fanin.use_cases.look_into_journal import LookIntoJournal
from fanin.use_cases.read_journal import ReadJournal
from fanin.use_cases.record_after_closing import RecordAfterClosing
from fanin.use_cases.record_after_closing_in_journal import RecordAfterClosingInJournal
from fanin.use_cases.record_arrivals import RecordArrivals, Recorded
from fanin.use_cases.record_in_journal import RecordInJournal

HUB = Hub("urn:fanin:aws:us-east-1:111111111111:fanin", "arn:aws:events:us-east-1:111111111111:event-bus/fanin")
RUN = RunId("daily-close", "2026-03-31")
NOW_MS = 1_774_983_600_000
STALE_MS = 6_000  # a claim has ended by then

Message = Callable[[Contents], None]


class Stopped(BaseException):
    """The collector has taken its step."""


@dataclass(frozen=True)
class Build:
    """What collectors are made of; a test that leaves a step of the protocol out puts something else here."""

    journals: type[MemoryJournals] = MemoryJournals
    runs: type[MemoryRuns] = MemoryRuns
    look: type[LookIntoJournal] = LookIntoJournal
    record: type[RecordInJournal] = RecordInJournal
    record_narrow: type[RecordArrivals] = RecordArrivals
    around_journals: Callable[[Any], Any] = lambda port: port


@dataclass(frozen=True)
class Actor:
    """A collector at work on a batch: the answers and the times that it got so far. `paused`: it waits for somebody else's writes."""

    batch: tuple[str, ...]
    answers: tuple[Any, ...] = ()
    times: tuple[int, ...] = ()
    paused: bool = False
    history: int = 0

    def key(self) -> tuple[object, ...]:
        """The same for collectors that will do the same."""
        return self.batch, self.history, self.paused


@dataclass(frozen=True)
class State:
    """Everything that there is. `acked` says what became of each message that was acknowledged, `waiting` are those to be delivered."""

    table: MemoryTable
    at_ms: int
    actors: tuple[Actor, ...]
    waiting: tuple[tuple[str, ...], ...]
    acked: tuple[tuple[str, Recorded], ...]
    crashes: int

    def key(self) -> int:
        """The same for states from which the same things can happen."""
        names = sorted((repr(journal), *sorted(segments)) for journal, segments in self.table.journals.items())
        table = (repr(list(self.table.runs.values())), repr(names), repr(sorted(self.table.payloads.values())))
        actors = sorted((actor.key() for actor in self.actors), key=repr)
        return hash((table, self.at_ms, tuple(actors), self.waiting, frozenset(self.acked), self.crashes))


@dataclass
class Explorer:
    """Looks into every state that can be reached."""

    plan: Plan
    messages: Mapping[str, Message]
    build: Build = field(default_factory=Build)
    page_segments: int = 10
    concurrent: int = 2
    seen: int = 0

    def begin(self, deliveries: Sequence[tuple[str, ...]], crashes: int) -> State:
        """The batches that are delivered, in this order, and how many crashes may happen."""
        return State(MemoryTable(), NOW_MS, (), tuple(deliveries), (), crashes)

    def states(self, first: State) -> Iterator[State]:
        """Every state in which nothing can happen any more, each once."""
        seen, stack = set[int](), [first]
        while stack:
            state = stack.pop()
            key = state.key()
            if key in seen:
                continue
            seen.add(key)
            self.seen = len(seen)
            following = list(self.following(state))
            if not following:
                yield state
            stack.extend(following)

    def walk(self, state: State, randomness: random.Random) -> State:
        """One way to the end, at random."""
        while True:
            following = list(self.following(state))
            if not following:
                return state
            state = randomness.choice(following)

    def following(self, state: State) -> Iterator[State]:
        """What can happen next: a batch is delivered, a collector takes a step or crashes, or, when all of them wait, time passes."""
        if state.waiting and len(state.actors) < self.concurrent:
            batch, *rest = state.waiting
            yield replace(state, actors=(*state.actors, Actor(batch)), waiting=tuple(rest))
        for actor in state.actors:
            others = list(state.actors)
            others.remove(actor)
            if not actor.paused:
                yield self._step(state, actor, tuple(others))
            if state.crashes and actor.answers:
                yield self._redelivered(state, actor, tuple(others), crashes=state.crashes - 1)
        if state.actors and all(actor.paused for actor in state.actors):
            yield replace(state, at_ms=state.at_ms + STALE_MS, actors=tuple(replace(actor, paused=False) for actor in state.actors))

    def _redelivered(self, state: State, actor: Actor, others: tuple[Actor, ...], crashes: int) -> State:
        """The messages of a batch come again, together with those of the next one, if there is any."""
        joined = (*actor.batch, *(state.waiting[0] if state.waiting else ()))
        return replace(state, actors=others, waiting=(tuple(dict.fromkeys(joined)), *state.waiting[1:]), crashes=crashes)

    def _step(self, state: State, actor: Actor, others: tuple[Actor, ...]) -> State:
        table = copied(state.table)
        replay = Replay(list(actor.answers), list(actor.times), state.at_ms)
        record, contents = self._collector(table, replay), Contents()
        for name in actor.batch:
            self.messages[name](contents)
        try:
            recorded, _ = record(contents)
        except Stopped:
            moved = table.runs != state.table.runs
            awake = tuple(replace(other, paused=other.paused and not moved) for other in others)
            history = hash((actor.history, repr(replay.answers[-1]), tuple(replay.times)))
            stepped = Actor(actor.batch, tuple(replay.answers), tuple(replay.times), replay.pauses, history)
            return replace(state, table=table, actors=(*awake, stepped))
        except RetryableError:
            return self._redelivered(replace(state, table=table), actor, others, state.crashes)
        awake = tuple(replace(other, paused=False) for other in others)
        return replace(state, table=table, actors=awake, acked=(*state.acked, *((name, recorded) for name in actor.batch)))

    def _collector(self, table: MemoryTable, replay: Replay) -> Callable[[Contents], tuple[Recorded, Run | None]]:
        clock, build = replay, self.build
        runs, deliveries = replay.on(build.runs(table)), replay.on(MemoryDeliveries(table))
        journals = build.around_journals(replay.on(build.journals(table, self.page_segments)))
        wakeups, rechecks, parallel = MemoryWakeups(), MemoryRechecks(), Sequential()
        read = ReadJournal(journals, deliveries, parallel)
        look = build.look(runs, journals, read, wakeups, rechecks, clock, HUB, parallel, replay.pause)
        if self.plan.is_wide:
            late = RecordAfterClosingInJournal(runs, journals, read, deliveries, wakeups, clock, HUB, parallel)
            wide = build.record(runs, journals, look, late, clock, parallel)
            return lambda contents: wide(self.plan, RUN, contents, may_open=True)
        after_closing = RecordAfterClosing(runs, deliveries, wakeups, clock, HUB)
        narrow = build.record_narrow(runs, DecideRun(runs, wakeups, rechecks, clock, HUB, look), after_closing, clock)
        return lambda contents: narrow(self.plan, RUN, contents.named, may_open=True)


@dataclass
class Replay:
    """Answers from before, then one further call, then no more. As a clock it says what it said before, then what time it is."""

    answers: list[Any]
    times: list[int]
    at_ms: int
    pauses: bool = False
    _at: int = 0
    _looked: int = 0
    _stepped: bool = False

    def on(self, port: Any) -> Any:
        return _Port(port, self)

    def now_ms(self) -> int:
        """The `Clock` port."""
        if self._looked == len(self.times):
            self.times.append(self.at_ms)
        self._looked += 1
        return self.times[self._looked - 1]

    def pause(self, _: int) -> None:
        """Waiting is a step of its own, which ends when somebody has written or time has passed."""
        self.call(lambda: None)
        if self._stepped and self._at == len(self.answers):
            self.pauses = True

    def call(self, work: Callable[[], Any]) -> Any:
        if self._at < len(self.answers):
            self._at += 1
            return self.answers[self._at - 1]
        if self._stepped:
            raise Stopped
        self._stepped = True
        self.answers.append(work())
        self._at += 1
        return self.answers[-1]


class _Port:
    def __init__(self, port: Any, replay: Replay) -> None:
        self._port, self._replay = port, replay

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        return lambda *args, **kwargs: self._replay.call(lambda: method(*args, **kwargs))


def copied(table: MemoryTable) -> MemoryTable:
    """A table that may be written to without the other one knowing; what is in it is immutable."""
    found = MemoryTable(**{one.name: _copied(getattr(table, one.name)) for one in fields(table)})
    found.journals = {journal: dict(segments) for journal, segments in table.journals.items()}
    return found


def _copied(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else value


def the_run(state: State) -> Run | None:
    return state.table.runs.get(RUN)
