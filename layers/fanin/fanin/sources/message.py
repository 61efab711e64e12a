"""What a message in the arrivals queue can be: a completion, a count, a receipt, our own timer asking to look again, or nothing of ours.

Only our rules and our own roles may send to the queue, and an event that came over a bus always has EventBridge's members, so a body that
is exactly `{"v": 1, "recheck": {...}}`, `{"v": 1, "expect": {...}}` or `{"v": 1, "found": {...}}` cannot come from a bus.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fanin.domain.announcement import ANNOUNCEMENT_DETAIL_TYPE, ANNOUNCEMENT_SOURCE, Announcement
from fanin.domain.arrival import MAX_MS
from fanin.domain.completion import Completion, Source, SourceKind
from fanin.domain.errors import RejectedError
from fanin.domain.receipt import RECEIPT_DETAIL_TYPE, RECEIPT_SOURCE, Receipt
from fanin.domain.run import RunId
from fanin.sources import found
from fanin.sources.announcement import announcement_of
from fanin.sources.envelope import Envelope, parse_body, parse_envelope, text_of
from fanin.sources.kind import Ignored, completion_of
from fanin.sources.registry import BY_EVENT

if TYPE_CHECKING:
    from fanin.signing.strict_json import JsonValue

MAX_EVENT_NAME_CHARS = 256  # a definition takes 128 of each
MAX_RECEIPT_TEXT_BYTES = 512  # another account wrote it, and it becomes part of a key of the table


@dataclass(frozen=True, slots=True)
class Recheck:
    """The sweeper asks for a decision on a run to be taken again."""

    run: RunId


@dataclass(frozen=True, slots=True)
class Expect:
    """The sweeper says that a window of a join that expects runs has begun."""

    join: str


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """An event that no row of the table has: a completion only where a definition says so, by its source and detail-type."""

    envelope: Envelope

    @property
    def route(self) -> Source:
        """What predecessors of kind `event` that may want it are routed by."""
        one = self.envelope
        return Source(SourceKind.EVENT, f"{one.account}:{one.region}:{one.source}/{one.detail_type}")


Message = Completion | OtherEvent | Announcement | Receipt | Recheck | Expect | Ignored


def parse_message(body: str) -> Message:
    """What a message body says; RejectedError, with its code, when it can never be accepted."""
    value = parse_body(body)
    if value.keys() == {"v", "recheck"}:
        return _recheck(value["recheck"])
    if value.keys() == {"v", "expect"}:
        return _expect(value["expect"])
    if value.keys() == {"v", "found"}:
        return found.completion_of(value["found"])
    return _event(parse_envelope(value))


def _event(envelope: Envelope) -> Message:
    match envelope.source, envelope.detail_type:
        case (source, detail_type) if (source, detail_type) == (RECEIPT_SOURCE, RECEIPT_DETAIL_TYPE):
            return _receipt(envelope)
        case (source, detail_type) if (source, detail_type) == (ANNOUNCEMENT_SOURCE, ANNOUNCEMENT_DETAIL_TYPE):
            return announcement_of(envelope)
        case names if names in BY_EVENT:
            return completion_of(BY_EVENT[names], envelope)
        case (source, detail_type) if len(source) + len(detail_type) > MAX_EVENT_NAME_CHARS:
            raise RejectedError("source-unknown", "the event's source and detail-type are longer than those of any predecessor")
        case _:
            return OtherEvent(envelope)


def _recheck(value: JsonValue) -> Recheck:
    if not isinstance(value, dict):
        raise RejectedError("event-malformed", "the recheck is not an object")
    return Recheck(RunId(text_of(value, "join"), text_of(value, "key")))


def _expect(value: JsonValue) -> Expect:
    if not isinstance(value, dict):
        raise RejectedError("event-malformed", "the expectation is not an object")
    return Expect(text_of(value, "join"))


def _receipt(envelope: Envelope) -> Receipt:
    detail = envelope.detail
    return Receipt(
        account=envelope.account,
        jti=_short(detail, "jti"),
        iss=_short(detail, "iss"),
        sub=_short(detail, "sub"),
        target=_short(detail, "target"),
        execution_arn=_short(detail, "executionArn"),
        verified_at_ms=_moment(detail, "verifiedAt"),
        started_at_ms=_moment(detail, "startedAt"),
    )


def _short(detail: Mapping[str, JsonValue], name: str) -> str:
    value = text_of(detail, name)
    if len(value.encode()) > MAX_RECEIPT_TEXT_BYTES:
        raise RejectedError("event-malformed", f"the receipt's {name} has over {MAX_RECEIPT_TEXT_BYTES} bytes")
    return value


def _moment(detail: Mapping[str, JsonValue], name: str) -> int:
    value = detail.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_MS:
        raise RejectedError("event-malformed", f"the receipt's {name} is not a time in whole milliseconds")
    return value
