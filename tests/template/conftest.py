"""A template test takes `stack`, and is run on each of the three."""

from __future__ import annotations

import pytest

from tests.template.templates import TEMPLATES, Template, template


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    """The transform asks for the Region to know the partition."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture(params=TEMPLATES)
def stack(request: pytest.FixtureRequest) -> Template:
    return template(request.param)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/template" in item.path.as_posix():
            item.add_marker(pytest.mark.template)
