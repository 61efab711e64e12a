"""Decide: given a plan and what has arrived, wait or release. Pure, total, and taken again on every redelivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fanin.domain.arrival import decode_arrival
from fanin.domain.condition import Verdict, evaluate

if TYPE_CHECKING:
    from fanin.domain.plan import Plan


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: the names of the predecessors that are not ready, in the plan's order."""

    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """Satisfied: freeze what has arrived and send it. `reason` goes into the release."""

    reason: str


Decision = Wait | Release


def decide(plan: Plan, slots: Mapping[int, str]) -> Decision:
    """The decision on encoded arrivals by slot. A failure waits: a rerun or a redrive may still turn it into a success."""
    ready = {slot for slot, encoded in slots.items() if decode_arrival(encoded).succeeded}
    if evaluate(plan.condition, dict.fromkeys(ready, Verdict.SATISFIED)) is Verdict.SATISFIED:
        return Release("satisfied")
    return Wait(tuple(predecessor.name for slot, predecessor in enumerate(plan.predecessors) if slot not in ready))
