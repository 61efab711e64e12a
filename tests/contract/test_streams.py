"""The contract of `Streams`: what is consumed never comes back, and a release replaces the generation in one step."""

from __future__ import annotations

import pytest

from fanin.domain.arrival import watermark
from fanin.domain.completion import Status
from fanin.domain.run import Run, RunId, RunState, Stream, Transition
from fanin.ports import ReleaseWrite, StreamChange, StreamMerged, StreamRefused
from tests.contract.given import DUE_MS, JOIN, NOW_MS, arrival, merged, release_write
from tests.contract.stores import Stores

GENERATION = RunId(JOIN, "20260101T000000Z.1")


def change(encoded: str, slot: int = 0) -> StreamChange:
    """A completion that raises both its slot and what was seen of it."""
    return StreamChange(slot, encoded, watermark(encoded), watermark(encoded))


def offered(stores: Stores, what: StreamChange, version: int = 1, *, may_open: bool = True) -> StreamMerged | StreamRefused:
    return stores.streams.merge(JOIN, version, what, may_open=may_open, now_ms=NOW_MS, due_at_ms=DUE_MS)


def opened(stores: Stores, encoded: str = arrival()) -> Stream:
    answer = offered(stores, change(encoded))
    assert isinstance(answer, StreamMerged)
    return answer.stream


def followed(stream: Stream, version: int = 1) -> Stream:
    """The generation after `stream`, with everything consumed."""
    return stream._replace(
        plan_version=version,
        generation=stream.generation + 1,
        rev=stream.rev + 1,
        opened_at_ms=NOW_MS + 9,
        slots={},
        seen={},
        consumed={**stream.consumed, **stream.seen},
        due_at_ms=None,
    )


def run_of(stream: Stream, run_id: RunId = GENERATION) -> Run:
    return Run(run_id, RunState.SATISFIED, stream.plan_version, 1, 1, stream.opened_at_ms, stream.slots)


def released(stores: Stores) -> Stream:
    """The second generation, in which nothing has arrived yet."""
    stream = opened(stores, arrival(5))
    assert stores.streams.release(stream, run_of(stream), ReleaseWrite({}, ()), followed(stream), NOW_MS)
    return followed(stream)


def test_a_first_completion_opens_the_stream(stores: Stores) -> None:
    stream = opened(stores, arrival(7, "close"))
    assert stream == Stream(JOIN, 1, 1, 1, NOW_MS, {0: arrival(7, "close")}, {0: watermark(arrival(7, "close"))}, {}, DUE_MS)
    assert stores.streams.read(JOIN) == stream


def test_a_stream_that_is_not_there_is_not_opened_by_an_older_version(stores: Stores) -> None:
    assert offered(stores, change(arrival()), may_open=False) == StreamRefused(None)
    assert stores.streams.read(JOIN) is None


@pytest.mark.parametrize("may_open", [True, False])
def test_a_begun_generation_takes_what_rises(stores: Stores, may_open: bool) -> None:
    before = opened(stores, arrival(1))
    answer = offered(stores, change(arrival(2, "b"), slot=1), may_open=may_open)
    slots, seen = {0: arrival(1), 1: arrival(2, "b")}, {0: watermark(arrival(1)), 1: watermark(arrival(2, "b"))}
    assert answer == StreamMerged(before._replace(rev=2, slots=slots, seen=seen))
    assert stores.streams.read(JOIN) == answer.stream


def test_a_generation_in_which_nothing_has_arrived_is_not_begun_by_who_may_not_open(stores: Stores) -> None:
    before = released(stores)
    assert offered(stores, change(arrival(6)), may_open=False) == StreamRefused(before)
    assert isinstance(offered(stores, change(arrival(6))), StreamMerged)
    assert isinstance(offered(stores, change(arrival(7)), may_open=False), StreamMerged)


def test_a_later_failure_is_seen_without_taking_the_slot(stores: Stores) -> None:
    before = opened(stores, arrival(1))
    failure = arrival(9, "rerun", Status.FAILED)
    assert offered(stores, change(failure)) == StreamRefused(before)
    answer = offered(stores, StreamChange(0, None, watermark(failure), watermark(failure)))
    assert answer == StreamMerged(before._replace(rev=2, seen={0: watermark(failure)}))


def test_an_earlier_success_takes_the_slot_without_being_the_last_seen(stores: Stores) -> None:
    failure = arrival(9, "rerun", Status.FAILED)
    before = opened(stores, failure)
    success = StreamChange(0, arrival(1), None, watermark(arrival(1)))
    assert offered(stores, success) == StreamMerged(before._replace(rev=2, slots={0: arrival(1)}))


def test_what_does_not_rise_is_refused_with_the_stream_as_it_is(stores: Stores) -> None:
    before = opened(stores, arrival(2))
    for encoded in (arrival(2), arrival(1)):
        assert offered(stores, change(encoded)) == StreamRefused(before)


@pytest.mark.parametrize("encoded", [arrival(5), arrival(4), arrival(5, "abc"), arrival(5, "close", Status.FAILED)])
def test_what_is_not_beyond_consumed_is_refused(stores: Stores, encoded: str) -> None:
    before = released(stores)
    assert offered(stores, change(encoded)) == StreamRefused(before)
    assert stores.streams.read(JOIN) == before


@pytest.mark.parametrize("encoded", [arrival(6), arrival(5, "close-2"), arrival(6, "x", Status.FAILED)])
def test_what_is_beyond_consumed_begins_the_next_generation(stores: Stores, encoded: str) -> None:
    before = released(stores)
    answer = offered(stores, change(encoded))
    assert answer == StreamMerged(before._replace(rev=before.rev + 1, slots={0: encoded}, seen={0: watermark(encoded)}, due_at_ms=DUE_MS))


def test_a_stream_of_another_version_takes_nothing(stores: Stores) -> None:
    before = opened(stores)
    assert offered(stores, change(arrival(9)), version=2) == StreamRefused(before)
    assert stores.streams.read(JOIN) == before


def test_a_release_replaces_the_generation_and_writes_its_run(stores: Stores) -> None:
    stream, write = opened(stores), release_write(GENERATION)
    assert stores.streams.release(stream, run_of(stream), write, followed(stream, version=2), NOW_MS)
    assert stores.streams.read(JOIN) == followed(stream, version=2)
    assert stores.runs.read(GENERATION) == run_of(stream)
    assert list(stores.deliveries.of_run(GENERATION)) == list(write.deliveries)
    assert [stores.deliveries.payload(GENERATION, name) for name in write.payloads] == list(write.payloads.values())


def test_a_release_on_a_moved_rev_writes_nothing(stores: Stores) -> None:
    before = opened(stores, arrival(1))
    moved = opened(stores, arrival(2))
    assert not stores.streams.release(before, run_of(before), release_write(GENERATION), followed(before), NOW_MS)
    assert_nothing_released(stores, moved)


def test_a_generation_is_released_once(stores: Stores) -> None:
    stream = opened(stores)
    assert stores.streams.release(stream, run_of(stream), release_write(GENERATION), followed(stream), NOW_MS)
    assert not stores.streams.release(stream, run_of(stream), release_write(GENERATION), followed(stream), NOW_MS)
    assert stores.streams.read(JOIN) == followed(stream)


def test_a_release_whose_run_is_there_already_writes_nothing(stores: Stores) -> None:
    stream = opened(stores)
    found = merged(stores, {0: arrival()}, GENERATION)
    assert not stores.streams.release(stream, run_of(stream), release_write(GENERATION), followed(stream), NOW_MS)
    assert stores.streams.read(JOIN) == stream
    assert stores.runs.read(GENERATION) == found
    assert list(stores.deliveries.of_run(GENERATION)) == []


def test_a_release_of_which_one_delivery_is_there_already_writes_nothing(stores: Stores) -> None:
    other = merged(stores, {0: arrival()}, RunId(JOIN, "other"))
    assert stores.runs.close(other, Transition.SATISFY, ReleaseWrite({}, release_write(GENERATION).deliveries[1:2]), NOW_MS)
    stream = opened(stores)
    assert not stores.streams.release(stream, run_of(stream), release_write(GENERATION), followed(stream), NOW_MS)
    assert stores.streams.read(JOIN) == stream
    assert stores.runs.read(GENERATION) is None
    assert len(stores.deliveries.of_run(GENERATION)) == 1


def test_a_move_replaces_the_stream_and_nothing_else(stores: Stores) -> None:
    stream = opened(stores)
    moved = stream._replace(plan_version=2, rev=2, consumed={3: "watermark"}, due_at_ms=None)
    assert stores.streams.move(stream, moved)
    assert stores.streams.read(JOIN) == moved


def test_a_move_of_what_has_moved_or_is_not_there_is_refused(stores: Stores) -> None:
    ghost = Stream(JOIN, 1, 1, 1, NOW_MS, {}, {}, {})
    assert not stores.streams.move(ghost, ghost._replace(rev=2))
    assert stores.streams.read(JOIN) is None
    before = opened(stores, arrival(1))
    moved = opened(stores, arrival(2))
    assert not stores.streams.move(before, followed(before))
    assert stores.streams.read(JOIN) == moved


def test_the_epoch_of_a_table_does_not_change(stores: Stores) -> None:
    epoch = stores.streams.epoch()
    assert epoch == stores.streams.epoch()
    assert len(epoch) == len("20260331T190000Z")
    assert "." not in epoch


def assert_nothing_released(stores: Stores, stream: Stream) -> None:
    assert stores.streams.read(JOIN) == stream
    assert stores.runs.read(GENERATION) is None
    assert list(stores.deliveries.of_run(GENERATION)) == []
    assert stores.deliveries.payload(GENERATION, "REL#0001#0") is None
