"""Processor time of processes, out of /proc: all that descend from one, as the function processes do from the emulator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM = 1, 11, 12  # of the fields behind the process's name, in proc(5)


class Descendants:
    """A meter that keeps what a process had used when it was last seen: some end while others go on. `itself`: the root's own too."""

    def __init__(self, root: int, *, itself: bool = False) -> None:
        self._root, self._itself = root, itself
        self._used_s: dict[int, float] = {}

    def used_s(self) -> float:
        """Seconds so far, of all processes ever seen. Look often: who ends in between is missed from there."""
        for process, used_s in _descendants(self._root, self._itself):
            self._used_s[process] = max(used_s, self._used_s.get(process, 0.0))
        return sum(self._used_s.values())

    @property
    def processes(self) -> int:
        """How many were ever seen."""
        return len(self._used_s)


def _descendants(root: int, itself: bool) -> Iterator[tuple[int, float]]:
    table = dict(_table())
    for process, (_, used_s) in table.items():
        parent = table[process][0]
        while parent in table and parent != root:
            parent = table[parent][0]
        if (parent == root and process != root) or (itself and process == root):
            yield process, used_s


def _table() -> Iterator[tuple[int, tuple[int, float]]]:
    for directory in Path("/proc").iterdir():
        if not directory.name.isdigit():
            continue
        try:
            fields = (directory / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        yield int(directory.name), (int(fields[_PARENT]), (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS_PER_S)
