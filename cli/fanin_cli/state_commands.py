"""joins, runs, show: what the hub knows. Reads only."""

from __future__ import annotations

from typing import Annotated

import typer

from fanin.domain.run import RunState
from fanin_cli.answers import Fields
from fanin_cli.clients import session_of
from fanin_cli.hub_client import hub_of
from fanin_cli.options import JoinName, JsonFlag, ZoneName, zone_named
from fanin_cli.rendering import draw, moment, say, say_json, say_table

MAX_RUNS = 500

State = Annotated[RunState | None, typer.Option("--state", case_sensitive=False, help="Only runs in this state.", show_default=False)]
Limit = Annotated[int, typer.Option("--limit", min=1, max=MAX_RUNS, metavar="N", help="At most so many runs.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="Key of the run, or `latest` for the open stream of a join without keys.")]


def joins(context: typer.Context, as_json: JsonFlag = False, zone: ZoneName = None) -> None:
    """List the joins that are applied."""
    shown_zone = zone_named(zone)
    session = session_of(context)
    answer = hub_of(session).viewer({"action": "joins"})
    found = answer.objects("joins")
    if as_json:
        say_json({"joins": [one.members for one in found]})
    elif not found:
        say(f"The hub {session.deployment.hub} has no joins yet; apply one with: fanin apply FILE")
    else:
        say_table(
            ("JOIN", "VERSION", "KEY", "PREDECESSORS", "SUCCESSORS", "APPLIED"),
            [
                (
                    one.text("join"),
                    str(one.number("version")),
                    _key(one.nested("key")),
                    ", ".join(each.text("name") for each in one.objects("predecessors")),
                    ", ".join(each.text("target") for each in one.objects("successors")),
                    moment(one.number("appliedAtMs"), shown_zone, "seconds"),
                )
                for one in found
            ],
        )


def runs(
    context: typer.Context, join: JoinName, state: State = None, limit: Limit = 50, as_json: JsonFlag = False, zone: ZoneName = None
) -> None:
    """List the runs of a join, greatest key first.

    ARRIVED counts the predecessors that have succeeded; of a wide run, about how many executions have arrived. RELEASED is SATISFIED with
    everything sent; --state satisfied lists both.
    """
    shown_zone = zone_named(zone)
    question = {"action": "runs", "join": join, "state": None if state is None else state.value, "limit": limit}
    found = hub_of(session_of(context)).viewer(question).objects("runs")
    if as_json:
        say_json({"runs": [one.members for one in found]})
    elif not found:
        say(f"{join} has no runs" + ("" if state is None else f" that are {state.value}"))
    else:
        say_table(
            ("KEY", "STATE", "ARRIVED", "ATTEMPT", "VERSION", "OPENED"),
            [
                (
                    one.text("key"),
                    one.text("state"),
                    f"{one.number('arrived')} of {'?' if one.number_or_none('needed') is None else one.number('needed')}",
                    str(one.number("attempt")),
                    str(one.number("planVersion")),
                    moment(one.number("openedAtMs"), shown_zone, "seconds"),
                )
                for one in found
            ],
        )


def show(context: typer.Context, join: JoinName, key: Key, as_json: JsonFlag = False, zone: ZoneName = None) -> None:
    """Draw one run: what has arrived, what it came to, and where it was sent.

    Exit code 1 when there is no such join or run.
    """
    shown_zone = zone_named(zone)
    run = hub_of(session_of(context)).viewer({"action": "show", "join": join, "key": key}).nested("run")
    if as_json:
        say_json({"run": run.members})
        return
    from fanin_cli.run_drawing import run_drawing  # noqa: PLC0415 - start-up time: rich

    draw(*run_drawing(run, shown_zone))


def _key(key: Fields) -> str:
    expression = key.text_or_none("expression")
    return key.text("kind") + (f" {expression}" if expression else "")
