"""Match: which runs of which joins a completion is offered to, in which order.

A completion is offered to older live versions first, and they accept it only into runs that exist and have that version; only the
current version opens runs. Versions that give the completion one key mean one run, and share one offer, made under the newest of
them: the run's own version then says which plan it is held to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fanin.definitions.count_finding import counts_found
from fanin.definitions.keying import slot_key
from fanin.domain.completion import Completion
from fanin.domain.errors import RejectedError
from fanin.domain.plan import KeyKind, Plan
from fanin.domain.run import RunId
from fanin.ports import Head, Plans


@dataclass(frozen=True, slots=True)
class Offer:
    """One run to offer a completion to: under `plan` at first, under one of `others` when the run turns out to have that version."""

    run: RunId
    plan: Plan
    others: tuple[Plan, ...]
    current: Plan
    may_open: bool

    @property
    def is_stream(self) -> bool:
        """Whether the key is `latest`."""
        return self.plan.key.kind is KeyKind.LATEST

    def under(self, version: int) -> Plan | None:
        """The plan among `others` of a version, or None when that version does not want the completion in this run."""
        return next((plan for plan in self.others if plan.version == version), None)


@dataclass(frozen=True, slots=True)
class Matched:
    """The offers of one join, in order, and why its current version has none (a key that cannot be derived)."""

    offers: tuple[Offer, ...]
    refusal: RejectedError | None


def match_join(plans: Plans, head: Head, completion: Completion) -> Matched:
    """The offers a join makes to a completion; empty when no live version names its source."""
    current = _plan(plans, head.join, head.version)
    by_key: dict[tuple[str, bool], list[Plan]] = {}
    refusal = None
    for version in head.versions:
        plan = current if version == head.version else _plan(plans, head.join, version)
        if not plan.wants(completion.source, completion.status) or not plan.believes(completion.source):
            continue
        try:
            key = slot_key(plan, plan.slots_of(completion.source)[0], completion)
            counts_found(plan, completion)
        except RejectedError as error:
            refusal = error if version == head.version and not head.deleted else refusal
            continue
        group = by_key.setdefault((key, plan.key.kind is KeyKind.LATEST), [])
        group.append(plan)
    return Matched(tuple(_offer(head, current, key, group) for (key, _), group in sorted(by_key.items(), key=_newest)), refusal)


def _newest(entry: tuple[tuple[str, bool], list[Plan]]) -> int:
    return entry[1][-1].version


def _offer(head: Head, current: Plan, key: str, group: Sequence[Plan]) -> Offer:
    *older, plan = group
    return Offer(RunId(head.join, key), plan, tuple(older), current, may_open=plan.version == head.version and not head.deleted)


def _plan(plans: Plans, join: str, version: int) -> Plan:
    plan = plans.plan(join, version)
    if plan is None:
        raise RejectedError("plan-missing", f"version {version} of the join {join} is not stored; apply the definition again")
    return plan
