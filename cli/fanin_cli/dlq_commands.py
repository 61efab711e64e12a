"""dlq list, show, redrive: what could not be delivered or handled, and sending it back once the cause is mended."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from fanin_cli.application import CommandGroup
from fanin_cli.clients import Clients, DeadLetters, Message, Session, session_of
from fanin_cli.dead_letters import DEFAULT_SUCCESSOR, DeadLetterQueue, Way, named, queues_of
from fanin_cli.failures import CommandError, ExitCode
from fanin_cli.letters import read_letter, why_dead
from fanin_cli.options import JsonFlag, ZoneName, zone_named
from fanin_cli.quarantine_peek import peek
from fanin_cli.redriving import Redriven, move_back, only_of, send_back, wake_once
from fanin_cli.rendering import complain, moment, plain, say, say_json, say_table

MAX_MESSAGES = 1000

dlq_app = typer.Typer(
    cls=CommandGroup, no_args_is_help=True, rich_markup_mode=None, help="Messages that could not be delivered or handled: dead letters."
)

SuccessorName = Annotated[
    str, typer.Option("--successor", metavar="NAME", help="Name of the successor, as its stack's SuccessorName says.", show_default=True)
]
QueueLabel = Annotated[
    str, typer.Argument(metavar="QUEUE", help="arrivals, departures, sweeper, forward or releases; or a queue's name.", show_default=False)
]
MessageId = Annotated[str | None, typer.Argument(metavar="[ID]", help="Show this message whole.", show_default=False)]
Limit = Annotated[int, typer.Option("--limit", min=1, max=MAX_MESSAGES, metavar="N", help="At most so many messages.")]
HubProfile = Annotated[
    str | None, typer.Option("--hub-profile", metavar="NAME", help="Profile of the hub's account, where what a predecessor kept goes.")
]
HubRegion = Annotated[str | None, typer.Option("--hub-region", metavar="REGION", help="Region of the hub, likewise.")]


@dlq_app.command("list")
def list_queues(context: typer.Context, successor: SuccessorName = DEFAULT_SUCCESSOR, as_json: JsonFlag = False) -> None:
    """List the dead-letter queues of this account and Region, and how many messages are in each.

    A hub has three, a successor one, a predecessor account one for each hub.
    """
    session = session_of(context)
    clients = session.connect()
    found = [(queue, clients.dead_letters(session.deployment, queue.name)) for queue in queues_of(session.deployment.hub, successor)]
    there = [(queue, letters.depth()) for queue, letters in found if letters is not None]
    if as_json:
        say_json({"queues": [{"label": one.label, "name": one.name, "messages": depth, "holds": one.holds} for one, depth in there]})
    elif not there:
        hint = "choose with --hub, --successor, --region and --profile"
        raise CommandError("not-found", "no dead-letter queue of fanin is here", hint, ExitCode.UNANSWERED)
    else:
        rows = [(one.label, str(depth), one.name, one.holds) for one, depth in there]
        say_table(("QUEUE", "MESSAGES", "NAME", "HOLDS"), rows)


@dlq_app.command("show")
def show_messages(
    context: typer.Context,
    queue: QueueLabel,
    message_id: MessageId = None,
    successor: SuccessorName = DEFAULT_SUCCESSOR,
    limit: Limit = 50,
    as_json: JsonFlag = False,
    zone: ZoneName = None,
) -> None:
    """Show what the messages of a dead-letter queue are, and why they are there; with an id, one of them whole.

    Nothing is deleted; for a few seconds other readers do not see them. Exit code 1 when there is no such message.
    """
    shown_zone = zone_named(zone)
    chosen, letters = _chosen(session_of(context), queue, successor)
    if message_id is not None:
        found = peek(letters, 1, lambda one: one.id == message_id)
        if not found:
            hint = "fanin dlq show without an id lists them; somebody else may be looking at it, so try again in half a minute"
            raise CommandError("message-not-found", f"there is no message {message_id} in {chosen.name}", hint, ExitCode.BAD)
        if as_json:
            say_json({**_members(found[0]), "body": found[0].body})
        else:
            _tell(found[0], moment(found[0].sent_at_ms, shown_zone))
        return
    messages = peek(letters, limit)
    if as_json:
        say_json({"queue": chosen.name, "messages": [_members(one) for one in messages]})
    elif not messages:
        say(f"Nothing is in {chosen.name}.")
    else:
        rows = [
            (one.id, moment(one.sent_at_ms, shown_zone, "seconds"), letter.what, letter.about, why_dead(letter, one))
            for one, letter in ((one, read_letter(one)) for one in messages)
        ]
        say_table(("ID", "SENT", "WHAT", "OF", "WHY"), rows)


@dlq_app.command("redrive")
def redrive(
    context: typer.Context,
    queue: QueueLabel,
    successor: SuccessorName = DEFAULT_SUCCESSOR,
    hub_profile: HubProfile = None,
    hub_region: HubRegion = None,
) -> None:
    """Send the messages of a dead-letter queue back to where they belong; mend the cause first.

    Needs a role that RedrivePrincipalArns of the stack names: whoever may do this can report completions. A message may go back twice,
    which changes nothing, and is never lost. What a predecessor could not forward goes into the hub's own queue, with the hub's
    credentials. Exit code 1 when some messages were left.
    """
    session = session_of(context)
    chosen, letters = _chosen(session, queue, successor)
    if chosen.way is not Way.SEND and (hub_profile or hub_region):
        raise typer.BadParameter("only what a predecessor kept goes to another account's queue.", param_hint="--hub-profile")
    done = _redriven(session.connect(), session, chosen, letters, hub_profile, hub_region)
    for message_id, why in done.refused.items():
        complain(f"fanin: left-behind: {message_id}: {why}")
    say(f"{done.moved} of {done.moved + len(done.refused)} messages went from {chosen.name} to {chosen.back_to}.")
    if done.refused:
        raise typer.Exit(ExitCode.BAD)


def _redriven(
    clients: Clients, session: Session, chosen: DeadLetterQueue, letters: DeadLetters, hub_profile: str | None, hub_region: str | None
) -> Redriven:
    about, said = letters.depth(), 0

    def told(number: int) -> None:
        nonlocal said
        # In twenty lines or so, however many messages there are.
        if number > said and (number - said) * 20 >= about:
            said = number
            complain(f"fanin: {number} of about {max(about, number)} messages are back in {chosen.back_to}")

    deployment = session.deployment
    match chosen.way:
        case Way.MOVE:
            return move_back(letters, clients.destination(deployment, chosen.back_to), told)
        case Way.SEND:
            hub = replace(deployment, profile=hub_profile or deployment.profile, region=hub_region or deployment.region)
            return send_back(letters, clients.destination(hub, chosen.back_to), told, only_of(letters.account))
        case Way.INVOKE:
            functions = clients.functions(deployment)
            return wake_once(letters, lambda: _wake(functions.invoke(chosen.back_to, b"{}")), told)


def _wake(_answer: bytes) -> None:
    """A function that failed has raised already; what it did it tells in its metrics."""


def _chosen(session: Session, queue: str, successor: str) -> tuple[DeadLetterQueue, DeadLetters]:
    chosen = named(queues_of(session.deployment.hub, successor), queue)
    letters = session.connect().dead_letters(session.deployment, chosen.name)
    if letters is None:
        hint = "choose with --hub, --successor, --region and --profile"
        raise CommandError("not-found", f"the queue {chosen.name} does not exist here", hint, ExitCode.UNANSWERED)
    return chosen, letters


def _tell(message: Message, at: str) -> None:
    letter = read_letter(message)
    rows = {"id": message.id, "sent": at, "what": letter.what, "of": letter.about, "why": why_dead(letter, message)}
    rows |= {"reason": letter.error_message or "-", "received": f"{message.receives} times"}
    for name, value in rows.items():
        say(f"{name:<8}  {value}")
    typer.echo("\n" + plain(message.body, keep="\n\t"))


def _members(message: Message) -> dict[str, object]:
    letter = read_letter(message)
    size = len(message.body.encode("utf-8", "surrogatepass"))
    return {
        "id": message.id,
        "sentAtMs": message.sent_at_ms,
        **letter.members(),
        "movedFrom": message.moved_from,
        "receives": message.receives,
        "bytes": size,
    }
