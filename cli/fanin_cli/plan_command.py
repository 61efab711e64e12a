"""plan: what applying definitions would change on the hub. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

import typer

from fanin_cli.answers import Fields
from fanin_cli.definition_commands import Files, ask_operator, load_right
from fanin_cli.options import JsonFlag, ZoneName, zone_named
from fanin_cli.rendering import moment, say, say_json

_SIGNS = {"created": "+", "changed": "~", "unchanged": " "}


def plan(context: typer.Context, files: Files, as_json: JsonFlag = False, zone: ZoneName = None) -> None:
    """Ask the hub what apply would change, and which open runs would stay on which version; nothing is written.

    Exit code 0 whether or not there is a change, 2 when any definition is wrong. Joins that no file names stay as they are.
    """
    shown_zone = zone_named(zone)
    loaded = load_right(files, as_json=as_json)
    joins = ask_operator(context, loaded, loaded.question("plan"), as_json=as_json).objects("joins")
    if as_json:
        say_json({"ok": True, "joins": [one.members for one in joins]})
        return
    for one in joins:
        for line in _lines(one, shown_zone):
            say(line)
    changes = [one.text("change") for one in joins]
    counts = ", ".join(f"{changes.count(change)} {change}" for change in _SIGNS)
    say(f"{counts}. Nothing was written; joins that no file names stay as they are.")


def _lines(one: Fields, zone: tzinfo | None) -> Iterator[str]:
    change, version = one.text("change"), one.number("version")
    yield f"{_SIGNS.get(change, '?')} {one.text('join')}: {change}, version {version}"
    yield from (f"    {sentence}" for sentence in one.texts("sentences"))
    runs = one.objects("openRuns")
    for open_runs in runs:
        keys = ", ".join(open_runs.texts("keys"))
        more = ", …" if open_runs.number("count") > len(open_runs.texts("keys")) else ""
        count = open_runs.number("count")
        yield f"    {count} open run{'s' * (count != 1)} on version {open_runs.number('version')}: {keys}{more}"
    if one.flag("openRunsAreMore"):
        yield "    There are more runs than were looked at."
    if change == "unchanged":
        return
    if runs:
        yield f"    These runs go on by their versions; runs that open later are version {version}."
    yield f"    Applied now, it would hold everywhere from {moment(one.number('effectiveFromMs'), zone, 'seconds')}."
