"""Match: which runs of which joins a completion is offered to, in which order.

A completion is offered to older live versions first, and they accept it only into runs that exist and have that version; only the
current version opens runs. Versions that give the completion one key mean one run, and share one offer, made under the newest of
them: the run's own version then says which plan it is held to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fanin.definitions.count_finding import counts_found
from fanin.definitions.keying import slot_key
from fanin.domain.completion import Completion, Source, Status
from fanin.domain.errors import RejectedError
from fanin.domain.plan import KeyKind, Plan
from fanin.domain.run import RunId
from fanin.ports import Head, Plans


class Offer(NamedTuple):
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


class Matched(NamedTuple):
    """The offers of one join, in order, and why its current version has none (a key that cannot be derived)."""

    offers: tuple[Offer, ...]
    refusal: RejectedError | None


class Interest(NamedTuple):
    """A join some of whose live versions want the reports of a source. `plans` are those versions, and of them those that believe it."""

    head: Head
    current: Plan
    plans: Sequence[Plan]


def interest_of(plans: Plans, head: Head, source: Source, status: Status) -> Interest | None:
    """What a join wants of such reports, the same for all of them; None when no live version names their source.

    RejectedError `plan-missing` when a live version is not stored.
    """
    live = live_plans(plans, head)
    wanting = [plan for plan in live if plan.wants(source, status)]
    return Interest(head, live[-1], [plan for plan in wanting if plan.believes(source)]) if wanting else None


def live_plans(plans: Plans, head: Head) -> list[Plan]:
    """The plans of a join's live versions, oldest first. Where one is gone: RejectedError `plan-missing`, but none of a deleted join."""
    found = [(version, plans.plan(head.join, version)) for version in head.versions]
    live = [plan for _, plan in found if plan is not None]
    if len(live) == len(found):
        return live
    if head.deleted:
        # It opens nothing any more, and is not there to be applied again.
        return []
    missing = next(version for version, plan in found if plan is None)
    raise RejectedError("plan-missing", f"version {missing} of the join {head.join} is not stored; apply the definition again")


def match_join(interest: Interest, completion: Completion) -> Matched:
    """The offers a join makes to a completion that it has an interest in; empty when none of its versions believes it, or finds its key."""
    head = interest.head
    by_key: dict[tuple[str, bool], list[Plan]] = {}
    refusal = None
    for plan in interest.plans:
        try:
            key = slot_key(plan, plan.slots_of(completion.source)[0], completion)
            counts_found(plan, completion)
        except RejectedError as error:
            refusal = error if plan.version == head.version and not head.deleted else refusal
            continue
        by_key.setdefault((key, plan.key.kind is KeyKind.LATEST), []).append(plan)
    offers = [_offer(interest, key, group) for (key, _), group in by_key.items()]
    return Matched(tuple(sorted(offers, key=_version)), refusal)


def _version(offer: Offer) -> int:
    return offer.plan.version


def _offer(interest: Interest, key: str, group: Sequence[Plan]) -> Offer:
    *older, plan = group
    head = interest.head
    return Offer(RunId(head.join, key), plan, tuple(older), interest.current, may_open=plan.version == head.version and not head.deleted)
