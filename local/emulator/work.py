"""Work that takes its time without anything being run: the tasks, jobs and builds of the stand-ins.

Whoever starts such work says how it goes, in its environment (in Glue's arguments with two dashes before the name):

    FANIN_LOCAL_SECONDS     how long it runs, 1 unless said; `told` runs until a test ends it
    FANIN_LOCAL_EXIT_CODE   how its process exits, 0 unless said

A test ends work that waits for it with POST /_fanin/work-ends {"id", "exitCode"}, beside the AWS API.
"""

import contextvars
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.emulator import service_events

PATH = "/_fanin/work-ends"
SECONDS, EXIT_CODE = "FANIN_LOCAL_SECONDS", "FANIN_LOCAL_EXIT_CODE"
_TOLD = "told"
_START_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Work:
    """One piece of work: what is to happen at its end, and in whose account and Region."""

    ended: Callable[[int | None], None]
    context: contextvars.Context = field(default_factory=contextvars.copy_context)


_going: dict[str, _Work] = {}
_lock = threading.Lock()


def install() -> None:
    service_events.ROUTES[PATH] = lambda request: _told_to_end(request["id"], request["exitCode"])


def begin(id_: str, said: Mapping[str, str], running: Callable[[], None], ended: Callable[[int | None], None]) -> None:
    """Call `running` in a moment, and `ended` once, when the time is over or a test says so.

    `ended` gets the exit code that a test told, or None when the processes exit as was said at the start.
    """
    work = _Work(ended)
    with _lock:
        _going[id_] = work
    _later(_START_SECONDS, work, lambda: _run(id_, said.get(SECONDS, "1"), running))


def end(id_: str) -> bool:
    """Take the work off the clock; False when it ended already. Nothing is called: the caller knows what comes of it."""
    with _lock:
        return _going.pop(id_, None) is not None


def exit_code_of(said: Mapping[str, str]) -> int:
    return int(said.get(EXIT_CODE, "0"))


def _run(id_: str, seconds: str, running: Callable[[], None]) -> None:
    work = _going.get(id_)
    if work is None:
        return
    running()
    if seconds != _TOLD:
        _later(float(seconds), work, lambda: _finish(id_, None))


def _finish(id_: str, exit_code: int | None) -> None:
    with _lock:
        work = _going.pop(id_, None)
    if work is not None:
        work.ended(exit_code)


def _told_to_end(id_: str, exit_code: int) -> None:
    work = _going.get(id_)
    if work is None:
        raise LookupError(f"no work {id_} is going on")
    work.context.copy().run(_finish, id_, exit_code)


def _later(seconds: float, work: _Work, call: Callable[[], Any]) -> None:
    timer = threading.Timer(seconds, work.context.copy().run, (call,))
    timer.daemon = True
    timer.start()
