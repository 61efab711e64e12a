"""The journal's contents: a set with a lawful merge, and segments that say all of it and nothing else."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.domain.arrival import Arrival
from fanin.domain.completion import Status
from fanin.domain.condition import AtLeast, Slot, all_of
from fanin.domain.counting import UNREACHABLE, Counted, Tally, Tolerance, still_missing, still_tolerated, tally_verdict
from fanin.domain.journal import MAX_FAILURES_TOLD, Contents, Said, counts, tallies
from fanin.domain.plan import OnFailure, Plan
from fanin.domain.run import Hint
from fanin.domain.segment import LAST_NAME, ranges, read_segment, segments_of
from fanin.domain.thresholds import arrivals_missing, failures_missing, is_to_be_looked_at
from tests.contract.given import plan as a_plan
from tests.contract.given import source

pytestmark = pytest.mark.unit

ENDED = [Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT, Status.ABORTED]
names = st.text(st.characters(min_codepoint=0x21, exclude_categories=["Cs"]), min_size=1, max_size=12)
moments = st.integers(0, 10**13 - 1)
arrivals = st.builds(Arrival, st.sampled_from(ENDED), moments, st.sampled_from("abcde"), st.none() | moments)
named = st.builds(Arrival, st.sampled_from([*ENDED, Status.RUNNING]), moments, names, st.none() | moments)
entries = st.lists(
    st.tuples(st.just("named"), st.integers(0, 3), named)
    | st.tuples(st.just("counted"), st.integers(4, 5), arrivals)
    | st.tuples(st.just("said"), st.integers(4, 5), st.builds(Said, moments, names | st.just(""), st.integers(0, 10**6))),
    max_size=20,
)


def contents_of(said: list[tuple[str, int, Arrival | Said]]) -> Contents:
    contents = Contents()
    for _, slot, one in said:
        if isinstance(one, Said):
            contents.say(slot, one)
        elif slot < 4:
            contents.arrive(slot, one.encode())
        else:
            contents.count(slot, one)
    return contents


def told(contents: Contents) -> tuple[object, ...]:
    """What contents say, without what is empty."""
    groups = (contents.succeeded, contents.failed, contents.said)
    return contents.named, *({slot: group for slot, group in one.items() if group} for one in groups)


def merged(*parts: Contents) -> Contents:
    whole = Contents()
    for part in parts:
        whole.merge(part)
    return whole


@given(entries, entries, entries)
def test_merging_is_idempotent_commutative_and_associative(one: list[object], other: list[object], third: list[object]) -> None:
    a, b, c = (contents_of(said) for said in (one, other, third))  # type: ignore[arg-type]
    assert told(merged(a, a)) == told(a)
    assert told(merged(a, b)) == told(merged(b, a))
    assert told(merged(merged(a, b), c)) == told(merged(a, merged(b, c)))


@given(entries, st.integers(64, 300))
def test_segments_say_all_of_it_in_parts_that_are_small_enough(said: list[object], limit_bytes: int) -> None:
    contents = contents_of(said)  # type: ignore[arg-type]
    segments = segments_of(contents, limit_bytes)
    read = Contents()
    for segment in reversed(segments):
        read_segment(segment.data, read)
    assert told(read) == told(contents)
    assert all(len(segment.data) <= limit_bytes + 80 for segment in segments)
    assert len({segment.name for segment in segments}) == len(segments)


@given(entries, st.randoms(use_true_random=False))
def test_the_same_contents_make_the_same_segments_in_whatever_order_they_came(said: list[object], randomness: random.Random) -> None:
    shuffled = list(said)
    randomness.shuffle(shuffled)
    assert segments_of(contents_of(said)) == segments_of(contents_of(shuffled))  # type: ignore[arg-type]


@given(entries, entries)
def test_news_are_what_is_not_known(one: list[object], other: list[object]) -> None:
    known, offered = contents_of(one), contents_of(other)  # type: ignore[arg-type]
    assert known.has(known)
    assert known.has(offered) == (known.news(offered).arrivals == 0)


def test_a_failure_of_an_execution_that_succeeded_is_no_news() -> None:
    known, late = Contents(), Contents()
    known.count(0, Arrival(Status.SUCCEEDED, 5, "a", None))
    late.count(0, Arrival(Status.FAILED, 9, "a", None))
    assert known.has(late)
    assert not late.has(known)


def test_segments_of_bytes_that_nobody_wrote_are_refused() -> None:
    contents = Contents()
    contents.count(0, Arrival(Status.FAILED, 5, "a", None))
    (segment,) = segments_of(contents)
    for data in (b"\x09" + segment.data[1:], segment.data[:-1]):
        with pytest.raises(ValueError, match="segment"):
            read_segment(data, Contents())


def test_a_segment_of_ten_stays_within_a_kilobyte_and_one_of_a_thousand_within_thirty() -> None:
    # With what a key and an expiry take beside it, some 70 bytes.
    uuid = "0f3c2f9e-6b0c-4a56-9d3c-1c8a5d1f7a{:02x}"
    ten, ten_named = Contents(), Contents()
    for number in range(10):
        ten.count(0, Arrival(Status.FAILED, 1_774_983_600_000 + number, "x" * 78 + f"{number:02}", None))
        ten_named.arrive(number, Arrival(Status.SUCCEEDED, 1_774_983_600_000, uuid.format(number), 1_774_983_500_000).encode())
    thousand = Contents()
    for number in range(1000):
        thousand.count(0, Arrival(Status.SUCCEEDED, 1_774_983_600_000, f"load-{number}", None))
    assert [len(segment.data) for segment in segments_of(thousand)] <= [16_010]
    assert all(len(segments_of(one)[0].data) <= 950 for one in (ten, ten_named))


@given(st.integers(0, 63), st.integers(0, 63), st.integers(1, 64))
def test_ranges_cover_every_name_once(first: int, second: int, most: int) -> None:
    alphabet = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
    after = alphabet[first] + alphabet[second] + "Q"
    found = ranges(after, most)
    assert (found[0][0], found[-1][1]) == (after, LAST_NAME)
    assert all(before[1] == following[0] for before, following in pairwise(found))
    assert len(found) <= most


def plan(counted: Counted, policy: OnFailure = OnFailure.WAIT) -> Plan:
    """Three slots, the last of which counts."""
    from dataclasses import replace  # noqa: PLC0415 this helper's alone

    base = a_plan(machines=("a", "b", "loads"))
    loads = base.predecessors[2]._replace(source=source("loads"), counted=counted, on_failure=policy)
    return replace(base, predecessors=(*base.predecessors[:2], loads), condition=all_of(3), journal=1)


@pytest.mark.parametrize("policy", OnFailure)
@given(
    expected=st.integers(0, 12),
    succeeded=st.integers(0, 14),
    failed=st.integers(0, 14),
    tolerance=st.builds(Tolerance, st.integers(0, 6), st.integers(0, 10_000)),
    more=st.lists(st.booleans(), max_size=14),
)
def test_thresholds_are_lower_bounds(
    policy: OnFailure, expected: int, succeeded: int, failed: int, tolerance: Tolerance, more: list[bool]
) -> None:
    counted = Counted(expected, tolerance=tolerance)
    before, after = Tally(expected, succeeded, failed), Tally(expected, succeeded + sum(more), failed + more.count(False))
    found = tally_verdict(counted, policy, after)
    if len(more) < still_missing(counted, policy, before):
        assert found.name != "SATISFIED"
    if more.count(False) < still_tolerated(counted, policy, before):
        assert found.name != "IMPOSSIBLE"


def test_a_run_is_not_looked_at_before_anybody_says_how_many() -> None:
    unknown = plan(Counted())
    assert arrivals_missing(unknown, {}, {2: Tally(None)}) == UNREACHABLE
    assert not is_to_be_looked_at(unknown, Hint(arrivals=10_000))
    assert is_to_be_looked_at(unknown, Hint(arrivals=1, need=1))


def test_the_first_look_is_at_as_many_arrivals_as_can_satisfy_the_condition() -> None:
    from dataclasses import replace  # noqa: PLC0415 as above

    known = plan(Counted(5))
    assert [is_to_be_looked_at(known, Hint(arrivals=number)) for number in (6, 7)] == [False, True]
    either = replace(known, condition=AtLeast(1, (Slot(2), AtLeast(2, (Slot(0), Slot(1))))))
    assert [is_to_be_looked_at(either, Hint(arrivals=number)) for number in (1, 2)] == [False, True]


def test_failures_are_looked_at_when_one_more_than_tolerated_may_have_failed() -> None:
    failing = plan(Counted(100, tolerance=Tolerance(share=500)), OnFailure.FAIL)
    assert failures_missing(failing, {}, {2: Tally(100, 0, 2)}) == 4
    assert [is_to_be_looked_at(failing, Hint(arrivals=5, failures=number)) for number in (5, 6)] == [False, True]


def test_a_release_names_the_first_hundred_failures_by_time() -> None:
    contents = Contents()
    for number in range(MAX_FAILURES_TOLD + 5):
        contents.count(2, Arrival(Status.FAILED, 1_000 - number, f"load-{number}", None))
    contents.count(2, Arrival(Status.SUCCEEDED, 5, "load-104", None))
    found = counts(plan(Counted(200)), contents)[2]
    assert (found.tally, found.failures_left_out) == (Tally(200, 1, MAX_FAILURES_TOLD + 4), 4)
    assert found.failures[0].execution_id == "load-103"
    assert tallies(plan(Counted()), contents)[2].expected is None
