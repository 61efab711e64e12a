"""Check the net: whether joins that are to be applied fit those that are: the ones they wait for are there, and nothing goes in a circle.

Followed are the routes that lead on from what is applied, so only joins that such a circle could lead through are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from fanin.definitions.compiler import circles
from fanin.definitions.cycles import targets_by_name
from fanin.definitions.problems import Code, Problem, quoted
from fanin.domain.completion import Source, SourceKind
from fanin.domain.plan import Plan
from fanin.ports import PlanRegistry


def net_problems(registry: PlanRegistry, plans: Sequence[Plan]) -> Iterator[tuple[str, Problem]]:
    """What is wrong with plans among those that are current, by the join that it is told of."""
    ours = {plan.join: plan for plan in plans}
    yield from _unknown(registry, ours)
    yield from circles(list(_followed(registry, ours).values()), ours)


def _unknown(registry: PlanRegistry, ours: Mapping[str, Plan]) -> Iterator[tuple[str, Problem]]:
    waiting = [(plan.join, one) for plan in ours.values() for one in plan.predecessors if one.source.kind is SourceKind.JOIN]
    if all(one.source.arn in ours for _, one in waiting):
        return
    known = {*ours, *(head.join for head in registry.heads() if not head.deleted)}
    for join, one in waiting:
        if one.source.arn not in known:
            near = get_close_matches(one.source.arn, sorted(known), n=1)
            hint = f"did you mean {near[0]}?" if near else "apply it first, or together with this one"
            path = ("predecessors", one.name, "join")
            yield join, Problem(path, Code.JOIN_UNKNOWN, f"there is no join {quoted(one.source.arn)}", hint)


def _followed(registry: PlanRegistry, ours: Mapping[str, Plan]) -> dict[str, Plan]:
    """Our plans, and those of all joins that wait for them, directly or over others."""
    found, queue = dict(ours), list(ours.values())
    while queue:
        for join in _waiting_for(registry, queue.pop()):
            plan = None if join in found else _current(registry, join)
            if plan is not None:
                found[join] = plan
                queue.append(plan)
    return found


def _waiting_for(registry: PlanRegistry, plan: Plan) -> set[str]:
    started = {Source(SourceKind.STEP_FUNCTIONS, arn) for arn in targets_by_name([plan]).values()}
    return {join for source in (Source(SourceKind.JOIN, plan.join), *started) for join in registry.joins_of(source)}


def _current(registry: PlanRegistry, join: str) -> Plan | None:
    head = registry.head(join)
    return None if head is None or head.deleted else registry.plan(join, head.version)
