"""Arrivals form a lattice, and the order of their texts is the lattice."""

from __future__ import annotations

from functools import reduce
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fanin.domain.arrival import MAX_MS, Arrival, arrival_of, decode_arrival, same_report, status_letter, status_of, watermark
from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.errors import RejectedError

pytestmark = pytest.mark.unit

IDS = st.text(st.characters(min_codepoint=0x21, exclude_categories=["Cs"]), min_size=1, max_size=8)
# Few values, so that they often meet.
TIMES = st.one_of(st.integers(0, 3), st.integers(0, MAX_MS))
ARRIVALS = st.builds(Arrival, st.sampled_from(Status), TIMES, IDS | st.sampled_from(["a", "ab", "b"]), st.none() | TIMES)
RANK = {Status.RUNNING: 1, Status.SUCCEEDED: 3, Status.FAILED: 2, Status.TIMED_OUT: 2, Status.ABORTED: 2}


def order(arrival: Arrival) -> tuple[int, int, str]:
    """What decides between two executions: success beats failure, then the later stop time, then the id."""
    return RANK[arrival.status], arrival.stopped_at_ms, arrival.execution_id


def merged(*encoded: str) -> str:
    return reduce(max, encoded)


@given(ARRIVALS)
@example(Arrival(Status.SUCCEEDED, 0, "a", 0))
@example(Arrival(Status.FAILED, MAX_MS, "\U0001f600", MAX_MS))
@example(Arrival(Status.SUCCEEDED, 1_774_983_600_123, "close", 35))
@example(Arrival(Status.SUCCEEDED, 1_774_983_600_123, "close", 36))
def test_an_arrival_reads_back_as_it_was_written(arrival: Arrival) -> None:
    assert decode_arrival(arrival.encode()) == arrival


@given(ARRIVALS, ARRIVALS)
@example(Arrival(Status.SUCCEEDED, 1, "a", None), Arrival(Status.SUCCEEDED, 1, "a!", None))
@example(Arrival(Status.SUCCEEDED, 9, "a", None), Arrival(Status.SUCCEEDED, 10, "a", None))
def test_texts_are_ordered_by_rank_then_stop_time_then_execution_id(one: Arrival, other: Arrival) -> None:
    if order(one) != order(other):
        assert (one.encode() < other.encode()) == (order(one) < order(other))


@given(ARRIVALS, ARRIVALS)
def test_texts_are_ordered_alike_in_bytes_as_dynamodb_compares_them(one: Arrival, other: Arrival) -> None:
    assert (one.encode() < other.encode()) == (one.encode().encode() < other.encode().encode())


@given(ARRIVALS, ARRIVALS, ARRIVALS)
def test_merging_is_idempotent_commutative_and_associative(one: Arrival, two: Arrival, three: Arrival) -> None:
    a, b, c = one.encode(), two.encode(), three.encode()
    assert merged(a, a) == a
    assert merged(a, b) == merged(b, a)
    assert merged(merged(a, b), c) == merged(a, merged(b, c))


@given(st.lists(ARRIVALS, min_size=1), st.randoms())
def test_merging_forgets_order_and_repetition(arrivals: list[Arrival], random: Random) -> None:
    encoded = [arrival.encode() for arrival in arrivals]
    shuffled = encoded * 2
    random.shuffle(shuffled)
    assert merged(*shuffled) == merged(*encoded)
    assert order(decode_arrival(merged(*encoded))) == max(map(order, arrivals))


def test_a_success_beats_a_later_failure_and_a_failure_beats_having_started() -> None:
    success = Arrival(Status.SUCCEEDED, 1, "x", None)
    failure = success._replace(status=Status.FAILED, stopped_at_ms=9)
    started = success._replace(status=Status.RUNNING, stopped_at_ms=99)
    assert success.encode() > failure.encode() > started.encode()


def test_a_redriven_execution_rises_over_its_own_failure() -> None:
    failed = Arrival(Status.FAILED, 5, "close", 1)
    assert failed._replace(status=Status.SUCCEEDED, stopped_at_ms=9).encode() > failed.encode()


@given(ARRIVALS, ARRIVALS)
def test_watermarks_are_ordered_by_stop_time_then_execution_id(one: Arrival, other: Arrival) -> None:
    first, second = ((arrival.stopped_at_ms, arrival.execution_id) for arrival in (one, other))
    marks = watermark(one.encode()), watermark(other.encode())
    assert (marks[0] < marks[1]) == (first < second)
    assert (marks[0] == marks[1]) == (first == second)


def test_two_reports_are_the_same_by_execution_and_status_whatever_their_times() -> None:
    event = Arrival(Status.SUCCEEDED, 5, "close", 1)
    assert same_report(event.encode(), event._replace(stopped_at_ms=6, started_at_ms=None).encode())
    assert not same_report(event.encode(), event._replace(status=Status.FAILED).encode())
    assert not same_report(event.encode(), event._replace(execution_id="close-2").encode())
    assert not same_report(event._replace(status=Status.FAILED).encode(), event._replace(status=Status.ABORTED).encode())


def completion(execution_id: str = "close", started_at_ms: int | None = 1) -> Completion:
    source = Source(SourceKind.STEP_FUNCTIONS, "arn:aws:states:us-east-1:111111111111:stateMachine:ledger")
    return Completion(
        source=source,
        account="111111111111",
        region="us-east-1",
        execution_id=execution_id,
        execution_arn="arn",
        status=Status.SUCCEEDED,
        reported_at_ms=3,
        started_at_ms=started_at_ms,
        stopped_at_ms=2,
        input=None,
        input_included=True,
        output=None,
        output_included=True,
    )


def test_a_completion_becomes_the_arrival_it_reports() -> None:
    assert arrival_of(completion(), 2) == Arrival(Status.SUCCEEDED, 2, "close", 1)


@pytest.mark.parametrize("execution_id", ["", "a b", "a\nb", "a\x00", "x" * 257, "é" * 129])
def test_an_execution_id_that_cannot_be_ordered_is_refused(execution_id: str) -> None:
    with pytest.raises(
        RejectedError,
        match=r"^execution-id-invalid: the execution id is empty, has white space or is over 256 bytes; it cannot be ordered$",
    ):
        arrival_of(completion(execution_id), 2)


@pytest.mark.parametrize("execution_id", ["!", "A-1", "x" * 256, "é" * 128])
def test_an_execution_id_of_up_to_256_visible_bytes_is_taken(execution_id: str) -> None:
    assert arrival_of(completion(execution_id), 2).execution_id == execution_id


@pytest.mark.parametrize("moment", [0, MAX_MS])
def test_the_first_and_the_last_moment_are_taken(moment: int) -> None:
    assert arrival_of(completion(started_at_ms=moment), moment) == Arrival(Status.SUCCEEDED, moment, "close", moment)


def test_a_source_that_did_not_say_when_it_started_is_taken() -> None:
    assert arrival_of(completion(started_at_ms=None), 2).started_at_ms is None


@pytest.mark.parametrize(("stopped", "started"), [(-1, 1), (MAX_MS + 1, 1), (2, -1), (2, MAX_MS + 1), (10**300, None)])
def test_a_time_outside_thirteen_digits_is_refused(stopped: int, started: int | None) -> None:
    with pytest.raises(RejectedError, match=r"^time-out-of-range: a start or stop time is not between 1970 and 2286, in milliseconds$"):
        arrival_of(completion(started_at_ms=started), stopped)


@pytest.mark.parametrize("text", ["", "3", "31774983600123 close", "31774983600123 close X-", "3abc close S-", "3 a b c"])
def test_what_nobody_of_us_wrote_does_not_decode(text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        decode_arrival(text)


@pytest.mark.parametrize(
    ("status", "letter", "succeeded", "failed"),
    [
        (Status.RUNNING, "R", False, False),
        (Status.SUCCEEDED, "S", True, False),
        (Status.FAILED, "F", False, True),
        (Status.TIMED_OUT, "T", False, True),
        (Status.ABORTED, "A", False, True),
    ],
)
def test_every_status_has_its_letter_and_is_a_success_or_a_failure_or_neither(
    status: Status, letter: str, succeeded: bool, failed: bool
) -> None:
    arrival = Arrival(status, 1, "x", None)
    assert (status_letter(status), status_of(letter)) == (letter, status)
    assert (arrival.succeeded, arrival.failed) == (succeeded, failed)


def test_a_letter_of_no_status_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^no status has the letter 'X'$"):
        status_of("X")


def test_the_stored_form_of_an_arrival_does_not_change() -> None:
    # Runs that are open hold it, and so do journals.
    stored = Arrival(Status.SUCCEEDED, 1_774_937_400_123, "close", 1_774_937_300_000).encode()
    assert stored == "31774937400123 close Smne7u9sw"
    assert Arrival(Status.FAILED, 5, "close", None).encode() == "20000000000005 close F-"
    assert Arrival(Status.RUNNING, 0, "close", 0).encode() == "10000000000000 close R0"
    assert watermark(stored) == "1774937400123 close"
