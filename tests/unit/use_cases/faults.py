"""Faults between two steps: a port that crashes its caller, or loses its answer, at one chosen call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar, cast

P = TypeVar("P")


class Crash(BaseException):
    """The process is gone: nothing may catch this but the queue that redelivers."""


class Fault(Enum):
    """What goes wrong at the chosen call."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    REFUSED = "refused"
    ANSWER_LOST = "answer lost"


@dataclass(slots=True)
class Faults:
    """Counts the calls on all ports, and lets one of them go wrong."""

    at: int | None = None
    fault: Fault = Fault.CRASH_BEFORE
    calls: list[str] = field(default_factory=list)

    def on(self, port: P) -> P:
        """The port, under these faults."""
        return cast("P", _Faulty(port, self))

    def call(self, name: str, work: Callable[[], Any]) -> Any:
        self.calls.append(name)
        if len(self.calls) != self.at:
            return work()
        if self.fault is Fault.CRASH_BEFORE:
            raise Crash(name)
        if self.fault is Fault.REFUSED:
            return _trouble(name)
        work()
        if self.fault is Fault.CRASH_AFTER:
            raise Crash(name)
        return _trouble(name)


def _trouble(name: str) -> str:
    """What a caller sees of a call that timed out: the bus's adapter gives a code, every other one raises."""
    if name == "MemoryBus.put":
        return "ReadTimeoutError"
    raise TimeoutError(name)


class _Faulty:
    def __init__(self, port: object, faults: Faults) -> None:
        self._port, self._faults = port, faults

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if not callable(value):
            return value
        return lambda *args, **kwargs: self._faults.call(f"{type(self._port).__name__}.{name}", lambda: value(*args, **kwargs))
