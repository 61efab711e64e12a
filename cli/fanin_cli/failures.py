"""How a command fails: one error that says what, where and how to mend it, and the exit code that scripts rely on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from fanin.domain.errors import FaninError, RetryableError

_MISSING = frozenset({"join-not-found", "run-not-found"})


class ExitCode(IntEnum):
    """The whole list; documented in docs/cli.md."""

    OK = 0
    BAD = 1  # the thing asked about is bad, refused or not there
    MISUSE = 2  # wrong use, or definitions that are wrong
    UNANSWERED = 3  # the hub could not be asked or could not answer; nothing was learned


class CommandError(FaninError):
    """The end of a command. `hint` is what to do about it."""

    def __init__(self, code: str, message: str, hint: str | None = None, exit_code: ExitCode = ExitCode.MISUSE) -> None:
        super().__init__(code, message)
        self.hint = hint
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class HubProblem:
    """One problem as the operator or viewer tells it; `label` and `path` are empty unless it is about a definition."""

    label: str
    path: tuple[str | int, ...]
    code: str
    message: str
    hint: str | None


class HubRefusalError(FaninError):
    """The hub answered, and the answer is no: `problems`, at least one."""

    def __init__(self, problems: tuple[HubProblem, ...]) -> None:
        super().__init__(problems[0].code, problems[0].message)
        self.problems = problems


def exit_code_of(error: FaninError) -> ExitCode:
    """The exit code of an error that ends a command."""
    if isinstance(error, CommandError):
        return error.exit_code
    if isinstance(error, HubRefusalError):
        if error.code == "request-invalid":
            return ExitCode.MISUSE
        return ExitCode.BAD if error.code in _MISSING else ExitCode.UNANSWERED
    return ExitCode.UNANSWERED if isinstance(error, RetryableError) else ExitCode.MISUSE


def lines_of(error: FaninError) -> list[str]:
    """What to tell about an error, one line for each problem; not yet neutralised."""
    if isinstance(error, HubRefusalError):
        return [_line(one.code, one.message, one.hint) for one in error.problems]
    return [_line(error.code, error.message, error.hint if isinstance(error, CommandError) else None)]


def _line(code: str, message: str, hint: str | None) -> str:
    return f"fanin: {code}: {message}" + (f" ({hint})" if hint else "")
