"""The EventBridge envelope: the part of an event that AWS wrote, checked for shape before anything else is believed.

`account` is set by EventBridge and `aws.` sources are reserved, so on a bus the two, with an exact ARN, are the anchor of trust;
`time`, `resources` and `detail` are not. See "Events" in the EventBridge user guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from fanin.domain.errors import RejectedError
from fanin.signing.strict_json import JsonValue, parse_strict

MAX_BODY_BYTES = 524_288  # Step Functions' events stay under 256 KB, and so do ours; SQS itself carries up to 1 MiB
MAX_DEPTH = 64

_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z0-9-]{5,32}")


class Envelope(NamedTuple):
    """One event as EventBridge delivers it. `time_ms` is epoch milliseconds; `detail` is the parsed object, `event` all of it."""

    id: str
    source: str
    detail_type: str
    account: str
    region: str
    time_ms: int
    detail: Mapping[str, JsonValue]
    event: Mapping[str, JsonValue]


def parse_body(body: str) -> Mapping[str, JsonValue]:
    """The object in a message body; RejectedError for a body over 512 KiB, nested over 64 deep, or that is no JSON object."""
    value = parse_strict(body, max_bytes=MAX_BODY_BYTES, max_depth=MAX_DEPTH, allow_floats=True, check_duplicate_keys=False)
    if not isinstance(value, dict):
        raise RejectedError("event-not-an-object", "the message is not a JSON object; only EventBridge events belong in this queue")
    return value


def parse_envelope(event: Mapping[str, JsonValue]) -> Envelope:
    """The envelope of an event; RejectedError `event-malformed` that names the member which is missing or wrong."""
    detail = event.get("detail")
    if not isinstance(detail, dict):
        raise RejectedError("event-without-detail", "the event has no detail object")
    return Envelope(
        id=text_of(event, "id"),
        source=text_of(event, "source"),
        detail_type=text_of(event, "detail-type"),
        account=_matching(event, "account", _ACCOUNT),
        region=_matching(event, "region", _REGION),
        time_ms=_moment(event, "time"),
        detail=detail,
        event=event,
    )


def text_of(members: Mapping[str, JsonValue], name: str) -> str:
    """A member that must be a non-empty string."""
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise RejectedError("event-malformed", f"the event's {name} is missing or not a string")
    return value


def _matching(event: Mapping[str, JsonValue], name: str, pattern: re.Pattern[str]) -> str:
    value = text_of(event, name)
    if pattern.fullmatch(value) is None:
        raise RejectedError("event-malformed", f"the event's {name} does not look like one")
    return value


def iso_time_of(members: Mapping[str, JsonValue], name: str) -> int | None:
    """A member that is a time in ISO 8601 with a zone, in epoch milliseconds; None when it is absent."""
    return None if members.get(name) is None else _moment(members, name)


def _moment(members: Mapping[str, JsonValue], name: str) -> int:
    try:
        moment = datetime.fromisoformat(text_of(members, name))
    except ValueError:
        raise RejectedError("event-malformed", f"the event's {name} is not an ISO 8601 time") from None
    if moment.tzinfo is None:
        raise RejectedError("event-malformed", f"the event's {name} has no zone")
    return int(moment.timestamp() * 1000)


def milliseconds_of(members: Mapping[str, JsonValue], name: str) -> int | None:
    """A member that is a time in epoch milliseconds; None when it is absent."""
    value = members.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RejectedError("event-malformed", f"the event's {name} is not a number of milliseconds")
    return int(value)


def optional_text_of(members: Mapping[str, JsonValue], name: str) -> str | None:
    """A member that is a string, or absent."""
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise RejectedError("event-malformed", f"the event's {name} is not a string")
    return value


def object_of(members: Mapping[str, JsonValue], name: str) -> Mapping[str, JsonValue]:
    """A member that is an object, empty when it is absent."""
    value = members.get(name)
    if value is not None and not isinstance(value, dict):
        raise RejectedError("event-malformed", f"the event's {name} is not an object")
    return value or {}


def objects_of(members: Mapping[str, JsonValue], name: str) -> list[Mapping[str, JsonValue]]:
    """A member that is a list of objects, empty when it is absent."""
    value = members.get(name)
    if value is not None and not isinstance(value, list):
        raise RejectedError("event-malformed", f"the event's {name} is not a list")
    found: list[Mapping[str, JsonValue]] = [one for one in value or [] if isinstance(one, dict)]
    if len(found) != len(value or []):
        raise RejectedError("event-malformed", f"the event's {name} has what is not an object")
    return found
