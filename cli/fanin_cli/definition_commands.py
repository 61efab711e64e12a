"""validate, apply, delete: from definition files to joins. Nothing is sent while any file has a problem."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from fanin_cli.answers import Fields
from fanin_cli.catching_up import catch_up_lines, wait_until_caught_up
from fanin_cli.clients import session_of
from fanin_cli.definition_problems import refuse
from fanin_cli.failures import ExitCode, HubRefusalError
from fanin_cli.hub_client import Question, hub_of
from fanin_cli.options import JoinName, JsonFlag, ZoneName, confirmed, zone_named
from fanin_cli.rendering import complain, moment, say, say_json

if TYPE_CHECKING:
    from fanin.definitions.compiler import CompiledJoin
    from fanin_cli.definition_files import DefinitionFiles

Files = Annotated[list[str], typer.Argument(metavar="FILE", help="YAML files of join definitions.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Let the hub check everything, and change nothing.")]
CatchUp = Annotated[
    str | None,
    typer.Option("--catch-up", metavar="DURATION", help="Look for what ended so long before now, such as PT6H or P2D; at most P20D."),
]
Wait = Annotated[bool, typer.Option("--wait", help="With --catch-up: wait until every source has been asked.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def validate(files: Files, as_json: JsonFlag = False) -> None:
    """Check definition files, offline: every problem with its place and how to mend it.

    Exit code 0 when all are right, 2 when any is wrong. What only the hub knows (the accounts and buses that it may reach) is checked by
    apply.
    """
    loaded = load_right(files, as_json=as_json)
    if as_json:
        say_json({"ok": True, "joins": [one.join for one in loaded.joins]})
        return
    for document, join in zip(loaded.documents, loaded.joins, strict=True):
        say(f"{document.label}: {join.join}: ok ({_shape(join)})")


def apply(
    context: typer.Context,
    files: Files,
    dry_run: DryRun = False,
    catch_up: CatchUp = None,
    wait: Wait = False,
    as_json: JsonFlag = False,
    zone: ZoneName = None,
) -> None:
    """Make definitions the current ones, all or none: applying again changes nothing.

    Runs that are open keep the version they opened with. With --catch-up the sources are asked for what ended before now; doing that again
    does it again, and changes nothing either. Exit code 2 when any definition is wrong, and then nothing was written.
    """
    shown_zone = zone_named(zone)
    back = {} if catch_up is None else {"catchUp": _checked(catch_up)}
    if wait and (catch_up is None or dry_run):
        raise typer.BadParameter("there is nothing to wait for without --catch-up, or in a --dry-run.", param_hint="--wait")
    loaded = load_right(files, as_json=as_json)
    answer = ask_operator(context, loaded, loaded.question("apply", dryRun=dry_run, **back), as_json=as_json)
    results = answer.objects("results")
    if not as_json:
        for one in results:
            when = "" if dry_run else f", everywhere from {moment(one.number('effectiveFromMs'), shown_zone)}"
            say(f"{one.text('join')}: {_change(one, dry_run=dry_run)} (version {one.number('version')}{when})")
            for line in () if catch_up is None else catch_up_lines(one.nested("catchUp"), shown_zone, dry_run=dry_run):
                say(line)
    if wait:
        wait_until_caught_up(hub_of(session_of(context)), [one.text("join") for one in results], tell=not as_json)
    if as_json:
        say_json({"ok": True, "dryRun": dry_run, "results": [one.members for one in results]})


def delete(context: typer.Context, join: JoinName, yes: Yes = False) -> None:
    """Delete a join: it opens no more runs; the runs that are open go on to their end."""
    session = session_of(context)
    if not yes and not confirmed(f"Delete the join {join} from the hub {session.deployment.hub}?"):
        complain("fanin: nothing was deleted")
        raise typer.Exit(ExitCode.BAD)
    hub_of(session).operator({"action": "delete", "join": join})
    say(f"{join}: deleted")


def load_right(files: Sequence[str], *, as_json: bool) -> DefinitionFiles:
    """The definitions in files, which are right; otherwise the command ends with all problems."""
    from fanin_cli.definition_files import read_files  # noqa: PLC0415 - start-up time: pydantic and PyYAML

    loaded = read_files(files)
    if loaded.problems:
        refuse(loaded.problems, as_json=as_json)
    return loaded


def ask_operator(context: typer.Context, loaded: DefinitionFiles, question: Question, *, as_json: bool) -> Fields:
    """The operator's answer about definitions; what it finds wrong with them is told at its place in the files."""
    try:
        return hub_of(session_of(context)).operator(question)
    except HubRefusalError as refusal:
        labels = {one.label for one in loaded.documents}
        if not all(one.label in labels for one in refusal.problems):
            raise
        refuse(loaded.locate(refusal.problems), as_json=as_json)


def _shape(join: CompiledJoin) -> str:
    predecessors, successors = len(join.content.predecessors), len(join.content.successors)
    return f"{predecessors} predecessor{'s' * (predecessors > 1)}, {successors} successor{'s' * (successors > 1)}"


def _change(result: Fields, *, dry_run: bool) -> str:
    if not result.flag("changed"):
        return "unchanged"
    done = "created" if result.number("version") == 1 else "changed"
    return f"would be {done}" if dry_run else done


def _checked(duration: str) -> str:
    from fanin.definitions.problems import RefusedValueError  # noqa: PLC0415 - start-up time
    from fanin.definitions.times import catch_up  # noqa: PLC0415 - likewise

    try:
        catch_up(duration)
    except RefusedValueError as error:
        raise typer.BadParameter(f"{error.message} ({error.hint}).", param_hint="--catch-up") from None
    return duration
