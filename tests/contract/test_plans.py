"""The contract of `Plans` and `PlanRegistry`: versions never change, and the head moves only from what its writer saw."""

from __future__ import annotations

from dataclasses import replace

from fanin.adapters.cached_plans import CachedPlans
from fanin.adapters.memory_clock import MemoryClock
from fanin.ports import Head, Plans
from tests.contract.given import JOIN, NOW_MS, plan, source
from tests.contract.stores import Stores


def published(stores: Stores, version: int = 1, after: Head | None = None, live: tuple[int, ...] = (), join: str = JOIN) -> Head:
    assert stores.plans.publish(plan(join, version), after, live, NOW_MS + version)
    head = stores.plans.head(join)
    assert head is not None
    return head


def test_a_first_version_becomes_the_head(stores: Stores) -> None:
    assert published(stores) == Head(JOIN, 1, "digest of 1", (), deleted=False, applied_at_ms=NOW_MS + 1)
    assert stores.plans.plan(JOIN, 1) == plan()
    assert stores.plans.joins_of(source("ledger")) == [JOIN]


def test_what_was_never_published_is_not_there(stores: Stores) -> None:
    published(stores)
    assert stores.plans.head("another") is None
    assert stores.plans.plan(JOIN, 2) is None
    assert stores.plans.plan("another", 1) is None
    assert list(stores.plans.joins_of(source("another"))) == []


def test_a_next_version_leaves_the_older_ones_readable_and_live_where_said(stores: Stores) -> None:
    first = published(stores)
    second = published(stores, 2, first, (1,))
    third = published(stores, 3, second, (1, 2))
    assert third.versions == (1, 2, 3)
    assert [stores.plans.plan(JOIN, version) for version in (1, 2, 3)] == [plan(version=version) for version in (1, 2, 3)]


def test_a_first_version_is_published_once(stores: Stores) -> None:
    head = published(stores)
    assert not stores.plans.publish(replace(plan(), digest="other"), None, (), NOW_MS)
    assert not stores.plans.publish(plan(version=2), None, (), NOW_MS)
    assert stores.plans.head(JOIN) == head
    assert stores.plans.plan(JOIN, 1) == plan()
    assert stores.plans.plan(JOIN, 2) is None


def test_two_versions_of_one_millisecond_are_told_apart(stores: Stores) -> None:
    first = published(stores)
    assert stores.plans.publish(plan(version=2), first, (), first.applied_at_ms)
    assert not stores.plans.publish(plan(version=3), first, (), first.applied_at_ms)
    second = stores.plans.head(JOIN)
    assert second is not None
    assert second.version == 2


def test_a_version_that_was_compared_with_an_older_head_is_not_published(stores: Stores) -> None:
    first = published(stores)
    second = published(stores, 2, first)
    assert not stores.plans.publish(replace(plan(version=2), digest="other"), first, (), NOW_MS)
    assert not stores.plans.publish(plan(version=3), first, (), NOW_MS)
    assert stores.plans.head(JOIN) == second
    assert stores.plans.plan(JOIN, 2) == plan(version=2)
    assert stores.plans.plan(JOIN, 3) is None


def test_routes_lead_to_every_join_and_stay(stores: Stores) -> None:
    first = published(stores)
    published(stores, join="another")
    assert stores.plans.publish(plan(JOIN, 2, ("ledger", "risk")), first, (1,), NOW_MS)
    assert list(stores.plans.joins_of(source("ledger"))) == ["another", JOIN]
    assert list(stores.plans.joins_of(source("risk"))) == [JOIN]
    assert JOIN in stores.plans.joins_of(source("positions"))


def test_a_withdrawn_join_stays_readable_and_is_withdrawn_once(stores: Stores) -> None:
    head = published(stores)
    assert stores.plans.withdraw(head, NOW_MS + 9)
    assert stores.plans.head(JOIN) == head._replace(deleted=True, applied_at_ms=NOW_MS + 9)
    assert not stores.plans.withdraw(head, NOW_MS + 10)
    assert stores.plans.plan(JOIN, 1) == plan()


def test_a_join_that_moved_is_not_withdrawn(stores: Stores) -> None:
    first = published(stores)
    second = published(stores, 2, first)
    assert not stores.plans.withdraw(first, NOW_MS)
    assert stores.plans.head(JOIN) == second


def test_a_join_that_was_withdrawn_meanwhile_is_not_published(stores: Stores) -> None:
    head = published(stores)
    assert stores.plans.withdraw(head, NOW_MS + 9)
    assert not stores.plans.publish(plan(version=2), head, (), NOW_MS + 10)
    withdrawn = stores.plans.head(JOIN)
    assert withdrawn is not None
    assert withdrawn.deleted
    again = published(stores, 2, withdrawn, (1,))
    assert not again.deleted


def test_heads_are_listed_by_name_deleted_ones_too(stores: Stores) -> None:
    heads = [published(stores, join=join) for join in ("b", "a", "c")]
    assert stores.plans.withdraw(heads[0], NOW_MS + 9)
    assert [(head.join, head.deleted) for head in stores.plans.heads()] == [("a", False), ("b", True), ("c", False)]


def test_plans_through_a_cache_are_the_plans(stores: Stores) -> None:
    head = published(stores)
    cached: Plans = CachedPlans(stores.plans, MemoryClock(NOW_MS), 30_000)
    for _ in range(2):
        assert cached.head(JOIN) == head
        assert cached.plan(JOIN, 1) == plan()
        assert list(cached.joins_of(source("ledger"))) == [JOIN]
        assert cached.head("another") is None
