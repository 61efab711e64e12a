"""sources: what the joins wait for, and how far each source has been asked for what events lost. Reads only."""

from __future__ import annotations

from typing import Annotated

import typer

from fanin_cli.answers import Fields
from fanin_cli.clients import session_of
from fanin_cli.hub_client import hub_of
from fanin_cli.options import JsonFlag, ZoneName, zone_named
from fanin_cli.rendering import moment, say, say_json, say_table

OneJoin = Annotated[str | None, typer.Argument(metavar="[JOIN]", help="Only the sources of this join.", show_default=False)]


def sources(context: typer.Context, join: OneJoin = None, as_json: JsonFlag = False, zone: ZoneName = None) -> None:
    """List the sources that joins wait for, and until when each has been asked for what events lost.

    UP TO is the time until which everything that ended is known to the hub, whether or not its event came.
    """
    shown_zone = zone_named(zone)
    question = {"action": "sources"} if join is None else {"action": "sources", "join": join}
    found = hub_of(session_of(context)).viewer(question).objects("sources")
    if as_json:
        say_json({"sources": [one.members for one in found]})
    elif not found:
        say("no join has any source yet; apply one with: fanin apply FILE")
    else:
        say_table(
            ("KIND", "SOURCE", "STATE", "UP TO", "ASKED", "NEXT"),
            [
                (
                    one.text("kind"),
                    one.text("arn"),
                    _state(one),
                    moment(one.number_or_none("sinceMs"), shown_zone, "seconds"),
                    moment(one.number_or_none("passedAtMs"), shown_zone, "seconds"),
                    moment(one.number_or_none("dueAtMs"), shown_zone, "seconds"),
                )
                for one in found
            ],
        )


def _state(source: Fields) -> str:
    if not source.flag("asked"):
        return "events only"
    trouble = source.text_or_none("trouble")
    if trouble is not None:
        return trouble
    if source.flag("reading"):
        return "catching up"
    return "waited for" if source.flag("waitedFor") else "idle"
