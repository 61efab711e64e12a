"""lint: whether the joins in files would fire early, by what the definitions of their state machines say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from fanin_cli.clients import session_of
from fanin_cli.definition_commands import Files, load_right
from fanin_cli.definition_problems import refuse
from fanin_cli.failures import ExitCode
from fanin_cli.options import JsonFlag
from fanin_cli.rendering import complain, say, say_json

if TYPE_CHECKING:
    from fanin_cli.lint.findings import Finding
    from fanin_cli.lint.library import Library
    from fanin_cli.lint.machines import Machine

_MACHINE_HELP = (
    "A state machine to look at, instead of those of the files' predecessors: its ARN, or a file with its definition, as FILE or ARN=FILE. "
    "May be given several times."
)
StateMachineOption = Annotated[list[str] | None, typer.Option("--state-machine", metavar="ARN|FILE", help=_MACHINE_HELP)]
_IGNORE_HELP = "A code not to warn of, such as message-sent. May be given several times."
IgnoreOption = Annotated[list[str] | None, typer.Option("--ignore", metavar="CODE", help=_IGNORE_HELP)]


def lint(
    context: typer.Context,
    files: Files,
    state_machine: StateMachineOption = None,
    ignore: IgnoreOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Warn of state machines whose execution ends before their work does, so that a join on them fires early.

    Says which predecessor to wait for instead, and what else about a state machine a join would not notice. Without --state-machine the
    definitions of all predecessors are read with states:DescribeStateMachine. Exit code 0 when nothing was found, 1 when anything was.
    """
    from fanin_cli.lint.inspection import Inspection  # noqa: PLC0415 - start-up time
    from fanin_cli.lint.library import Library  # noqa: PLC0415 - likewise
    from fanin_cli.lint.waiting import waiting_in  # noqa: PLC0415 - likewise

    session, ignored = session_of(context), _codes(ignore or ())
    waiting = tuple(waiting_in(load_right(files, as_json=as_json).documents))
    waited_for = tuple(dict.fromkeys(one.arn for one in waiting if one.arn is not None))
    given = state_machine or list(waited_for)
    in_files = _in_files(given, waited_for, as_json=as_json)
    arns = [_arn(one) for one in given if _is_arn(one)]
    ask = (lambda: session.connect().state_machines(session.deployment)) if arns else None
    library = Library({one.arn: one for one in in_files if one.arn}, ask)
    machines = (*in_files, *(found for arn in arns if (found := library.find(arn))))
    findings = Inspection(waiting, library.find).look_at(machines)
    _tell([one for one in findings if one.code not in ignored], library, as_json=as_json)


def _codes(given: Sequence[str]) -> set[str]:
    from fanin_cli.lint.codes import LintCode  # noqa: PLC0415 - start-up time

    known = {str(code) for code in LintCode}
    for one in given:
        if one not in known:
            raise typer.BadParameter(f"there is no code {one!r}; there are {', '.join(sorted(known))}.", param_hint="--ignore")
    return set(given)


def _in_files(given: Sequence[str], waited_for: Sequence[str], *, as_json: bool) -> list[Machine]:
    """The state machines whose definitions are in files; the command ends with what is wrong with any."""
    from fanin.definitions.source_file import RefusedFileError  # noqa: PLC0415 - start-up time
    from fanin_cli.lint.machines import machine_in_file  # noqa: PLC0415 - likewise

    machines = []
    for one in given:
        if _is_arn(one):
            continue
        arn, file = (_arn(one.partition("=")[0]), one.partition("=")[2]) if one.startswith("arn:") else (_of_file(one, waited_for), one)
        try:
            machines.append(machine_in_file(file, arn))
        except RefusedFileError as error:
            refuse([error.located], as_json=as_json)
    return machines


def _is_arn(given: str) -> bool:
    return given.startswith("arn:") and "=" not in given


def _arn(text: str) -> str:
    from fanin.definitions.arns import state_machine_arn  # noqa: PLC0415 - start-up time
    from fanin.definitions.problems import RefusedValueError  # noqa: PLC0415 - likewise

    try:
        return state_machine_arn(text)
    except RefusedValueError as error:
        raise typer.BadParameter(f"{error.message}" + (f" ({error.hint})" if error.hint else ""), param_hint="--state-machine") from None


def _of_file(file: str, waited_for: Sequence[str]) -> str | None:
    """The state machine that a file is taken for: the one of its name, or the only one that is waited for."""
    stem = PurePath(file).name.partition(".")[0]
    named = [arn for arn in waited_for if arn.rpartition(":")[2] == stem] or list(waited_for)
    if len(named) <= 1:
        return next(iter(named), None)
    complain(f"fanin: which predecessor is {file}? Name it as its state machine, or write ARN={file}; it is looked at by itself")
    return None


def _tell(findings: Sequence[Finding], library: Library, *, as_json: bool) -> None:
    if as_json:
        unread = [one.members() for one in library.unread.values()]
        say_json({"ok": not findings and not unread, "findings": [one.members() for one in findings], "unread": unread})
    else:
        for finding in findings:
            say(str(finding))
            for line in finding.snippet:
                say(f"    {line}")
        for one in library.unread.values():
            complain(str(one))
    if findings or library.unread:
        raise typer.Exit(ExitCode.BAD if findings else ExitCode.UNANSWERED)
