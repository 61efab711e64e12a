"""How commands end that read definitions or scenarios: every problem on its line, and wrong use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import typer

from fanin_cli.failures import ExitCode
from fanin_cli.rendering import complain, say_json

if TYPE_CHECKING:
    from fanin.definitions.locations import LocatedProblem


def refuse(problems: Sequence[LocatedProblem], *, as_json: bool) -> NoReturn:
    """Tell all problems and end the command."""
    from fanin_cli.definition_files import members_of  # noqa: PLC0415 - start-up time

    if as_json:
        say_json({"ok": False, "problems": [members_of(one) for one in problems]})
    else:
        for one in problems:
            complain(str(one))
    raise typer.Exit(ExitCode.MISUSE)
