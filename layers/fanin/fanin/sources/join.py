"""Releases of another join of this hub: its own notices, as they stand on the hub's bus (schemas/notice.schema.json).

That they are the hub's is held by the bus policy, which lets only the forwarder put them, and by the collector, which believes only the
hub's own account and Region. An execution of a join is an attempt of one of its runs.
"""

from __future__ import annotations

from fanin.domain.completion import SourceKind, Status
from fanin.domain.errors import RejectedError
from fanin.domain.execution_id import plain_id
from fanin.sources.envelope import Envelope, milliseconds_of, text_of
from fanin.sources.kind import NONE, Detail, Kind, Names, Text, Times, as_json

EVENT_SOURCE = "fanin.hub"
DETAIL_TYPE = "Fan-in Notice"

_ENDS = {"RELEASED": Status.SUCCEEDED, "FAILED": Status.FAILED}  # every other transition, those to come included, is no end


def release_id(key: str, attempt: int) -> str:
    """The id of an attempt as an execution: `<key>/<attempt>`."""
    return plain_id(key, f"/{attempt}")


def _names(envelope: Envelope) -> Names:
    return Names(text_of(envelope.detail, "join"), release_id(text_of(envelope.detail, "key"), _attempt(envelope.detail)))


def _attempt(detail: Detail) -> int:
    attempt = detail.get("attempt")
    if isinstance(attempt, bool) or not isinstance(attempt, int) or attempt < 1:
        raise RejectedError("event-malformed", "the notice's attempt is not a number from 1")
    return attempt


def _status(detail: Detail) -> Status | None:
    return _ENDS.get(text_of(detail, "transition"))


def _times(envelope: Envelope) -> Times:
    return Times(None, milliseconds_of(envelope.detail, "at"))


def _input(detail: Detail) -> Text:
    said = {"join": detail.get("join"), "key": detail.get("key"), "attempt": detail.get("attempt")}
    return Text(as_json({**said, "outcome": text_of(detail, "transition").lower()}))


KIND = Kind(SourceKind.JOIN, EVENT_SOURCE, (DETAIL_TYPE,), _names, _status, _times, _input, lambda _: NONE)
