"""Events read by a rule: what one says of the work that it reports. Pure; anybody in the account may have written it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fanin.definitions.event_pattern import event_matcher
from fanin.definitions.keying import found_by
from fanin.domain.completion import Status
from fanin.domain.errors import RejectedError
from fanin.domain.event_rule import EventRule, StatusWords
from fanin.domain.execution_id import plain_id

_SECONDS_BELOW = 100_000_000_000  # as seconds the year 5138, as milliseconds 1973


@dataclass(frozen=True, slots=True)
class EventReading:
    """What an event says; times are epoch milliseconds, None where no path finds one, and `input` is JSON text."""

    execution_id: str
    status: Status
    started_at_ms: int | None
    stopped_at_ms: int | None
    input: str | None


def read_event(rule: EventRule, event: Mapping[str, object]) -> EventReading | None:
    """What an event says to a rule; None when the rule does not match it, or its status is no end.

    RejectedError `event-id-absent`, `event-id-invalid`, `event-status-invalid`, `event-time-invalid`, or `event-path-failed` when an
    expression cannot be evaluated on it.
    """
    if rule.pattern is not None and not event_matcher(rule.pattern)(event):
        return None
    status = Status.SUCCEEDED if rule.status is None else _status(rule.status, event)
    if status is None:
        return None
    found = event.get("detail") if rule.input is None else found_by(rule.input, event, "event-path-failed", "event")
    return EventReading(
        execution_id=_id(found_by(rule.id, event, "event-path-failed", "event")),
        status=status,
        started_at_ms=_moment_ms(rule.started_at, event),
        stopped_at_ms=_moment_ms(rule.stopped_at, event),
        input=None if found is None else json.dumps(found, separators=(",", ":")),
    )


def _status(words: StatusWords, event: Mapping[str, object]) -> Status | None:
    word = found_by(words.path, event, "event-path-failed", "event")
    if isinstance(word, bool | int):
        word = json.dumps(word)
    if word is not None and not isinstance(word, str):
        raise RejectedError("event-status-invalid", "the event's status is neither a text nor a whole number")
    return Status.SUCCEEDED if word in words.succeeded else Status.FAILED if word in words.failed else None


def _id(found: object) -> str:
    if found is None:
        raise RejectedError("event-id-absent", "the path for the execution's id finds nothing in the event")
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or not found:
        raise RejectedError("event-id-invalid", "the execution's id found in the event is neither a text nor a whole number")
    return plain_id(found)


def _moment_ms(path: str | None, event: Mapping[str, object]) -> int | None:
    found = None if path is None else found_by(path, event, "event-path-failed", "event")
    if found is None:
        return None
    if isinstance(found, int | float) and not isinstance(found, bool):
        return int(found * 1000) if abs(found) < _SECONDS_BELOW else int(found)
    try:
        moment = datetime.fromisoformat(found if isinstance(found, str) else "")
    except ValueError:
        raise RejectedError("event-time-invalid", "a time found in the event is neither ISO 8601 nor a number") from None
    if moment.tzinfo is None:
        raise RejectedError("event-time-invalid", "a time found in the event has no zone")
    return int(moment.timestamp() * 1000)
