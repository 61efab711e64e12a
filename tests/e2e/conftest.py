"""One world for all end-to-end tests: deployed once, shared, and asked at the very end what its roles were used for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from local import LocalAws
from tests.e2e.deployment import deploy
from tests.e2e.world import World

_HERE = Path(__file__).parent
_LAST = "test_least_privilege.py"
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
    """Put the test of the roles last: it judges what all others made the functions do, and means nothing without them."""
    items.sort(key=lambda item: item.path.name == _LAST and item.path.parent == _HERE)
    here = {item.path.name for item in items if item.path.parent == _HERE}
    everything = {path.name for path in _HERE.glob("test_*.py")}
    if config.stash.get(_partly, False) or here != everything or any("::" in argument for argument in config.args):
        for item in items:
            if item.path.name == _LAST:
                item.add_marker(pytest.mark.skip(reason="judges a whole run of tests/e2e, and this is a part of one"))
