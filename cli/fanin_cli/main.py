"""The `fanin` command: what it can do, and the last place where an error can still become a line instead of a traceback."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from fanin_cli.application import Application
from fanin_cli.clients import Clients, Connect, Deployment, Session
from fanin_cli.cost_command import cost
from fanin_cli.definition_commands import apply, delete, validate
from fanin_cli.dlq_commands import dlq_app
from fanin_cli.lint_command import lint
from fanin_cli.picture_commands import explain, graph
from fanin_cli.plan_command import plan
from fanin_cli.quarantine_commands import quarantine_app
from fanin_cli.rendering import complain, say
from fanin_cli.scenario_command import run_scenarios
from fanin_cli.source_command import sources
from fanin_cli.state_commands import joins, runs, show
from fanin_cli.trust_commands import trust_app
from fanin_cli.verify_command import verify

HELP = """Start a job in another account once, when every job it waits for has finished, with proof of who released it.

\b
Examples
  fanin validate joins/*.yaml                   check definitions, offline
  fanin lint joins/close.yaml                   would it fire before the work is done?
  fanin explain joins/close.yaml                what they do, in plain sentences
  fanin test joins/close.yaml close.scenario.yaml
                                                what would happen, in virtual time
  fanin plan joins/*.yaml                       what apply would change
  fanin cost joins/*.yaml --rate 2000           what they would cost a month
  fanin apply daily-close.yaml                  make it the current one
  fanin runs daily-close --state open           what still waits
  fanin show daily-close 2026-03-31             what arrived, where it was sent
  fanin dlq redrive arrivals                    what could not be recorded, again
  fanin trust export --out trust.json           the hub's key, for a successor
  fanin verify event.json --trust trust.json --audience BUS_ARN
                                                why a release was refused

Exit codes: 0 fine; 1 the thing asked about is bad or not there; 2 wrong use or wrong definitions; 3 the hub could not be asked.
"""
_DEFINITIONS, _STATE, _SECURITY = "Definitions", "What is going on", "Trust"
_INTERNAL_ERROR = 70  # EX_SOFTWARE of sysexits.h

app = typer.Typer(
    cls=Application,
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
)
app.command(rich_help_panel=_DEFINITIONS)(validate)
app.command(rich_help_panel=_DEFINITIONS)(lint)
app.command("test", rich_help_panel=_DEFINITIONS)(run_scenarios)
app.command(rich_help_panel=_DEFINITIONS)(explain)
app.command(rich_help_panel=_DEFINITIONS)(graph)
app.command(rich_help_panel=_DEFINITIONS)(plan)
app.command(rich_help_panel=_DEFINITIONS)(cost)
app.command(rich_help_panel=_DEFINITIONS)(apply)
app.command(rich_help_panel=_DEFINITIONS)(delete)
app.command(rich_help_panel=_STATE)(joins)
app.command(rich_help_panel=_STATE)(runs)
app.command(rich_help_panel=_STATE)(show)
app.command(rich_help_panel=_STATE)(sources)
app.add_typer(quarantine_app, name="quarantine", rich_help_panel=_STATE)
app.add_typer(dlq_app, name="dlq", rich_help_panel=_STATE)
app.add_typer(trust_app, name="trust", rich_help_panel=_SECURITY)
app.command(rich_help_panel=_SECURITY)(verify)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - start-up time

        say(f"fanin {version('fanin')}")
        raise typer.Exit


@app.callback()
def main_options(
    context: typer.Context,
    hub: Annotated[str, typer.Option("--hub", envvar="FANIN_HUB", metavar="NAME", help="Name of the hub.")] = "fanin",
    region: Annotated[str | None, typer.Option("--region", metavar="REGION", help="Region of the hub. Default: as for AWS.")] = None,
    profile: Annotated[str | None, typer.Option("--profile", metavar="NAME", help="Profile of the AWS configuration.")] = None,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the release of this command.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Options that may stand anywhere on the line."""
    connect: Connect | None = context.obj
    context.obj = Session(Deployment(hub, region, profile), connect or _aws)


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="fanin")
    except Exception as error:
        if os.environ.get("FANIN_TRACEBACK"):
            raise
        what = " ".join(str(error).split())
        complain(f"fanin: internal-error: {type(error).__name__}: {what} (this is a defect: report it, with what FANIN_TRACEBACK=1 shows)")
        sys.exit(_INTERNAL_ERROR)


def _aws() -> Clients:
    from fanin_cli.aws_clients import AwsClients  # noqa: PLC0415 - start-up time: boto3

    return AwsClients()
