"""The contract of `Journals`: segments are never lost or changed, and every write of a hint says what it found."""

from __future__ import annotations

import pytest

from fanin.domain.arrival import decode_arrival
from fanin.domain.completion import Status
from fanin.domain.errors import RejectedError
from fanin.domain.journal import Contents
from fanin.domain.run import Hint, Run, RunId, RunState, Transition
from fanin.domain.segment import LAST_NAME, Segment, segments_of
from fanin.ports import Batch, JournalId, Merged, Refused, ReleaseWrite
from tests.contract.given import DUE_MS, JOIN, NOW_MS, RUN, arrival, notice, release_write
from tests.contract.stores import Stores

JOURNAL = JournalId(RUN, 1, 1, 2)
TWO = Batch(2, 1, announces=False)
UNTIL_MS = NOW_MS + 5_000


def added(
    stores: Stores, batch: Batch = TWO, journal: JournalId = JOURNAL, *, may_open: bool = True, later_ms: int = 0
) -> Merged | Refused:
    return stores.journals.add(journal, batch, may_open=may_open, now_ms=NOW_MS + later_ms, due_at_ms=DUE_MS + later_ms)


def opened(stores: Stores) -> Run:
    answer = added(stores)
    assert isinstance(answer, Merged)
    return answer.run


def as_read(stores: Stores) -> Run:
    found = stores.runs.read(RUN)
    assert found is not None
    return found


def segments(number: int) -> list[Segment]:
    """Segments that differ from one another."""
    found = []
    for one in range(number):
        contents = Contents()
        contents.count(0, decode_arrival(arrival(1, f"load-{one}")))
        found += segments_of(contents)
    return found


def read(stores: Stores, journal: JournalId) -> list[bytes]:
    found: list[bytes] = []
    for partition in range(journal.partitions):
        resume: str | None = ""
        while resume is not None:
            page = stores.journals.page(journal, partition, resume, LAST_NAME)
            found += page.segments
            resume = page.resume
    return found


def test_a_journal_gives_back_every_segment_once_however_often_it_was_written(stores: Stores) -> None:
    written = segments(30)
    for segment in (*written, *written[:7]):
        stores.journals.append(JOURNAL, segment)
    assert sorted(read(stores, JOURNAL)) == sorted(segment.data for segment in written)


@pytest.mark.parametrize(
    "other",
    [
        JOURNAL._replace(run=RunId(JOIN, "2026-03-3")),
        JOURNAL._replace(run=RunId(JOIN, "2026-03-31#1")),
        JOURNAL._replace(version=11),
        JOURNAL._replace(attempt=11),
        JOURNAL._replace(frozen_rev=1),
        JOURNAL._replace(frozen_rev=11),
    ],
)
def test_a_journal_is_of_one_attempt_under_one_version(stores: Stores, other: JournalId) -> None:
    (segment,) = segments(1)
    stores.journals.append(JOURNAL, segment)
    assert read(stores, other) == []
    stores.journals.append(other, segment)
    assert read(stores, JOURNAL) == read(stores, other) == [segment.data]


def test_ranges_of_names_are_told_apart_at_their_bounds(stores: Stores) -> None:
    journal = JOURNAL._replace(partitions=1)
    written = sorted(segments(40), key=lambda segment: segment.name)
    for segment in written:
        stores.journals.append(journal, segment)
    for bounds in (("", "K"), ("K", LAST_NAME), (written[3].name, written[20].name), (written[3].name[:2], LAST_NAME)):
        page = stores.journals.page(journal, 0, *bounds)
        assert page.segments == [segment.data for segment in written if bounds[0] < segment.name <= bounds[1]]


def test_a_first_addition_opens_the_run(stores: Stores) -> None:
    expected = Run(RUN, RunState.OPEN, 1, 1, 1, NOW_MS, {}, DUE_MS, NOW_MS, NOW_MS, hint=Hint(arrivals=2, failures=1))
    assert added(stores) == Merged(expected)
    assert stores.runs.read(RUN) == expected


def test_a_run_that_is_not_there_is_not_opened_by_an_older_version(stores: Stores) -> None:
    assert added(stores, may_open=False) == Refused(None)
    assert stores.runs.read(RUN) is None


@pytest.mark.parametrize("may_open", [True, False])
def test_an_addition_adds_and_leaves_when_the_run_opened_and_is_due(stores: Stores, may_open: bool) -> None:
    before = opened(stores)
    answer = added(stores, Batch(5, 0, announces=False), may_open=may_open, later_ms=7)
    assert answer == Merged(before._replace(rev=2, last_arrival_ms=NOW_MS + 7, hint=Hint(arrivals=7, failures=1)))
    assert stores.runs.read(RUN) == answer.run


def test_an_addition_to_a_run_that_was_expected_is_its_first_arrival(stores: Stores) -> None:
    assert stores.runs.open(RUN, 1, now_ms=NOW_MS - 9, due_at_ms=DUE_MS)
    answer = added(stores)
    assert isinstance(answer, Merged)
    assert (answer.run.opened_at_ms, answer.run.first_arrival_ms, answer.run.hint.arrivals) == (NOW_MS - 9, NOW_MS, 2)


@pytest.mark.parametrize("journal", [JOURNAL._replace(version=2), JOURNAL._replace(attempt=2)])
def test_nothing_is_added_under_another_version_or_attempt(stores: Stores, journal: JournalId) -> None:
    before = opened(stores)
    assert added(stores, journal=journal) == Refused(before)
    assert stores.runs.read(RUN) == before


def test_an_announcement_forgets_both_thresholds_and_adds_to_the_need(stores: Stores) -> None:
    before = opened(stores)
    assert isinstance(stores.journals.postpone_look(before, 9, 4), Merged)
    answer = added(stores, Batch(1, 0, announces=True))
    assert isinstance(answer, Merged)
    assert answer.run.hint == Hint(arrivals=3, failures=1, need=1)
    again = added(stores, Batch(1, 0, announces=True))
    assert isinstance(again, Merged)
    assert again.run.hint.need == 2


def test_a_look_is_claimed_once_until_the_claim_is_stale(stores: Stores) -> None:
    run = opened(stores)
    answer = stores.journals.claim(run, NOW_MS, UNTIL_MS)
    assert answer == Merged(run._replace(hint=run.hint._replace(claimed_until_ms=UNTIL_MS)))
    assert stores.journals.claim(run, UNTIL_MS - 1, UNTIL_MS + 9) == Refused(answer.run)
    taken = stores.journals.claim(run, UNTIL_MS, UNTIL_MS + 9)
    assert isinstance(taken, Merged)
    assert taken.run.hint.claimed_until_ms == UNTIL_MS + 9
    assert taken.run.rev == run.rev


def test_thresholds_only_rise_and_end_the_claim(stores: Stores) -> None:
    run = opened(stores)
    stores.journals.claim(run, NOW_MS, UNTIL_MS)
    answer = stores.journals.postpone_look(run, 9, 4)
    assert answer == Merged(run._replace(hint=run.hint._replace(next_look=9, next_bad=4)))
    for lower in ((8, 4), (9, 3)):
        assert stores.journals.postpone_look(run, *lower) == Refused(answer.run)
    assert isinstance(stores.journals.postpone_look(run, 9, 4), Merged)
    assert isinstance(stores.journals.postpone_look(run, 10, 5), Merged)
    assert as_read(stores).rev == run.rev


def test_thresholds_do_not_depend_on_what_was_added_meanwhile_but_on_the_need(stores: Stores) -> None:
    run = opened(stores)
    added(stores)
    assert isinstance(stores.journals.postpone_look(run, 9, 4), Merged)
    added(stores, Batch(1, 0, announces=True))
    answer = stores.journals.postpone_look(run, 10, 5)
    assert answer == Refused(as_read(stores))
    assert as_read(stores).hint.next_look is None
    assert isinstance(stores.journals.postpone_look(as_read(stores), 10, 5), Merged)


def test_while_a_run_is_closing_nothing_is_added(stores: Stores) -> None:
    run = opened(stores)
    answer = stores.journals.begin_closing(run)
    assert answer == Merged(run._replace(hint=run.hint._replace(closing=True)))
    assert added(stores) == Refused(answer.run)
    assert isinstance(stores.journals.begin_closing(run), Merged)
    assert stores.journals.end_closing(run._replace(rev=9)) == Refused(answer.run)
    assert stores.journals.end_closing(run) == Merged(run)
    assert isinstance(added(stores), Merged)


def test_a_run_is_made_due_only_where_it_was_due(stores: Stores) -> None:
    run = opened(stores)
    answer = stores.journals.make_due(run, DUE_MS - 5)
    assert answer == Merged(run._replace(due_at_ms=DUE_MS - 5))
    assert stores.journals.make_due(run, DUE_MS + 5) == Refused(answer.run)
    assert [one.due_at_ms for one in stores.due(DUE_MS)] == [DUE_MS - 5]


def test_a_closed_run_takes_no_bookkeeping(stores: Stores) -> None:
    run = opened(stores)
    assert stores.runs.close(run, Transition.SATISFY, release_write(), NOW_MS)
    after = as_read(stores)
    answers = [
        added(stores),
        stores.journals.claim(run, NOW_MS, UNTIL_MS),
        stores.journals.postpone_look(run, 9, 4),
        stores.journals.begin_closing(run),
        stores.journals.end_closing(run),
        stores.journals.make_due(run, DUE_MS),
    ]
    assert answers == [Refused(after)] * len(answers)
    assert as_read(stores) == after


def test_the_next_attempt_begins_with_its_own_hint(stores: Stores) -> None:
    run = opened(stores)
    assert isinstance(stores.journals.claim(run, NOW_MS, UNTIL_MS), Merged)
    assert isinstance(stores.journals.begin_closing(run), Merged)
    stores.journals.postpone_look(run, 9, 4)
    assert stores.runs.close(run, Transition.FAIL, release_write(), NOW_MS)
    closed, told = as_read(stores), notice(RUN, "REOPENED")
    assert not stores.journals.reopen(closed._replace(rev=9), TWO, told, now_ms=NOW_MS + 7, due_at_ms=DUE_MS + 7)
    assert as_read(stores) == closed
    assert stores.journals.reopen(closed, Batch(4, 2, announces=True), told, now_ms=NOW_MS + 7, due_at_ms=DUE_MS + 7)
    assert as_read(stores) == closed._replace(
        state=RunState.OPEN,
        attempt=2,
        rev=closed.rev + 1,
        due_at_ms=DUE_MS + 7,
        last_arrival_ms=NOW_MS + 7,
        hint=Hint(arrivals=4, failures=2, need=1),
    )
    assert stores.deliveries.read(told.id) == told
    assert isinstance(added(stores, journal=JOURNAL._replace(attempt=2)), Merged)
    assert isinstance(added(stores), Refused)


def test_what_is_open_or_over_for_good_is_not_reopened(stores: Stores) -> None:
    run = opened(stores)
    with pytest.raises(RejectedError, match="illegal-transition: a run that is OPEN cannot reopen"):
        stores.journals.reopen(run, TWO, notice(RUN, "REOPENED"), now_ms=NOW_MS, due_at_ms=DUE_MS)
    assert as_read(stores) == run


def test_keeping_more_moves_the_rev_of_a_closed_run_once(stores: Stores) -> None:
    run = opened(stores)
    assert stores.runs.close(run, Transition.FAIL, ReleaseWrite({}, ()), NOW_MS)
    closed = as_read(stores)
    assert stores.journals.keep(closed)
    assert as_read(stores) == closed._replace(rev=closed.rev + 1)
    assert not stores.journals.keep(closed)
    assert not stores.journals.keep(closed._replace(id=RunId(JOIN, "absent")))
    assert stores.runs.read(RunId(JOIN, "absent")) is None


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED])
def test_a_segment_keeps_its_bytes(stores: Stores, status: Status) -> None:
    contents = Contents()
    contents.arrive(3, arrival(5, "é" * 100, status))
    (segment,) = segments_of(contents)
    stores.journals.append(JOURNAL, segment)
    assert read(stores, JOURNAL) == [segment.data]
