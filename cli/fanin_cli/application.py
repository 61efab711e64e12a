"""The frame around every command: global options anywhere on the line, one edge where errors become a line and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from fanin.domain.errors import FaninError
from fanin_cli.failures import exit_code_of, lines_of
from fanin_cli.rendering import complain

if TYPE_CHECKING:
    from typer._click.core import Command, Context
    from typer._click.formatting import HelpFormatter

GLOBAL_OPTIONS = ("--hub", "--region", "--profile")


class CommandGroup(TyperGroup):
    """Commands whose help says of each, under its heading, the first sentence whole."""

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """One section for each heading that commands were registered with."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                groups.setdefault(_heading(command), []).append((name, _first_paragraph(command)))
        width = max(len(name) for rows in groups.values() for name, _ in rows)
        for heading, rows in groups.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), text) for name, text in rows])


class Application(CommandGroup):
    """The `fanin` command itself."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Take the global options from wherever they stand: `fanin joins --hub night` is what fingers type."""
        return super().parse_args(ctx, args if ctx.resilient_parsing else _hoisted(ctx, args))

    def invoke(self, ctx: Context) -> Any:
        """Run the command; an error of ours ends it with its lines on standard error."""
        try:
            return super().invoke(ctx)
        except FaninError as error:
            for line in lines_of(error):
                complain(line)
            raise typer.Exit(exit_code_of(error)) from error


def _hoisted(ctx: Context, args: list[str]) -> list[str]:
    """The arguments with the global options first; what follows `--` is left alone."""
    front: list[str] = []
    rest: list[str] = []
    remaining = iter(args)
    for one in remaining:
        if one == "--":
            return [*front, *rest, one, *remaining]
        if one in GLOBAL_OPTIONS:
            value = next(remaining, None)
            if value is None:
                ctx.fail(f"Option {one!r} requires an argument.")
            front += [one, value]
        else:
            (front if one.partition("=")[0] in GLOBAL_OPTIONS else rest).append(one)
    return [*front, *rest]


def _heading(command: Command) -> str:
    return str(getattr(command, "rich_help_panel", None) or "Commands")


def _first_paragraph(command: Command) -> str:
    return " ".join((command.help or "").strip().split("\n\n")[0].split())
