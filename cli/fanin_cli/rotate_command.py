"""trust rotate: the hub's signing key changed for a new one, step by step, with nothing lost. It tells; it deploys nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer

from fanin_cli.answers import Fields
from fanin_cli.clients import session_of
from fanin_cli.failures import ExitCode
from fanin_cli.hub_client import HubClient, hub_of
from fanin_cli.input_files import read_trust
from fanin_cli.options import JsonFlag
from fanin_cli.rendering import moment, say, say_json
from fanin_cli.rotation import HubKeys, Pinned, Rotation, Step, rotation

PinnedFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--pinned",
        metavar="FILE",
        help="A successor's trust document as it is there now, read from its parameter /<SuccessorName>/trust; once for every successor.",
        show_default=False,
    ),
]


def rotate(context: typer.Context, pinned: PinnedFiles = None, as_json: JsonFlag = False) -> None:
    """Guide a rotation of the hub's signing key: tell the next step, and whether it may be taken now. Safe to repeat.

    Publish the new key, pin it beside the old one at every successor, let it sign, wait until nothing that the old one signed can be
    under way, retire the old one, unpin it. This command deploys nothing; it notes in the hub when the new key was first seen to sign.

    Exit code 0 when the step told may be taken now, 1 while it has to wait.
    """
    documents = [Pinned(name, read_trust(name, ExitCode.MISUSE)) for name in pinned or []]
    hub = hub_of(session_of(context))
    keys = _keys_of(hub)
    found = rotation(keys, documents, _now_ms())
    if as_json:
        say_json(_members(keys, found))
    else:
        for line in _lines(keys, found, documents):
            say(line)
    if not found.ready:
        raise typer.Exit(ExitCode.BAD)


def _keys_of(hub: HubClient) -> HubKeys:
    fields = hub.viewer({"action": "keys"}).nested("keys")
    signing, since_ms = fields.text("signing"), fields.number_or_none("signingSince")
    if fields.text_or_none("previous") is not None and since_ms is None:
        # The time that the old key is waited for begins when the new one was first seen to sign: here, the first time anybody looks.
        since_ms = hub.operator({"action": "note-signing-key", "kid": signing}).number("since")
    return HubKeys(
        arrangement=fields.text("arrangement"),
        signing=signing,
        following=fields.text_or_none("next"),
        previous=fields.text_or_none("previous"),
        signing_since_ms=since_ms,
        unacknowledged=_numbers(fields.nested("unacknowledged")),
        complete=fields.flag("complete"),
    )


def _numbers(fields: Fields) -> Mapping[str, int]:
    return {kid: fields.number(kid) for kid in fields.members}


def _lines(keys: HubKeys, found: Rotation, documents: list[Pinned]) -> Iterator[str]:
    yield f"signing   {keys.signing}"
    if keys.following is not None:
        yield f"next      {keys.following}"
    if keys.previous is not None:
        yield f"previous  {keys.previous}"
    yield ""
    yield from _advice(keys, found)
    if not documents and found.step in {Step.PIN, Step.PUBLISH, Step.RETIRE}:
        yield "What the successors pin was not looked at: give each one's document with --pinned."


_ADVICE = {
    Step.PUBLISH: "No rotation is under way. To begin one, {deploy}: it makes a new key, which signs nothing yet.",
    Step.PIN: "Pin what fanin trust export prints now at every successor, narrowed to its targets; give their documents with --pinned.",
    Step.SWITCH: "All the documents pin both keys. If these are all successors, and a minute after the last of them changed, {deploy}.",
    Step.WAIT: "The new key signs. Wait before the old one is retired, not before {not_before}.",
    Step.RETIRE: "Nothing that the old key signed is under way. Now {deploy}, and then pin what fanin trust export prints.",
    Step.UNPIN: "The old key is retired. Pin what fanin trust export prints, narrowed to the targets: nobody believes it any more then.",
}


def _advice(keys: HubKeys, found: Rotation) -> Iterator[str]:
    deploy, not_before = f"deploy the hub with SigningKeys={keys.following_arrangement}", moment(found.not_before_ms, UTC, "seconds")
    yield _ADVICE[found.step].format(deploy=deploy, not_before=not_before)
    yield from (f"  {name} lacks {kid}" for name, kid in found.lacking)
    yield from (f"  {name} still pins {kid}" for name, kid in found.superfluous)
    if found.waiting:
        yield f"  releases that it may have signed and that wait for a receipt: {found.waiting}"
    if found.step is Step.WAIT and not keys.complete:
        yield "  more is due in the hub than was counted; look again when it has become less"


def _members(keys: HubKeys, found: Rotation) -> dict[str, object]:
    deploys = found.step in {Step.PUBLISH, Step.SWITCH, Step.RETIRE}
    return {
        "step": found.step.value,
        "ready": found.ready,
        "arrangement": keys.arrangement,
        "deploy": keys.following_arrangement if deploys else None,
        "signing": keys.signing,
        "next": keys.following,
        "previous": keys.previous,
        "lacking": [{"document": name, "kid": kid} for name, kid in found.lacking],
        "superfluous": [{"document": name, "kid": kid} for name, kid in found.superfluous],
        "notBefore": found.not_before_ms,
        "unacknowledged": found.waiting,
    }


def _now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)
