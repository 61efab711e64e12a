"""The contract of `DueIndex`: an item is in it from when it is due until what made it due has changed."""

from __future__ import annotations

from fanin.domain.arrival import watermark
from fanin.domain.delivery import DeliveryState
from fanin.domain.run import Expectation, RunId, Transition
from fanin.ports import DueDelivery, DueExpectation, DueRun, ReleaseWrite, StreamChange, StreamMerged
from tests.contract.given import DUE_MS, JOIN, NOW_MS, RUN, arrival, delivery, merged, notice, released
from tests.contract.stores import Stores


def test_an_open_run_is_nominated_from_when_it_is_due(stores: Stores) -> None:
    merged(stores, {0: arrival()})
    assert stores.due(DUE_MS - 1) == []
    assert stores.due(DUE_MS) == [DueRun(RUN, DUE_MS)]


def test_an_arrival_does_not_move_when_a_run_is_due(stores: Stores) -> None:
    merged(stores, {0: arrival(1)})
    stores.runs.merge(RUN, 1, {0: arrival(2)}, may_open=True, now_ms=NOW_MS + 50, due_at_ms=DUE_MS + 50)
    assert stores.due(DUE_MS) == [DueRun(RUN, DUE_MS)]


def test_a_postponed_run_moves(stores: Stores) -> None:
    stores.runs.postpone(merged(stores, {0: arrival()}), DUE_MS + 9)
    assert stores.due(DUE_MS + 8) == []
    assert stores.due(DUE_MS + 9) == [DueRun(RUN, DUE_MS + 9)]


def test_a_released_run_leaves_and_its_deliveries_come(stores: Stores) -> None:
    assert stores.runs.close(merged(stores, {0: arrival()}), Transition.SATISFY, ReleaseWrite({}, (delivery(), notice())), NOW_MS)
    assert set(stores.due(DUE_MS)) == {DueDelivery(delivery().id, DUE_MS), DueDelivery(notice().id, DUE_MS)}


def test_a_delivery_moves_with_its_backoff_and_leaves_when_it_is_done(stores: Stores) -> None:
    released(stores)
    first, second, told = stores.deliveries.of_run(RUN)
    assert stores.deliveries.save(first, first._replace(refusals=1, due_at_ms=DUE_MS + 9))
    assert stores.deliveries.save(second, second._replace(state=DeliveryState.ACKNOWLEDGED, due_at_ms=None))
    assert stores.deliveries.save(told, told._replace(state=DeliveryState.SENT, tries=1, due_at_ms=None))
    assert stores.due(DUE_MS + 8) == []
    assert stores.due(DUE_MS + 9) == [DueDelivery(first.id, DUE_MS + 9)]


def test_an_acknowledged_run_leaves_its_notice_due(stores: Stores) -> None:
    assert stores.runs.close(merged(stores, {0: arrival()}), Transition.SATISFY, ReleaseWrite({}, ()), NOW_MS)
    assert stores.runs.acknowledge(RUN, 1, notice(RUN, "ACKNOWLEDGED"))
    assert stores.due(DUE_MS) == [DueDelivery(notice(RUN, "ACKNOWLEDGED").id, DUE_MS)]


def test_a_stream_is_due_while_something_has_arrived_in_its_generation(stores: Stores) -> None:
    change = StreamChange(0, arrival(), watermark(arrival()), watermark(arrival()))
    answer = stores.streams.merge(JOIN, 1, change, may_open=True, now_ms=NOW_MS, due_at_ms=DUE_MS)
    assert isinstance(answer, StreamMerged)
    assert stores.due(DUE_MS) == [DueRun(RunId(JOIN, "latest"), DUE_MS)]
    assert stores.streams.move(answer.stream, answer.stream._replace(rev=2, due_at_ms=None))
    assert stores.due(DUE_MS) == []


def test_a_reopened_run_is_due_again(stores: Stores) -> None:
    before = released(stores)
    assert stores.runs.reopen(before, {0: arrival(2)}, notice(RUN, "REOPENED"), now_ms=NOW_MS + 1, due_at_ms=DUE_MS + 1)
    runs = [item for item in stores.due(DUE_MS + 1) if isinstance(item, DueRun)]
    assert runs == [DueRun(RUN, DUE_MS + 1)]


def test_an_opened_run_is_due_before_anything_has_arrived(stores: Stores) -> None:
    assert stores.runs.open(RUN, 1, now_ms=NOW_MS, due_at_ms=DUE_MS)
    assert stores.due(DUE_MS - 1) == []
    assert stores.due(DUE_MS) == [DueRun(RUN, DUE_MS)]


def test_an_alert_leaves_its_run_where_it_is_and_its_notice_comes(stores: Stores) -> None:
    assert stores.runs.alert(merged(stores, {0: arrival()}), [0], [notice(RUN, "DEADLINE_MISSED#0")])
    expected = {DueRun(RUN, DUE_MS), DueDelivery(notice(RUN, "DEADLINE_MISSED#0").id, DUE_MS)}
    assert set(stores.due(DUE_MS)) == expected


def test_a_notice_by_itself_is_due(stores: Stores) -> None:
    assert stores.deliveries.add(notice(RUN, "LATE_ARRIVAL#0#x#SUCCEEDED"))
    assert stores.due(DUE_MS) == [DueDelivery(notice(RUN, "LATE_ARRIVAL#0#x#SUCCEEDED").id, DUE_MS)]


def test_an_expectation_is_due_when_its_window_opens_and_leaves_when_it_is_taken_away(stores: Stores) -> None:
    first = Expectation(JOIN, 1, "2026-04-01", DUE_MS)
    following = Expectation(JOIN, 1, "2026-04-02", DUE_MS + 9)
    assert stores.expectations.save(JOIN, None, first)
    assert stores.due(DUE_MS - 1) == []
    assert stores.due(DUE_MS) == [DueExpectation(JOIN, DUE_MS)]
    assert stores.expectations.save(JOIN, first, following)
    assert stores.due(DUE_MS) == []
    assert stores.due(DUE_MS + 9) == [DueExpectation(JOIN, DUE_MS + 9)]
    assert stores.expectations.save(JOIN, following, None)
    assert stores.due(DUE_MS + 9) == []


def test_keys_with_any_characters_come_back_as_they_are(stores: Stores) -> None:
    runs = [RunId(JOIN, key) for key in ("a#b", "a/b|c", "é\U0001f600", "DLV#0001#x")]
    for run in runs[:2]:
        merged(stores, {0: arrival()}, run)
    for run in runs[2:]:
        assert stores.runs.close(merged(stores, {0: arrival()}, run), Transition.SATISFY, ReleaseWrite({}, (delivery(run),)), NOW_MS)
    expected = {*(DueRun(run, DUE_MS) for run in runs[:2]), *(DueDelivery(delivery(run).id, DUE_MS) for run in runs[2:])}
    assert set(stores.due(DUE_MS)) == expected


def test_each_item_is_in_one_partition_and_many_are_spread(stores: Stores) -> None:
    for number in range(64):
        merged(stores, {0: arrival()}, RunId(JOIN, f"key {number}"))
    found = [len(stores.due_index.due(part, DUE_MS, 100)) for part in range(stores.due_index.partitions)]
    assert sum(found) == 64
    assert sum(map(bool, found)) > stores.due_index.partitions // 2


def test_a_partition_gives_the_longest_due_first_up_to_a_limit(stores: Stores) -> None:
    due_at_ms = {}
    for number in range(100):
        run = RunId(JOIN, f"key {number}")
        due_at_ms[run] = DUE_MS + number * 37 % 100
        stores.runs.postpone(merged(stores, {0: arrival()}, run), due_at_ms[run])
    for part in range(stores.due_index.partitions):
        found = stores.due_index.due(part, DUE_MS + 100, 100)
        assert [item.due_at_ms for item in found] == sorted(item.due_at_ms for item in found)
        assert all(isinstance(item, DueRun) and item.due_at_ms == due_at_ms[item.id] for item in found)
        assert [item.due_at_ms for item in stores.due_index.due(part, DUE_MS + 100, 2)] == [item.due_at_ms for item in found[:2]]
