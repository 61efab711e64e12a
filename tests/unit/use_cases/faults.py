"""Faults between two steps: a port that crashes its caller, or loses its answer, at one chosen call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar, cast

P = TypeVar("P")

_TRANSACTIONS = frozenset(
    {
        "MemoryRuns.close",
        "MemoryRuns.acknowledge",
        "MemoryRuns.reopen",
        "MemoryRuns.alert",
        "MemoryStreams.release",
        "MemoryStreams.move",
    }
)


class Crash(BaseException):
    """The process is gone: nothing may catch this but the queue that redelivers."""


class Fault(Enum):
    """What goes wrong at the chosen call."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    REFUSED = "refused"
    ANSWER_LOST = "answer lost"
    CONFLICT = "conflict"  # two transactions were in each other's way, and neither happened


@dataclass(slots=True)
class Faults:
    """Counts the calls on all ports, from 1, and lets the planned ones go wrong, or something else happen just before them."""

    planned: dict[int, Fault | Callable[[], object]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def on(self, port: P) -> P:
        """The port, under these faults."""
        return cast("P", _Faulty(port, self))

    def call(self, name: str, work: Callable[[], Any], last: object = None) -> Any:
        self.calls.append(name)
        planned = self.planned.get(len(self.calls))
        match planned:
            case None:
                return work()
            case Fault.CRASH_BEFORE:
                raise Crash(name)
            case Fault.CRASH_AFTER:
                work()
                raise Crash(name)
            case Fault.REFUSED:
                return _trouble(name, last)
            case Fault.ANSWER_LOST:
                work()
                return _trouble(name, last)
            case Fault.CONFLICT:
                return False if name in _TRANSACTIONS else work()
            case meanwhile:
                meanwhile()
                return work()


def _trouble(name: str, events: object) -> list[str]:
    """What a caller sees of a call that timed out: the bus's adapter gives a code for each event, every other one raises."""
    match name, events:
        case "MemoryBus.put_all", list():
            return ["ReadTimeoutError"] * len(events)
        case _:
            raise TimeoutError(name)


class _Faulty:
    def __init__(self, port: object, faults: Faults) -> None:
        self._port, self._faults = port, faults

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if not callable(value):
            return value

        def called(*args: Any, **kwargs: Any) -> Any:
            return self._faults.call(f"{type(self._port).__name__}.{name}", lambda: value(*args, **kwargs), args[-1] if args else None)

        return called
