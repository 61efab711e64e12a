"""The state machines that lint looks at: some in files, the others read where they run, with states:DescribeStateMachine.

A state machine that cannot be read is kept with the reason: it does not hide what is found in the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fanin.definitions.problems import shown
from fanin.definitions.source_file import RefusedFileError
from fanin_cli.clients import StateMachines
from fanin_cli.failures import CommandError
from fanin_cli.lint.json_source import parse_json
from fanin_cli.lint.machines import Machine, machine_of


@dataclass(frozen=True, slots=True)
class Unread:
    """A state machine that could not be read."""

    arn: str
    code: str
    message: str
    hint: str | None

    def __str__(self) -> str:
        return f"fanin: {self.code}: {self.message}" + (f" ({self.hint})" if self.hint else "")

    def members(self) -> dict[str, object]:
        """As JSON values."""
        return {"stateMachine": self.arn, "code": self.code, "message": self.message, "hint": self.hint}


@dataclass(slots=True)
class Library:
    """State machines by ARN, each read once. `ask` gives the way to AWS; None where nothing is to be read there."""

    in_files: Mapping[str, Machine]
    ask: Callable[[], StateMachines] | None
    unread: dict[str, Unread] = field(default_factory=dict)
    _read: dict[str, Machine] = field(default_factory=dict)
    _asked: StateMachines | None = None

    def find(self, arn: str) -> Machine | None:
        """The state machine of an ARN; None when it is in no file and cannot be read either."""
        known = self.in_files.get(arn) or self._read.get(arn)
        if known is not None or self.ask is None or arn in self.unread:
            return known
        try:
            self._read[arn] = self._described(arn)
        except CommandError as error:
            self.unread[arn] = Unread(arn, error.code, error.message, error.hint)
        except RefusedFileError as error:
            problem = error.located.problem
            self.unread[arn] = Unread(arn, problem.code, f"the definition of {shown(arn)} cannot be read: {problem.message}", None)
        return self._read.get(arn)

    def _described(self, arn: str) -> Machine:
        if self._asked is None and self.ask is not None:
            self._asked = self.ask()
        if self._asked is None:
            raise LookupError(arn)
        described = self._asked.describe(arn)
        return machine_of(parse_json(arn, described.definition), arn, express=described.express, in_file=False)
