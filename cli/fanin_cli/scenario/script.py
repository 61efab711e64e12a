"""The script: a scenario with every moment, name and event resolved, ready to be run. All times are epoch milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fanin.definitions.locations import Position, SourceDocument
from fanin.domain.completion import Completion

Facts = Mapping[str, str | int | frozenset[str]]
"""What is known or expected of an occurrence, by the field names of the scenario language."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report of an execution: what people call it, the EventBridge event that says it, and what its source knows besides."""

    execution: str
    told: str
    body: str
    known: Completion | None = None


@dataclass(frozen=True, slots=True)
class Arrive:
    """Reports reach the hub together, in one batch, `delay_ms` after the moment."""

    reports: tuple[Report, ...]
    delay_ms: int = 0


@dataclass(frozen=True, slots=True)
class Apply:
    """Definitions are applied."""

    file: str
    documents: tuple[SourceDocument, ...]


@dataclass(frozen=True, slots=True)
class Delete:
    """A join is deleted."""

    join: str


@dataclass(frozen=True, slots=True)
class Outage:
    """Nothing of the hub works for so long."""

    for_ms: int


Happening = Arrive | Apply | Delete | Outage


@dataclass(frozen=True, slots=True)
class Expected:
    """What must happen. `said` is the expectation in the words of the scenario, for people."""

    kind: str
    subject: str
    facts: Facts
    position: Position
    said: str
    at_ms: int | None = None
    from_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """One scenario. `steps` are in order of time; `until_ms` None means until nothing is due."""

    file: str
    name: str
    zone: str
    start_ms: int
    initial: Apply
    steps: tuple[tuple[int, Happening], ...]
    expected: tuple[Expected, ...]
    until_ms: int | None
