"""The job net over joins: which join waits for which other, and where that goes in a circle.

It waits for the other's release itself, or for the state machine that a successor of the other starts. What a target starts is known in
the successor's account only, so it is given as a mapping, or taken by name: a target for the state machine of that name in the account
and Region of the bus. A predecessor whose key is moved by days waits for another day's execution; that is no circle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from fanin.domain.completion import Source, SourceKind
from fanin.domain.plan import Plan, Successor

Targets = Mapping[tuple[str, str], str]
"""The ARN of the state machine that a target starts, by the ARN of the bus and the target's name."""


def targets_by_name(plans: Sequence[Plan]) -> Targets:
    """What the targets of all plans start, if each is named like its state machine."""
    return {(one.bus_arn, one.target): _named_machine(one) for plan in plans for one in plan.successors}


class Following(NamedTuple):
    """A join that waits, by `predecessor`, for another: for its release (`successor` is None), or for what that successor of it starts."""

    join: str
    predecessor: str
    successor: int | None


def followers(plan: Plan, plans: Sequence[Plan], targets: Targets) -> Iterator[Following]:
    """The joins among `plans` that wait for a plan with the same key."""
    started = {targets.get((one.bus_arn, one.target)): number for number, one in reversed(list(enumerate(plan.successors)))}
    for other in plans:
        for slot, predecessor in enumerate(other.predecessors):
            if other.key_rule(slot).offset_days != 0:
                continue
            if predecessor.source == Source(SourceKind.JOIN, plan.join):
                yield Following(other.join, predecessor.name, None)
            elif predecessor.source.kind is SourceKind.STEP_FUNCTIONS and predecessor.source.arn in started:
                yield Following(other.join, predecessor.name, started[predecessor.source.arn])


def cycles(plans: Sequence[Plan], targets: Targets) -> list[tuple[str, ...]]:
    """The circles of joins, one for each join that is in any and in none of those before; it begins with its first name in the alphabet."""
    net = {plan.join: sorted({one.join for one in followers(plan, plans, targets)}) for plan in plans}
    found: list[tuple[str, ...]] = []
    for join in sorted(net):
        if not any(join in circle for circle in found):
            circle = _circle(join, net)
            found += [circle] if circle else []
    return [_from_first(circle) for circle in found]


def _circle(start: str, net: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The shortest way from a join back to it; empty when there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for join in net[way[-1]]:
            if join == start:
                return way
            if join not in seen:
                seen.add(join)
                ways.append((*way, join))
    return ()


def _from_first(circle: tuple[str, ...]) -> tuple[str, ...]:
    first = circle.index(min(circle))
    return circle[first:] + circle[:first]


def _named_machine(successor: Successor) -> str:
    _, partition, _, region, account, _ = successor.bus_arn.split(":", 5)
    return f"arn:{partition}:states:{region}:{account}:stateMachine:{successor.target}"
