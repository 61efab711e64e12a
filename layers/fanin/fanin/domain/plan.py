"""The plan: a compiled, versioned join definition. Runs pin the version they opened with; a version never changes.

A plan is what the definition language compiles to, and all that the rest of the system ever sees of a definition. Slots are the
positions of the predecessors in it, so a stored run names a slot by its number, and reading one takes the plan of its version.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fanin.domain.completion import Source
    from fanin.domain.condition import Condition


class KeyKind(StrEnum):
    """Where the key of a completion is read from."""

    INPUT = "input"
    NAME = "name"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class KeyRule:
    """How a completion gets its key: a JMESPath for `input`, a regular expression with one group for `name`, None for `latest`."""

    kind: KeyKind
    expression: str | None = None


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A named slot, bound to one source."""

    name: str
    source: Source


@dataclass(frozen=True, slots=True)
class Successor:
    """Where a release goes: a bus, and the logical target that its account maps to a state machine. `outputs`: send them along."""

    target: str
    bus_arn: str
    outputs: bool = False

    @property
    def account(self) -> str:
        """The account of the bus: the only one whose receipts count."""
        return self.bus_arn.split(":")[4]


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of one join. `version` counts from 1; `digest` names the content, so an unchanged definition is recognised."""

    join: str
    version: int
    digest: str
    description: str
    key: KeyRule
    predecessors: tuple[Predecessor, ...]
    condition: Condition
    successors: tuple[Successor, ...]

    @property
    def projects_outputs(self) -> bool:
        """Whether any successor wants outputs, so that they must be kept until the release."""
        return any(successor.outputs for successor in self.successors)

    def slots_of(self, source: Source) -> tuple[int, ...]:
        """The slots bound to a source; empty when this plan does not name it."""
        return tuple(slot for slot, predecessor in enumerate(self.predecessors) if predecessor.source == source)
