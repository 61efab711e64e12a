"""What every test shares: sockets stay shut except in end-to-end tests, and those share one local AWS."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from local import LocalAws

# Where CI is set Hypothesis derandomizes by itself; everywhere else a failure says how to have it again, and with which seed.
if settings.get_current_profile_name() == "default":
    settings.register_profile("told", print_blob=True)
    settings.load_profile("told")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("e2e") is not None:
            item.add_marker(pytest.mark.enable_socket)


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAws]:
    """One emulator for the whole run. Its accounts are shared: a test names what it makes after itself."""
    with LocalAws() as aws:
        yield aws
