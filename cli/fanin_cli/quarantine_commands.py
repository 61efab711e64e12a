"""quarantine list, show: what was rejected for good, and why. Messages are looked at and stay where they are."""

from __future__ import annotations

from typing import Annotated

import typer

from fanin_cli.application import CommandGroup
from fanin_cli.clients import Message, Queue, session_of
from fanin_cli.failures import CommandError, ExitCode
from fanin_cli.input_files import write_output
from fanin_cli.options import JsonFlag, ZoneName, zone_named
from fanin_cli.quarantine_peek import peek
from fanin_cli.rendering import complain, moment, plain, say, say_json, say_table

FIRST_CHARS = 60
MAX_MESSAGES = 1000

quarantine_app = typer.Typer(
    cls=CommandGroup, no_args_is_help=True, rich_markup_mode=None, help="Messages that were rejected for good, with the reason."
)

Successor = Annotated[
    str | None, typer.Option("--successor", metavar="NAME", help="Look at the releases that a successor's starter rejected.")
]
QueueUrl = Annotated[str | None, typer.Option("--queue-url", metavar="URL", help="Look at this queue.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=MAX_MESSAGES, metavar="N", help="At most so many messages.")]
MessageId = Annotated[str, typer.Argument(metavar="ID", help="Id of the message, as listed.", show_default=False)]
Out = Annotated[
    str | None, typer.Option("--out", metavar="FILE", help="Write the body there, byte for byte, for `fanin verify` and the like.")
]


@quarantine_app.command("list")
def list_messages(
    context: typer.Context,
    successor: Successor = None,
    queue_url: QueueUrl = None,
    limit: Limit = 50,
    as_json: JsonFlag = False,
    zone: ZoneName = None,
) -> None:
    """List the messages in a quarantine queue. Nothing is deleted; for a few seconds other readers do not see them."""
    shown_zone = zone_named(zone)
    queue = _queue(context, successor, queue_url)
    messages = peek(queue, limit)
    if as_json:
        say_json({"queue": queue.name, "messages": [_members(one) for one in messages]})
    elif not messages:
        say(f"Nothing is in {queue.name}.")
    else:
        say_table(
            ("ID", "QUARANTINED", "CODE", "REASON", "BODY"),
            [
                (
                    one.id,
                    moment(_at_ms(one), shown_zone, "seconds"),
                    one.attributes.get("code", "-"),
                    one.attributes.get("reason", "-"),
                    _first(one.body),
                )
                for one in messages
            ],
        )


@quarantine_app.command("show")
def show_message(
    context: typer.Context,
    message_id: MessageId,
    successor: Successor = None,
    queue_url: QueueUrl = None,
    out: Out = None,
    as_json: JsonFlag = False,
    zone: ZoneName = None,
) -> None:
    """Print one quarantined message whole, control characters escaped. Exit code 1 when it is not there."""
    shown_zone = zone_named(zone)
    queue = _queue(context, successor, queue_url)
    found = peek(queue, 1, lambda one: one.id == message_id)
    if not found:
        hint = "fanin quarantine list shows what is there; somebody else may be looking at it, so try again in half a minute"
        raise CommandError("message-not-found", f"there is no message {message_id} in {queue.name}", hint, ExitCode.BAD)
    message = found[0]
    if out is not None:
        write_output(out, message.body)
        complain(f"fanin: wrote {out}")
    elif as_json:
        say_json({**_members(message), "body": message.body})
    else:
        _tell(message, moment(_at_ms(message), shown_zone))


def _queue(context: typer.Context, successor: str | None, url: str | None) -> Queue:
    session = session_of(context)
    if successor is not None and url is not None:
        raise typer.BadParameter("give a successor or a URL, not both.", param_hint="--queue-url")
    name = f"{session.deployment.hub}-arrivals-quarantine" if successor is None else f"{successor}-releases-quarantine"
    return session.connect().queue(session.deployment, name=None if url else name, url=url)


def _tell(message: Message, at: str) -> None:
    rows = {
        "id": message.id,
        "quarantined": at,
        **{name: message.attributes.get(name, "-") for name in ("code", "reason", "step", "origin")},
    }
    for name, value in rows.items():
        say(f"{name:<11}  {value}")
    typer.echo("\n" + plain(message.body, keep="\n\t"))


def _first(body: str) -> str:
    return body if len(body) <= FIRST_CHARS else body[: FIRST_CHARS - 1] + "…"


def _at_ms(message: Message) -> int:
    """When it was quarantined; a message that does not say came when it was sent."""
    text = message.attributes.get("quarantinedAt", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else message.sent_at_ms


def _members(message: Message) -> dict[str, object]:
    told = {name: message.attributes.get(name) for name in ("code", "reason", "step", "origin")}
    return {"id": message.id, "quarantinedAtMs": _at_ms(message), **told, "bytes": len(message.body.encode("utf-8", "surrogatepass"))}
