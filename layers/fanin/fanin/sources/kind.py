"""A kind of source as a row of the table: which events report it, and where in them everything is.

`completion_of` is the one reader of all kinds. A row says what differs; `registry` holds the rows. See docs/kinds.md for how to add one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.errors import RejectedError
from fanin.domain.execution_arn import execution_arn
from fanin.sources.arn import Arn, parse_arn
from fanin.sources.envelope import Envelope

if TYPE_CHECKING:
    from fanin.signing.strict_json import JsonValue

Detail = Mapping[str, "JsonValue"]


class Names(NamedTuple):
    """What an event is about: the source, as `Source.arn` has it, and the execution's id."""

    source: str
    execution_id: str


class Times(NamedTuple):
    """Epoch milliseconds; None where the event does not say."""

    started_at_ms: int | None
    stopped_at_ms: int | None


class Text(NamedTuple):
    """An input or output. `included` tells one that there is not from one that the event leaves out."""

    text: str | None
    included: bool = True


NONE = Text(None)
LEFT_OUT = Text(None, included=False)


class Kind(NamedTuple):
    """A row. Everything reads the detail, but for `names`, which also holds it to the envelope, and `times`, which may fall back on it.

    `status` gives None for what is no end and no start either. `ignored` says why an event that looks like one is none.
    """

    kind: SourceKind
    event_source: str
    detail_types: tuple[str, ...]
    names: Callable[[Envelope], Names]
    status: Callable[[Detail], Status | None]
    times: Callable[[Envelope], Times]
    input: Callable[[Detail], Text]
    output: Callable[[Detail], Text]
    ignored: Callable[[Detail], str | None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing for us to record, and nothing wrong with it either."""

    why: str


def completion_of(row: Kind, envelope: Envelope) -> Completion | Ignored:
    """The completion an event reports (having started is one too).

    RejectedError where the event contradicts itself, or says a status that this release does not know.
    """
    detail = envelope.detail
    names = row.names(envelope)
    why = row.ignored(detail)
    status = row.status(detail) if why is None else None
    if status is None:
        return Ignored(why or "status-not-terminal")
    source, times, given, result = Source(row.kind, names.source), row.times(envelope), row.input(detail), row.output(detail)
    return Completion(
        source=source,
        account=envelope.account,
        region=envelope.region,
        execution_id=names.execution_id,
        execution_arn=execution_arn(source, names.execution_id),
        status=status,
        reported_at_ms=envelope.time_ms,
        started_at_ms=times.started_at_ms,
        stopped_at_ms=None if status is Status.RUNNING else times.stopped_at_ms,
        input=given.text,
        input_included=given.included,
        output=result.text,
        output_included=result.included,
        detail=detail,
    )


def worded(words: Mapping[str, Status | None], word: str) -> Status | None:
    """What a word means; RejectedError `status-unknown` for one that AWS added since."""
    if word not in words:
        raise RejectedError("status-unknown", "the execution's status is none that this release of fanin knows; update fanin")
    return words[word]


def own_arn(envelope: Envelope, text: str, service: str, prefix: str) -> Arn:
    """An ARN that must be of this service, and of the account and Region that EventBridge wrote; `resource` comes without its prefix."""
    arn = parse_arn(text)
    if arn.service != service or not arn.resource.startswith(prefix) or arn.resource == prefix:
        raise RejectedError("arn-invalid", f"an ARN in the event is not one of {service} that begins with {prefix}")
    if arn.account != envelope.account:
        raise RejectedError("account-mismatch", "the execution's account is not the account that EventBridge says sent the event")
    if arn.region != envelope.region:
        raise RejectedError("region-mismatch", "the execution's Region is not the Region that EventBridge says the event is from")
    return Arn(arn.partition, arn.service, arn.region, arn.account, arn.resource.removeprefix(prefix))


def as_json(members: Mapping[str, object]) -> str:
    """An input made of what the event says: JSON text, what is absent left out."""
    return json.dumps({name: value for name, value in members.items() if value is not None}, separators=(",", ":"))
