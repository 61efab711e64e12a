"""Where the border between narrow and wide runs lies, computed from what the adapters really write (docs/adr/0019)."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from benchmarks.metering.ledger import Ledger
from benchmarks.metering.table import MeteredTable
from fanin.adapters.dynamodb_journals import DynamoDbJournals
from fanin.adapters.dynamodb_runs import DynamoDbRuns
from fanin.adapters.memory_clock import MemoryClock
from fanin.definitions.width import MAX_NARROW
from fanin.domain.arrival import Arrival
from fanin.domain.completion import Status
from fanin.domain.journal import Contents
from fanin.domain.run import RunId
from fanin.domain.segment import segments_of
from fanin.ports import Batch, JournalId, Merged

pytestmark = pytest.mark.unit

NOW_MS = 1_774_983_600_000
RUN = RunId("a-join-with-a-name-of-forty-characters-", "2026-03-31")
Naming = Callable[[int], str]


def uuids(number: int) -> str:
    """What Step Functions calls an execution that nobody named."""
    return str(uuid.UUID(int=(number * 2**64 + 0x9F3C) * 0x9E3779B97F4A7C15 % 2**128))


def longest(number: int) -> str:
    """As long as a name may be."""
    return f"{number:080}"


def arrival(name: str) -> Arrival:
    return Arrival(Status.SUCCEEDED, NOW_MS, name, NOW_MS - 180_000)


def of_narrow(width: int, batch: int, naming: Naming) -> float:
    """The write units of the arrivals of a run in one item, but for what opens it."""
    ledger = Ledger()
    runs = DynamoDbRuns(MeteredTable(ledger), "table")  # type: ignore[arg-type]  # the part of a client that adapters use
    for start in range(0, width, batch):
        slots = {slot: arrival(naming(slot)).encode() for slot in range(start, min(start + batch, width))}
        answer = runs.merge(RUN, 1, slots, may_open=True, now_ms=NOW_MS, due_at_ms=NOW_MS + 300_000)
        assert isinstance(answer, Merged)
    return ledger.total().write


def of_wide(width: int, batch: int, naming: Naming) -> float:
    """Likewise in a journal."""
    ledger = Ledger()
    journals = DynamoDbJournals(MeteredTable(ledger), "table", MemoryClock(NOW_MS))  # type: ignore[arg-type]  # as above
    for start in range(0, width, batch):
        contents = Contents()
        for slot in range(start, min(start + batch, width)):
            contents.arrive(slot, arrival(naming(slot)).encode())
        journal = JournalId(RUN, 1, 1, 1)
        for segment in segments_of(contents):
            journals.append(journal, segment)
        journals.add(journal, Batch(contents.arrivals, 0, announces=False), may_open=True, now_ms=NOW_MS, due_at_ms=NOW_MS + 300_000)
    return ledger.total().write


@pytest.mark.parametrize("naming", [uuids, longest])
def test_a_narrow_run_costs_no_more_than_a_journal_would(naming: Naming) -> None:
    for width in range(2, MAX_NARROW + 1):
        assert of_narrow(width, 1, naming) <= of_wide(width, 1, naming) == 2 * width
        # Ten to a batch: with the longest names up to two units more a run, from eighteen predecessors on.
        assert of_narrow(width, 10, naming) <= of_wide(width, 10, naming) + 2 * (naming is longest)


def test_a_narrow_run_of_eight_costs_a_unit_for_each_arrival() -> None:
    assert of_narrow(8, 1, uuids) == 8


def test_somewhat_wider_with_the_longest_names_an_item_costs_more() -> None:
    border = next(width for width in range(2, 100) if of_narrow(width, 1, longest) > of_wide(width, 1, longest))
    assert MAX_NARROW < border <= MAX_NARROW + 4


@pytest.mark.parametrize(("batch", "units"), [(1, 2.0), (10, 0.25), (1000, 0.03)])
def test_a_wide_arrival_costs_what_is_promised(batch: int, units: float) -> None:
    assert of_wide(1000, batch, uuids) / 1000 <= units
    ledger = Ledger()
    journals = DynamoDbJournals(MeteredTable(ledger), "table", MemoryClock(NOW_MS))  # type: ignore[arg-type]  # as above
    for start in range(0, 10_000, batch):
        contents = Contents()
        for number in range(start, start + batch):
            contents.count(0, arrival(f"load-{number}"))
        for segment in segments_of(contents):
            journals.append(JournalId(RUN, 1, 1, 1), segment)
        journals.add(JournalId(RUN, 1, 1, 1), Batch(batch, 0, announces=False), may_open=True, now_ms=NOW_MS, due_at_ms=NOW_MS + 300_000)
    assert ledger.total().write / 10_000 <= units
