"""The contract of `SigningHistory`: a key's first moment, written once."""

from __future__ import annotations

from tests.contract.given import NOW_MS
from tests.contract.stores import Stores
from tests.unit.signing.keys import HUB_KEY, OTHER_HUB_KEY


def test_a_key_that_was_never_noted_has_no_moment(stores: Stores) -> None:
    assert stores.signing_history.since(HUB_KEY.kid()) is None


def test_a_key_keeps_the_moment_at_which_it_was_first_noted(stores: Stores) -> None:
    assert stores.signing_history.note(HUB_KEY.kid(), NOW_MS) == NOW_MS
    assert stores.signing_history.note(HUB_KEY.kid(), NOW_MS + 1) == NOW_MS
    assert stores.signing_history.since(HUB_KEY.kid()) == NOW_MS


def test_keys_do_not_know_of_each_other(stores: Stores) -> None:
    stores.signing_history.note(HUB_KEY.kid(), NOW_MS)
    assert stores.signing_history.note(OTHER_HUB_KEY.kid(), NOW_MS + 5) == NOW_MS + 5
