"""What reaches the terminal. Text from outside is neutralised here: no control characters, no escapes, no markup.

Answers go to standard output, everything about failing to standard error. rich is imported when something is drawn, not before.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Controls, formats (bidirectional overrides among them), halves of surrogate pairs, line and paragraph separators.
_NEUTRALISED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PIPE_WIDTH = 100_000


def plain(text: str, keep: str = "") -> str:
    """The text with every character that could act on a terminal or hide in it written as an escape; `keep` stays as it is."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(one) if unicodedata.category(one) in _NEUTRALISED and one not in keep else one for one in text)


def say(line: str) -> None:
    """One line of the answer."""
    typer.echo(plain(line))


def complain(line: str) -> None:
    """One line about what is wrong, on standard error."""
    typer.echo(plain(line), err=True)


def say_json(value: object) -> None:
    """The answer as JSON, ASCII only, so that nothing in it can act on a terminal either."""
    typer.echo(json_text(value))


def json_text(value: object) -> str:
    """Indented JSON in printable ASCII and line ends."""
    # DEL is the one control character that JSON lets through; it can only stand in a string.
    return json.dumps(value, indent=2).replace("\x7f", "\\u007f")


def console() -> Console:
    """A console on standard output without markup, emoji codes or highlighting; as wide as its lines when it is not a terminal."""
    from rich.console import Console  # noqa: PLC0415 - start-up time

    made = Console(markup=False, emoji=False, highlight=False)
    if not made.is_terminal:
        made.width = _PIPE_WIDTH
    return made


def draw(*parts: RenderableType) -> None:
    """Print drawings, without the spaces that rich fills lines with; a terminal itself wraps a line of text, so that it copies whole."""
    from rich.text import Text  # noqa: PLC0415 - start-up time

    target = console()
    with target.capture() as capture:
        for part in parts:
            target.print(part, soft_wrap=isinstance(part, Text))
    lines = capture.get().splitlines()
    typer.echo("\n".join(line.rstrip() for line in lines))


def say_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table without lines; cells are neutralised, and folded rather than cut."""
    from rich.table import Table  # noqa: PLC0415 - start-up time
    from rich.text import Text  # noqa: PLC0415 - start-up time

    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    draw(table)


def moment(at_ms: int | None, zone: tzinfo | None, precision: str = "milliseconds") -> str:
    """Epoch milliseconds as `2026-03-31 03:58:00.123+09:00` in a zone (None: the local one); `-` for no time.

    `precision` is one of `datetime.isoformat`'s; lists show `seconds`.
    """
    if at_ms is None:
        return "-"
    try:
        return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone).isoformat(" ", precision)
    except (OverflowError, ValueError, OSError):
        return f"{at_ms} ms"


def can_show(text: str) -> bool:
    """Whether standard output's encoding has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
