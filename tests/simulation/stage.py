"""The stage: virtual time, the invocations that run at once, and who goes on at every call on a port.

Each invocation is a greenlet. At a call on any port it may be put aside, so that others (or time) come in between; the call itself is one
step, as every call on a twin is. One seed decides everything (`tests.simulation.choices`).
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar, cast

from greenlet import getcurrent, greenlet

from tests.simulation.choices import Choices
from tests.simulation.faults import AT_CALLS, TRANSACTIONS, Fault, Killed, can_happen, trouble

P = TypeVar("P")


class SimulationError(BaseException):
    """The simulation itself has failed."""


PAUSES_MS = (40, 700, 9_000, 45_000)
PAUSED = 0.05
MAX_AT_ONCE = 4
MAX_FAULTS = 60


@dataclass(frozen=True, slots=True)
class Swarm:
    """What kind of schedule this is: how often invocations are put aside, and which faults happen how often."""

    switch: float
    fault: float
    faults: tuple[Fault, ...]
    transport: float
    skew: bool
    batch: int


@dataclass(slots=True, eq=False)
class Invocation:
    """One function at work: it ends, crashes, or is killed when its time is up."""

    name: str
    until_ms: int
    crashed: Callable[[], None]
    thread: greenlet
    asleep: bool = False


@dataclass(slots=True)
class Stage:
    """The scheduler of one schedule. `faulty` until the world is healed; `on_step` looks at the world after every step."""

    choices: Choices
    swarm: Swarm
    now_ms: int
    trace: list[str] | None = None
    faulty: bool = True
    steps: int = 0
    injected: Counter[Fault] = field(default_factory=Counter)
    running: list[Invocation] = field(default_factory=list)
    on_step: Callable[[str, str, tuple[Any, ...]], None] = lambda *_: None
    planned: Mapping[int, Fault] = field(default_factory=dict)
    _indexed: dict[int, Any] = field(default_factory=dict)
    _events: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _number: int = 0
    _main: greenlet = field(default_factory=getcurrent)

    # Ports under this scheduler.

    def on(self, port: P) -> P:
        """The port, with this scheduler at each of its calls."""
        return cast("P", _Watched(port, self))

    def call(self, port: str, name: str, work: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One step of whoever calls."""
        if self.choices.pick(2, self.swarm.switch) or self._is_put_aside():
            self._main.switch()
        self.steps += 1
        fault = self._fault(port, name)
        if self.trace is not None:
            told = ", ".join([*(_brief(one) for one in args), *(f"{key}={_brief(value)}" for key, value in kwargs.items())])
            self.told(f"{_who()} {port}.{name}({told}){f'  << {fault.value}' if fault else ''}")
        if fault is None:
            answer = work(*args, **kwargs)
            self._stepped(port, name, args)
            if port == "DueIndex":
                self._indexed[args[0]] = answer
            return answer
        return self._gone_wrong(fault, port, name, partial(work, **kwargs), args)

    def _is_put_aside(self) -> bool:
        aside = self.planned.get(self.steps + 1) is Fault.ASIDE
        self.injected[Fault.ASIDE] += aside
        return aside

    def _fault(self, port: str, name: str) -> Fault | None:
        planned = self.planned.get(self.steps) if self.planned else None
        if planned is None:
            if not self.faulty or not self.swarm.fault or sum(self.injected.values()) > MAX_FAULTS:
                return None
            number = self.choices.pick(1 + len(self.swarm.faults), self.swarm.fault)
            planned = self.swarm.faults[number - 1] if number else None
        if planned is None or planned is Fault.ASIDE or not can_happen(planned, port, name):
            return None
        self.injected[planned] += 1
        return planned

    def _gone_wrong(self, fault: Fault, port: str, name: str, work: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """A call that is not made, or not answered, as it should be."""
        match fault:
            case Fault.CRASH_BEFORE:
                raise Killed
            case Fault.CONFLICT:
                return False
            case Fault.REFUSED:
                return trouble(port, name, fault, args)
            case Fault.STALE:
                return self._indexed.get(args[0], ())
            case Fault.PARTLY:
                return self._partly(port, name, work, args)
            case _:
                return self._after(fault, port, name, work, args)

    def _partly(self, port: str, name: str, work: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """A queue takes the first entry of a batch and raises for the rest; a bus answers for each."""
        if name == "put_all":
            *where, details = args
            answers = [*work(*where, details[:1]), *trouble(port, name, Fault.REFUSED, (details[1:],))]
            self._stepped(port, name, args)
            return answers
        work(args[0][:1], *args[1:])
        self._stepped(port, name, args)
        return trouble(port, name, Fault.REFUSED, args)

    def _after(self, fault: Fault, port: str, name: str, work: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        answer = work(*args)
        self._stepped(port, name, args)
        if fault is Fault.CRASH_AFTER:
            raise Killed
        if fault is Fault.ANSWER_LOST:
            return trouble(port, name, fault, args)
        if fault is Fault.REPEATED and name not in TRANSACTIONS:
            answer = work(*args)
            self._stepped(port, name, args)
        return answer

    def _stepped(self, port: str, name: str, args: tuple[Any, ...]) -> None:
        try:
            self.on_step(port, name, args)
        except Exception as error:
            # Not what a function may take for trouble of its own.
            raise SimulationError(f"{port}.{name}: {error!r}") from error

    # Time.

    def at(self, at_ms: int, work: Callable[[], None]) -> None:
        """Let something happen at a moment."""
        self._number += 1
        heapq.heappush(self._events, (max(at_ms, self.now_ms), self._number, work))

    def next_ms(self) -> int | None:
        """When something happens next."""
        return self._events[0][0] if self._events else None

    def pass_until(self, until_ms: int) -> None:
        """Let time pass, and happen what happens until then."""
        while self._events and self._events[0][0] <= until_ms:
            at_ms, _, work = heapq.heappop(self._events)
            self.now_ms = max(self.now_ms, at_ms)
            work()
        self.now_ms = max(self.now_ms, until_ms)

    # Invocations.

    def begin(self, name: str, work: Callable[[], None], crashed: Callable[[], None], time_s: int = 30) -> None:
        """Begin an invocation and let it go on until it is put aside or ends."""
        invocation = Invocation(name, self.now_ms + time_s * 1000, crashed, greenlet(work))
        invocation.thread.__dict__["name"] = name
        self.running.append(invocation)
        self._go_on(invocation)

    def sleep(self, for_ms: int) -> None:
        """Whoever calls goes on after a while, at the earliest."""
        thread = getcurrent()
        sleeper = next(one for one in self.running if one.thread is thread)
        sleeper.asleep = True
        self.at(self.now_ms + for_ms, lambda: setattr(sleeper, "asleep", False))
        self._main.switch()

    def go_on(self, startable: list[Callable[[], None]]) -> bool:
        """One choice of who does something next: who was put aside longest, another, a new invocation, or time. False: nobody can."""
        begins = startable if len(self.running) < MAX_AT_ONCE else []
        awake = [partial(self._go_on, one) for one in self.running if not one.asleep]
        # Whoever was put aside last goes on last, so that something else comes in between.
        options: list[Callable[[], None]] = [*awake[:-1], *begins, *awake[-1:]]
        if not options:
            return False
        if self.running and self.faulty and self.choices.pick(2, PAUSED):
            self._pause()
        else:
            options[self.choices.pick(len(options), 0.4)]()
        return True

    def _pause(self) -> None:
        pause_ms = PAUSES_MS[self.choices.pick(len(PAUSES_MS), 0.6)]
        self.told(f"{pause_ms} ms pass")
        self.pass_until(self.now_ms + pause_ms)

    def _go_on(self, invocation: Invocation) -> None:
        thread = invocation.thread
        try:
            if invocation.until_ms < self.now_ms:
                self.injected[Fault.TIMEOUT] += 1
                self.told(f"{invocation.name} is killed: its time is up")
                thread.throw(Killed)
            else:
                thread.switch()
        except Killed:
            self.told(f"{invocation.name} is gone")
            self.running.remove(invocation)
            invocation.crashed()
            return
        self.running.remove(invocation)
        if not thread.dead:
            self.running.append(invocation)

    def told(self, text: str) -> None:
        """A line of the trace."""
        if self.trace is not None:
            self.trace.append(f"{self.now_ms % 86_400_000 / 1000:10.3f}  {text}")


class _Watched:
    def __init__(self, port: object, stage: Stage) -> None:
        self._port, self._stage, self._name = (
            port,
            stage,
            type(port).__name__.removeprefix("Memory").removeprefix("Software").removeprefix("Published"),
        )

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if not callable(value):
            return value
        stage, port = self._stage, self._name
        return lambda *args, **kwargs: stage.call(port, name, value, args, kwargs)


def _who() -> str:
    return str(getcurrent().__dict__.get("name", "people"))


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:157]}..."


__all__ = ["AT_CALLS", "Invocation", "Stage", "Swarm"]
