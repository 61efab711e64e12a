"""The summary that all benchmarks share: its shape, and the bounds that figures are held to."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as main
from benchmarks import writes
from benchmarks.bounds import broken
from benchmarks.naive import measured

pytestmark = pytest.mark.unit


def test_what_the_others_found_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "RESULTS", tmp_path / "bench")
    main._merge({"collector_cpu_ratio": 1.4, "hottest_item_writes_per_s": 9})
    main._merge({"hottest_item_writes_per_s": 3})
    summary = json.loads((tmp_path / "bench" / "summary.json").read_text(encoding="utf-8"))
    assert summary == {"collector_cpu_ratio": 1.4, "hottest_item_writes_per_s": 3}


def test_units_are_by_batch_and_width() -> None:
    cells = [writes.measure(width, batch, runs=1) for width in (2, 30) for batch in writes.BATCHES]
    naive = [measured.measure(design, 2) for design in measured.DESIGNS]
    found = writes.summary(cells, naive)
    assert {batch: set(by_width) for batch, by_width in found["write_units_per_completion"].items()} == {
        str(batch): {"2", "30"} for batch in writes.BATCHES
    }
    assert found["read_units_per_completion"].keys() == found["sequential_round_trips"].keys() == {"2", "30"}
    assert isinstance(found["release_write_units"], float)
    assert found["naive"]["growing_map"] == {"2": 1.5}
    assert broken(found) == []


@pytest.mark.parametrize(
    "found",
    [
        {"write_units_per_completion": {"1": {"8": 1.01}}},
        {"write_units_per_completion": {"10": {"32": 0.26}}},
        {"write_units_per_completion": {"1000": {"1000": 0.031}}},
        {"read_units_per_completion": {"128": 0.06}},
        {"sequential_round_trips": {"2": 8}},
        {"hottest_item_writes_per_s": 121},
        {"hottest_partition_writes_per_s": 251},
    ],
)
def test_a_bound_that_is_exceeded_is_named(found: dict[str, Any]) -> None:
    assert len(broken(found)) == 1


def test_a_thousand_a_batch_is_asked_only_of_runs_that_have_as_many() -> None:
    assert broken({"write_units_per_completion": {"1000": {"32": 0.0625}}}) == []
