"""A finding: one thing about a state machine that a join on it may not mean, where, and what to wait for instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fanin.definitions.locations import Position
from fanin.definitions.problems import Path, where
from fanin_cli.lint.codes import LintCode
from fanin_cli.lint.machines import Machine
from fanin_cli.lint.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Finding:
    """`state` is the state's name with those around it before it, None for the state machine as a whole; `snippet` is YAML to paste."""

    machine: Machine
    path: Path
    state: str | None
    code: LintCode
    message: str
    hint: str | None
    waiting: Sequence[Waiting]
    snippet: Sequence[str] = ()

    @property
    def position(self) -> Position | None:
        """Where it is; None for a state machine that is in no file."""
        return self.machine.source.locate(self.path) if self.machine.in_file else None

    def __str__(self) -> str:
        at = self.position
        place = f"{self.machine.source.file}:{at.line}:{at.column}" if at else self.machine.source.file
        field = f"{where(self.path)}: " if self.path else ""
        return f"{place}: {self.code}: {field}{self.message}" + (f" ({self.hint})" if self.hint else "")

    def members(self) -> dict[str, object]:
        """The finding as JSON values."""
        at = self.position
        return {
            "file": self.machine.source.file if at else None,
            "line": at.line if at else None,
            "column": at.column if at else None,
            "stateMachine": self.machine.arn,
            "code": str(self.code),
            "path": list(self.path),
            "state": self.state,
            "message": self.message,
            "hint": self.hint,
            "predecessors": [one.members() for one in self.waiting],
            "instead": "\n".join(self.snippet) or None,
        }
