"""Options that several commands share, and the values they come to."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on standard output.")]
ZoneName = Annotated[
    str | None, typer.Option("--zone", metavar="NAME", help="Time zone of the times shown, such as Asia/Tokyo. Default: local.")
]
JoinName = Annotated[str, typer.Argument(metavar="JOIN", help="Name of the join.", show_default=False)]


def zone_named(name: str | None) -> tzinfo | None:
    """The time zone of a name; None, the local one, for none."""
    if name is None:
        return None
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise typer.BadParameter(f"{name!r} is no time zone; write one such as Asia/Tokyo or UTC.", param_hint="--zone") from None


def epoch_seconds(text: str | None) -> int:
    """A time as epoch seconds: digits are that already, anything else is ISO 8601 with an offset; now for none."""
    if text is None:
        return int(datetime.now(UTC).timestamp())
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return int(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is no time with an offset; write 2026-03-31T19:00:00Z, or epoch seconds.", param_hint="--at")
    return int(time.timestamp())


def confirmed(question: str) -> bool:
    """Ask on the terminal; where nobody can answer, that is wrong use of a command that has --yes."""
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        raise typer.BadParameter("nobody is there to answer; say --yes if you are sure.", param_hint="--yes") from None
