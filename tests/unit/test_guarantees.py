"""docs/guarantees.md names a test for each promise: those tests are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[a-z0-9_/]+(?:\.py)?/?)(?:::([a-z0-9_]+))?`", TEXT)
CONTINUED = re.findall(r"`…::([a-z0-9_]+)`", TEXT)


@pytest.mark.parametrize(("place", "test"), NAMED, ids=[f"{place}::{test}" for place, test in NAMED])
def test_what_shows_a_promise_is_there(place: str, test: str) -> None:
    path = ROOT / place
    assert path.exists()
    if test:
        assert f"def {test}(" in path.read_text(encoding="utf-8")


def test_the_promises_are_shown_by_many_tests() -> None:
    assert len(NAMED) > 20
    lost = (ROOT / "tests" / "unit" / "use_cases" / "test_lost_events.py").read_text(encoding="utf-8")
    assert all(f"def {name}(" in lost for name in CONTINUED)
