"""trust export, show, merge, rotate: the document by which a successor account pins a hub's key."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from fanin.domain.errors import ConfigurationError
from fanin.signing.trust import TrustDocument, TrustedKey, parse_trust
from fanin_cli.application import CommandGroup
from fanin_cli.clients import session_of
from fanin_cli.failures import CommandError, ExitCode
from fanin_cli.hub_client import hub_of
from fanin_cli.input_files import read_trust, write_output
from fanin_cli.options import JsonFlag
from fanin_cli.rendering import complain, json_text, say, say_json, say_table
from fanin_cli.rotate_command import rotate

trust_app = typer.Typer(cls=CommandGroup, no_args_is_help=True, rich_markup_mode=None, help="The keys that a successor account believes.")

trust_app.command("rotate")(rotate)

Targets = Annotated[str | None, typer.Option("--targets", metavar="A,B", help="Targets that the hub may start. Default: all of them.")]
Out = Annotated[str | None, typer.Option("--out", metavar="FILE", help="Write there instead of to standard output.")]
TrustFile = Annotated[str, typer.Argument(metavar="FILE", help="A trust document, or - for standard input.", show_default=False)]
TrustFiles = Annotated[list[str], typer.Argument(metavar="FILE", help="Trust documents.", show_default=False)]


@trust_app.command("export")
def export(context: typer.Context, targets: Targets = None, out: Out = None) -> None:
    """Print the trust document of the hub's signing key, for the successor account to pin; of both keys while one is being rotated.

    Give it to the successor over a way that nobody else can write to: whoever can replace it can start its state machines.
    """
    answer = hub_of(session_of(context)).viewer({"action": "trust"}).nested("trust")
    try:
        document = parse_trust(json_text(answer.members))
    except ConfigurationError as error:
        raise CommandError(error.code, f"the hub's trust document: {error.message}", exit_code=ExitCode.UNANSWERED) from error
    if targets is not None:
        document = _narrowed(document, targets)
    _put(document, out)


@trust_app.command("show")
def show(file: TrustFile, as_json: JsonFlag = False) -> None:
    """Check a trust document and tell what it allows. Exit code 1 when a starter would refuse it."""
    document = read_trust(file, ExitCode.BAD)
    if as_json:
        say_json(document.members())
    elif not document.keys:
        say("No keys: nobody is believed.")
    else:
        say_table(
            ("KEY", "ISSUER", "ACCOUNTS", "TARGETS"),
            [(one.kid, one.iss, ", ".join(one.accounts), _targets(one)) for one in document.keys],
        )


@trust_app.command("merge")
def merge(files: TrustFiles, out: Out = None) -> None:
    """Put the keys of several trust documents into one: several hubs, or the old and the new key while a hub changes keys."""
    keys: dict[str, TrustedKey] = {}
    for file in files:
        for key in read_trust(file, ExitCode.BAD).keys:
            if keys.setdefault(key.kid, key) != key:
                what = f"{file}: key {key.kid} is allowed other things in an earlier file"
                raise CommandError("trust-conflict", what, "decide what it may do, and leave it in one file only", ExitCode.BAD)

    _put(TrustDocument(tuple(keys.values())), out)


def _narrowed(document: TrustDocument, targets: str) -> TrustDocument:
    names = tuple(name.strip() for name in targets.split(","))
    narrowed = replace(document, keys=tuple(replace(key, targets=names) for key in document.keys))
    try:
        return parse_trust(narrowed.text())
    except ConfigurationError as error:
        raise typer.BadParameter(f"{error.message} Write names with commas between them.", param_hint="--targets") from error


def _put(document: TrustDocument, out: str | None) -> None:
    # One line, which is what a template's parameter takes; fanin trust show is for reading.
    text = document.text()
    if out is None:
        typer.echo(text)
        return
    write_output(out, text + "\n")
    complain(f"fanin: wrote {out} ({len(document.keys)} key{'s' * (len(document.keys) != 1)})")


def _targets(key: TrustedKey) -> str:
    return "all" if key.targets == ("*",) else ", ".join(key.targets)
