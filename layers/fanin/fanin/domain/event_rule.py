"""The event rule: which events are completions for a predecessor of kind `event`, and where in them everything is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StatusWords:
    """Where an event says how the work ended, and the words that mean success and failure; any other word is no end."""

    path: str
    succeeded: tuple[str, ...]
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventRule:
    """An event pattern as JSON text, and paths, JMESPath expressions on the whole event.

    Without a status every event that matches is a success. Times are the event's own where no path says another.
    """

    id: str
    pattern: str | None = None
    status: StatusWords | None = None
    started_at: str | None = None
    stopped_at: str | None = None
    input: str | None = None
