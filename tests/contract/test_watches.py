"""The contract of `Watches`: what is remembered of asking a source comes back as it was, and nobody overwrites what they have not read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fanin.domain.watch import Pass, Trouble, Watch, new_watch
from fanin.ports import DueWatch
from tests.contract.given import DUE_MS, NOW_MS, source
from tests.contract.stores import Stores

LEDGER = source("ledger")
NEW = new_watch(LEDGER, NOW_MS)
WHOLE = Watch(
    source=LEDGER,
    since_ms=NOW_MS - 1,
    listed_from_ms=NOW_MS - 2,
    rev=0,
    routed=True,
    wanted_until_ms=NOW_MS + 3,
    remembered={"abcdefgh": NOW_MS, "-_ABC123": NOW_MS + 1},
    passing=Pass(NOW_MS - 4, "token ==", NOW_MS - 5, {"ijklmnop": 0}),
    passed_at_ms=NOW_MS - 6,
    trouble=Trouble.UNAVAILABLE,
    failures=7,
    not_before_ms=NOW_MS + 8,
    due_at_ms=DUE_MS,
)


@pytest.mark.parametrize("watch", [NEW, WHOLE, replace(WHOLE, passing=Pass(NOW_MS)), replace(WHOLE, passing=None, trouble=Trouble.REFUSED)])
def test_a_watch_comes_back_as_it_was_saved(stores: Stores, watch: Watch) -> None:
    assert stores.watches.read(LEDGER.route) is None
    assert stores.watches.save(None, watch)
    assert stores.watches.read(LEDGER.route) == watch
    assert stores.watches.read(source("positions").route) is None


def test_a_watch_is_saved_only_over_what_was_read(stores: Stores) -> None:
    assert stores.watches.save(None, NEW)
    assert not stores.watches.save(None, WHOLE)
    first = stores.watches.read(LEDGER.route)
    assert first is not None
    assert stores.watches.save(first, WHOLE)
    assert not stores.watches.save(first, NEW)
    assert stores.watches.read(LEDGER.route) == replace(WHOLE, rev=first.rev + 1)
    assert not stores.watches.save(replace(WHOLE, source=source("positions")), replace(WHOLE, source=source("positions")))


def test_a_watch_is_nominated_while_it_is_due_at_all(stores: Stores) -> None:
    stores.watches.save(None, WHOLE)
    assert stores.due(DUE_MS - 1) == []
    assert stores.due(DUE_MS) == [DueWatch(LEDGER.route, DUE_MS)]
    stores.watches.save(WHOLE, replace(WHOLE, due_at_ms=DUE_MS + 9))
    assert stores.due(DUE_MS + 9) == [DueWatch(LEDGER.route, DUE_MS + 9)]
    stores.watches.save(replace(WHOLE, rev=1), replace(WHOLE, due_at_ms=None))
    assert stores.due(DUE_MS + 9) == []
