"""What every test shares: sockets stay shut except in end-to-end tests, and those share one local AWS."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from local import LocalAws

# Where CI is set Hypothesis derandomizes by itself; everywhere else a failure says how to have it again, and with which seed. On a machine
# that is busy with something else, slow is no failure: neither here nor (by Hypothesis' own profile) where CI is set.
if settings.get_current_profile_name() == "default":
    settings.register_profile("told", print_blob=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
