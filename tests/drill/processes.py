"""The processes that deployed functions run in, found and killed: only those of one local AWS, whatever else runs on this machine."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_NAME = b"AWS_LAMBDA_FUNCTION_NAME="
_LOOK_S = 0.02
_STARTED_TICKS = 3 * os.sysconf("SC_CLK_TCK") // 2  # of processor time; a cold start takes one second, or less
_CPU_FIELDS = slice(11, 13)  # user and system time in /proc/<pid>/stat, counted after the command's name


def kill_all(session: int, function: str) -> int:
    """Kill every process of a function, so that its next invocation begins with nothing in memory; how many there were."""
    pids = [pid for pid, _ in _used(session) if _function_of(pid) == function]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(pids)


def kill_one_at_work(session: int, chance: random.Random, patience_s: float) -> str | None:
    """Kill a process that is using the processor and has done more than start; its function, or None when none was within `patience_s`.

    Were those killed that only start, then nothing else would happen.
    """
    end = time.monotonic() + patience_s
    before: dict[int, int] = {}
    while time.monotonic() < end:
        used = dict(_used(session))
        at_work = sorted(pid for pid, ticks in used.items() if before.get(pid, ticks) < ticks > _STARTED_TICKS)
        if at_work:
            pid = chance.choice(at_work)
            function = _function_of(pid)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                return function
        before = used
        time.sleep(_LOOK_S)
    return None


def _used(session: int) -> Iterator[tuple[int, int]]:
    """The processor time that each function's process has used so far, in ticks."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            pid = int(entry.name)
            try:
                if os.getsid(pid) == session and _function_of(pid):
                    fields = (entry / "stat").read_text().rpartition(") ")[2].split()
                    yield pid, sum(map(int, fields[_CPU_FIELDS]))
            except OSError:
                continue  # it has ended meanwhile


def _function_of(pid: int) -> str:
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    return next((one.removeprefix(_NAME).decode() for one in variables if one.startswith(_NAME)), "")
