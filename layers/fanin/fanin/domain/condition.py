"""The condition of a join: when do its slots, taken together, satisfy it?

One kind of node is enough: `AtLeast(n, children)`; all is `AtLeast(len(children))`, any is `AtLeast(1)`. Evaluation is three-valued
(Kleene's strong logic): a slot that waits may still become ready, so the answer can be "not yet" and is never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class Verdict(IntEnum):
    """Ordered on purpose: of a set of verdicts, the nth greatest is the verdict on "at least n of them"."""

    IMPOSSIBLE = 0
    POSSIBLE = 1
    SATISFIED = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """A leaf: the verdict on one slot of the plan."""

    number: int


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least `count` of the children; 1 <= count <= len(children), which the compiler guarantees."""

    count: int
    children: tuple[Condition, ...]


Condition = Slot | AtLeast


def all_of(slots: int) -> AtLeast:
    """The condition that every one of the first `slots` slots is ready."""
    return AtLeast(slots, tuple(Slot(number) for number in range(slots)))


def evaluate(condition: Condition, verdicts: Mapping[int, Verdict]) -> Verdict:
    """The verdict on a condition, given one on each slot (a slot not named is still possible)."""
    if isinstance(condition, Slot):
        return verdicts.get(condition.number, Verdict.POSSIBLE)
    ranked = sorted((evaluate(child, verdicts) for child in condition.children), reverse=True)
    return ranked[condition.count - 1]
