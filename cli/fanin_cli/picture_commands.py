"""explain and graph: definitions in plain sentences, and as a picture of the job net."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from fanin_cli.clients import session_of
from fanin_cli.definition_commands import Files, load_right
from fanin_cli.definition_problems import refuse
from fanin_cli.failures import CommandError, ExitCode
from fanin_cli.hub_client import hub_of
from fanin_cli.options import JsonFlag
from fanin_cli.rendering import complain, say, say_json

if TYPE_CHECKING:
    from fanin.domain.plan import Plan

SomeFiles = Annotated[list[str] | None, typer.Argument(metavar="FILE", help="YAML files of join definitions.", show_default=False)]
Applied = Annotated[bool, typer.Option("--applied", help="Draw the joins that are applied on the hub instead of files.")]


def explain(files: Files, as_json: JsonFlag = False) -> None:
    """Say in plain sentences what definitions do, offline: when they fire, what they wait for, the next three windows."""
    from fanin.definitions import explain as explaining  # noqa: PLC0415 - start-up time

    loaded = load_right(files, as_json=as_json)
    now_ms = time.time_ns() // 1_000_000
    explained = {join.join: explaining.explain(join.content, now_ms) for join in loaded.joins}
    if as_json:
        say_json({"ok": True, "joins": [{"join": join, "sentences": sentences} for join, sentences in explained.items()]})
        return
    for number, sentences in enumerate(explained.values()):
        if number:
            say("")
        for sentence in sentences:
            say(sentence)


def graph(context: typer.Context, files: SomeFiles = None, applied: Applied = False, as_json: JsonFlag = False) -> None:
    """Draw the job net over all joins as a Mermaid flowchart: of files, offline, or of what is applied.

    A target is taken for the state machine of its name in the successor's account. Exit code 1 when joins start one another in a circle;
    each circle is named on standard error.
    """
    from fanin.definitions.cycles import cycles, targets_by_name  # noqa: PLC0415 - start-up time
    from fanin.definitions.graph import mermaid  # noqa: PLC0415 - likewise

    if applied == bool(files):
        raise typer.BadParameter("give files, or --applied for the joins of the hub.", param_hint="FILE")
    plans = _applied(context) if applied else _of_files(files or [], as_json=as_json)
    targets = targets_by_name(plans)
    circles, drawing = cycles(plans, targets), mermaid(plans, targets)
    if as_json:
        say_json({"ok": not circles, "mermaid": drawing, "cycles": [list(circle) for circle in circles]})
    else:
        for line in drawing.splitlines():
            say(line)
        for circle in circles:
            complain(f"fanin: join-cycle: the joins start one another in a circle: {' -> '.join((*circle, circle[0]))}")
    if circles:
        raise typer.Exit(ExitCode.BAD)


def _of_files(files: list[str], *, as_json: bool) -> list[Plan]:
    """The plans in files; a circle of joins is all that may be wrong with them, since it is what is looked for."""
    from fanin.definitions.problems import Code  # noqa: PLC0415 - start-up time
    from fanin_cli.definition_files import read_files  # noqa: PLC0415 - likewise

    loaded = read_files(files)
    problems = [one for one in loaded.problems if one.problem.code != Code.JOIN_CYCLE]
    if problems:
        refuse(problems, as_json=as_json)
    return [join.content for join in loaded.joins]


def _applied(context: typer.Context) -> list[Plan]:
    """The plans on the hub, as far as a picture needs them; CommandError `hub-answer` for what this release cannot read."""
    from fanin_cli.applied_plans import plan_of  # noqa: PLC0415 - start-up time

    joins = hub_of(session_of(context)).viewer({"action": "joins"}).objects("joins")
    try:
        return [plan_of(one) for one in joins]
    except ValueError as error:
        raise CommandError("hub-answer", f"a join of the hub cannot be drawn: {error}", exit_code=ExitCode.UNANSWERED) from error
