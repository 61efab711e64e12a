"""One world for all end-to-end tests: deployed once, shared, and asked at the very end what its roles were used for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from local import LocalAws
from tests.e2e.deployment import deploy
from tests.e2e.world import World

_HERE = Path(__file__).parent
# They judge what all others made the functions do, and mean nothing without them.
_LAST = ("test_nothing_was_lost.py", "test_least_privilege.py")
_partly = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def world(local_aws: LocalAws) -> World:
    """Every stack, in the accounts of local.landscape and two more."""
    return World.around(local_aws, deploy(local_aws))


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == _HERE:
            item.config.stash[_partly] = True


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests that look back on the whole run last, and leave them out of a part of one."""
    items.sort(key=lambda item: item.path.name in _LAST and item.path.parent == _HERE)
    here = {item.path.name for item in items if item.path.parent == _HERE}
    everything = {path.name for path in _HERE.glob("test_*.py")}
    if config.stash.get(_partly, False) or here != everything or any("::" in argument for argument in config.args):
        for item in items:
            if item.path.name in _LAST:
                item.add_marker(pytest.mark.skip(reason="looks back on a whole run of tests/e2e, and this is a part of one"))
