"""The kept inputs of fuzzing, seeds and found ones alike, run once each: none crashes, and together they reach what they are for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.__main__ import CORPUS
from tests.fuzz.__main__ import TARGETS as FUZZED
from tests.fuzz.targets import TARGETS

pytestmark = pytest.mark.unit

SEEDS = sorted(path for path in CORPUS.glob("*/*"))
REACHED = {
    "message": {"receipt", "recheck", "json-malformed", "account-mismatch", "ignored", "completion not-wanted"},
    "definition": {"compiled 1"},
    "document": {"compiled 1 compiled 1"},
    "release": {"verified", "release-digest", "release-kid-unknown", "release-algorithm", "release-lone-surrogate"},
    "trust": {"trusted"},
    "departure": {"delivery"},
    "strict_json": {"json-duplicate-key", "json-too-deep", "json-number-not-finite", "json-lone-surrogate", "dict"},
}


def test_every_target_is_fuzzed_and_has_seeds() -> None:
    assert tuple(TARGETS) == FUZZED
    assert {path.parent.name for path in SEEDS} == set(TARGETS) == set(REACHED)


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_kept_input_is_small_and_crashes_nothing(path: Path) -> None:
    data = path.read_bytes()
    assert len(data) <= 16_384
    assert TARGETS[path.parent.name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_reach_what_they_are_for(name: str) -> None:
    assert {TARGETS[name](path.read_bytes()) for path in SEEDS if path.parent.name == name} >= REACHED[name]
