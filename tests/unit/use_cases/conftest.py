"""What most tests of use cases begin with."""

import pytest

from tests.unit.use_cases.landscape import TWO, Landscape, definition


@pytest.fixture
def landscape() -> Landscape:
    """A hub with one join of two predecessors; a module that needs another one has its own."""
    found = Landscape()
    found.apply(definition(TWO))
    return found
