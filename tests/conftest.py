"""What every test shares: sockets stay shut except in end-to-end tests, and those share one local AWS."""

from collections.abc import Iterator

import pytest

from local import LocalAws


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("e2e") is not None:
            item.add_marker(pytest.mark.enable_socket)


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """One emulator for the whole run. Its accounts are shared: a test names what it makes after itself."""
    with LocalAws() as aws:
        yield aws
