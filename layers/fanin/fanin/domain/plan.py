"""The plan: a compiled, versioned join definition. Runs pin the version they opened with; a version never changes.

A plan is what the definition language compiles to, and all that the rest of the system ever sees of a definition. Slots are the
positions of the predecessors in it, so a stored run names a slot by its number, and reading one takes the plan of its version.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from fanin.domain.completion import UNANCHORED, Status
from fanin.domain.outcome import Outcome
from fanin.domain.timing import NO_TIMES, Timing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fanin.domain.calendar import Calendar
    from fanin.domain.completion import Source
    from fanin.domain.condition import Condition
    from fanin.domain.counting import Counted
    from fanin.domain.event_rule import EventRule
    from fanin.domain.window import CronWindow, Window


class KeyKind(StrEnum):
    """Where the key of a completion is read from."""

    INPUT = "input"
    OUTPUT = "output"
    NAME = "name"
    DETAIL = "detail"
    TAG = "tag"
    WINDOW = "window"
    LATEST = "latest"


class OnFailure(StrEnum):
    """What a failed predecessor means: wait for a rerun or redrive, fail the run when it is impossible, or count it as done."""

    WAIT = "wait"
    FAIL = "fail"
    IGNORE = "ignore"


class AfterRelease(StrEnum):
    """What a late or repeated arrival means: nothing, a notice, or (when it raises its slot) the next attempt."""

    IGNORE = "ignore"
    REPORT = "report"
    AGAIN = "again"


class KeyRule(NamedTuple):
    """How a completion gets its key.

    `expression`: a JMESPath for `input`, `output` and `detail`, a regular expression with one group for `name`, a name for `tag`. `window`
    for `window`.
    The key found, a date, is then moved by `offset_days` (business days of the plan's calendar when `business`).
    """

    kind: KeyKind
    expression: str | None = None
    window: Window | CronWindow | None = None
    offset_days: int = 0
    business: bool = False


class Predecessor(NamedTuple):
    """A named slot, bound to one source. `key` replaces the join's own rule; `optional`: ready also when it never started in time.

    `event` says which events count, for a source of that kind. `trusts_account`: for sources that have no anchor but the account they are
    in, whoever may put events there is believed. `counted`: the source completes that often for a key, and the slot counts distinct
    executions.
    """

    name: str
    source: Source
    key: KeyRule | None = None
    on_failure: OnFailure = OnFailure.WAIT
    optional: bool = False
    event: EventRule | None = None
    trusts_account: bool = False
    counted: Counted | None = None


class Successor(NamedTuple):
    """Where a release goes: a bus, and the logical target that its account maps to a state machine.

    `outputs`: send them along; `projection`: a JMESPath over the release and its outputs; `outcomes`: which releases it asked for.
    """

    target: str
    bus_arn: str
    outputs: bool = False
    projection: str | None = None
    outcomes: tuple[Outcome, ...] = (Outcome.RELEASED,)

    @property
    def account(self) -> str:
        """The account of the bus: the only one whose receipts count."""
        return self.bus_arn.split(":")[4]

    @property
    def wants_outputs(self) -> bool:
        """Whether outputs must be kept for it until the release."""
        return self.outputs or self.projection is not None


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of one join. `version` counts from 1; `digest` names the content, so an unchanged definition is recognised.

    `journal` is the number of partitions that the journal of a run has; 0: its runs are narrow, one item each. `projects_outputs`: some
    successor wants outputs, so that they must be kept until the release.
    """

    join: str
    version: int
    digest: str
    description: str
    key: KeyRule
    predecessors: tuple[Predecessor, ...]
    condition: Condition
    successors: tuple[Successor, ...]
    timing: Timing = NO_TIMES
    after_release: AfterRelease = AfterRelease.IGNORE
    calendar: Calendar | None = None
    zone: str = "UTC"
    journal: int = 0
    projects_outputs: bool = field(init=False, repr=False, compare=False)
    _slots: Mapping[Source, tuple[int, ...]] = field(init=False, repr=False, compare=False)
    _told_by: Mapping[str, tuple[int, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Asked several times for each completion, of plans with a thousand predecessors too.
        slots: dict[Source, tuple[int, ...]] = {}
        told_by: dict[str, tuple[int, ...]] = {}
        for slot, one in enumerate(self.predecessors):
            slots[one.source] = (*slots.get(one.source, ()), slot)
            if one.counted is not None and one.counted.source is not None:
                told_by[one.counted.source] = (*told_by.get(one.counted.source, ()), slot)
        object.__setattr__(self, "projects_outputs", any(successor.wants_outputs for successor in self.successors))
        object.__setattr__(self, "_slots", slots)
        object.__setattr__(self, "_told_by", told_by)

    @property
    def is_wide(self) -> bool:
        """Whether its runs keep their arrivals in a journal."""
        return self.journal > 0

    @property
    def counts_by_outputs(self) -> bool:
        """Whether the output of any predecessor says the N of another."""
        return bool(self._told_by)

    def slots_of(self, source: Source) -> tuple[int, ...]:
        """The slots bound to a source; empty when this plan does not name it."""
        return self._slots.get(source, ())

    def wants(self, source: Source, status: Status) -> bool:
        """Whether such a report matters: "has started" does only where a slot may stay without an arrival."""
        slots = self.slots_of(source)
        return bool(slots) and (status is not Status.RUNNING or any(self.predecessors[slot].optional for slot in slots))

    def believes(self, source: Source) -> bool:
        """Whether its reports count: those of a source without an anchor of trust do only where the plan accepts that."""
        return source.kind not in UNANCHORED or all(self.predecessors[slot].trusts_account for slot in self.slots_of(source))

    def counted_from(self, slot: int) -> tuple[int, ...]:
        """The counted slots whose N is said by the output of a slot."""
        return self._told_by.get(self.predecessors[slot].name, ())

    def key_rule(self, slot: int) -> KeyRule:
        """The rule that gives completions of a slot their key."""
        return self.predecessors[slot].key or self.key
