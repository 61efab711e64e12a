"""The contract of `Expectations`: one window a join, changed only under the hands of who saw it last."""

from __future__ import annotations

import pytest

from fanin.domain.run import Expectation
from tests.contract.given import JOIN, NOW_MS
from tests.contract.stores import Stores

FIRST = Expectation(JOIN, 1, "2026-04-01", NOW_MS)
FOLLOWING = Expectation(JOIN, 1, "2026-04-02", NOW_MS + 86_400_000)


def test_what_nobody_expects_is_none(stores: Stores) -> None:
    assert stores.expectations.read(JOIN) is None


def test_an_expectation_reads_back_as_it_was_written_and_belongs_to_one_join(stores: Stores) -> None:
    other = FIRST._replace(join="other", key="2026-W14", version=7)
    assert stores.expectations.save(JOIN, None, FIRST)
    assert stores.expectations.save("other", None, other)
    assert stores.expectations.read(JOIN) == FIRST
    assert stores.expectations.read("other") == other


def test_an_expectation_is_replaced_by_the_next(stores: Stores) -> None:
    stores.expectations.save(JOIN, None, FIRST)
    assert stores.expectations.save(JOIN, FIRST, FOLLOWING)
    assert stores.expectations.read(JOIN) == FOLLOWING


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(None, id="none"),
        pytest.param(FIRST._replace(version=2), id="another version"),
        pytest.param(FIRST._replace(key="2026-03-31"), id="another window"),
        pytest.param(FIRST._replace(opens_ms=NOW_MS + 1), id="another moment"),
    ],
)
@pytest.mark.parametrize("after", [None, FOLLOWING], ids=["away", "replaced"])
def test_whoever_saw_another_expectation_changes_nothing(stores: Stores, seen: Expectation | None, after: Expectation | None) -> None:
    stores.expectations.save(JOIN, None, FIRST)
    assert not stores.expectations.save(JOIN, seen, after)
    assert stores.expectations.read(JOIN) == FIRST


def test_what_is_not_there_cannot_be_replaced(stores: Stores) -> None:
    assert not stores.expectations.save(JOIN, FIRST, FOLLOWING)
    assert stores.expectations.read(JOIN) is None


def test_an_expectation_is_taken_away_once_and_may_come_back(stores: Stores) -> None:
    stores.expectations.save(JOIN, None, FIRST)
    assert stores.expectations.save(JOIN, FIRST, None)
    assert stores.expectations.read(JOIN) is None
    assert not stores.expectations.save(JOIN, FIRST, None)
    assert stores.expectations.save(JOIN, None, FOLLOWING)
    assert stores.expectations.read(JOIN) == FOLLOWING


def test_a_moved_expectation_of_a_window_at_epoch_reads_back(stores: Stores) -> None:
    early = Expectation(JOIN, 1, "1970-01-01", 0)
    assert stores.expectations.save(JOIN, None, early)
    assert stores.expectations.read(JOIN) == early
