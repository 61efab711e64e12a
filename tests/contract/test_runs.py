"""The contract of `Runs`: every write is conditional, says what it found, and adds 1 to `rev`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fanin.domain.completion import Status
from fanin.domain.errors import RejectedError
from fanin.domain.release import Output
from fanin.domain.run import Run, RunId, RunState
from fanin.ports import Merged, Refused, ReleaseWrite
from tests.contract.given import DUE_MS, JOIN, NOW_MS, RUN, arrival, merged, notice, release_write, released
from tests.contract.stores import Stores


def offered(stores: Stores, slots: dict[int, str], version: int = 1, *, may_open: bool = True) -> Merged | Refused:
    return stores.runs.merge(RUN, version, slots, may_open=may_open, now_ms=NOW_MS + 1, due_at_ms=DUE_MS + 1)


def test_a_first_arrival_opens_the_run(stores: Stores) -> None:
    assert merged(stores, {0: arrival(), 2: arrival()}) == Run(
        id=RUN,
        state=RunState.OPEN,
        plan_version=1,
        attempt=1,
        rev=1,
        opened_at_ms=NOW_MS,
        slots={0: arrival(), 2: arrival()},
        due_at_ms=DUE_MS,
    )
    assert stores.runs.read(RUN) == merged_as_read(stores)


def merged_as_read(stores: Stores) -> Run:
    answer = offered(stores, {0: arrival()}, may_open=False)
    assert isinstance(answer, Refused)
    assert answer.run is not None
    return answer.run


def test_a_run_that_is_not_there_is_not_opened_by_an_older_version(stores: Stores) -> None:
    assert offered(stores, {0: arrival()}, may_open=False) == Refused(None)
    assert stores.runs.read(RUN) is None


@pytest.mark.parametrize("may_open", [True, False])
def test_a_rising_arrival_is_added_and_leaves_when_it_opened_and_is_due(stores: Stores, may_open: bool) -> None:
    before = merged(stores, {0: arrival(1)})
    answer = offered(stores, {0: arrival(2), 1: arrival(1)}, may_open=may_open)
    assert answer == Merged(replace(before, rev=2, slots={0: arrival(2), 1: arrival(1)}))
    assert stores.runs.read(RUN) == answer.run


@pytest.mark.parametrize(
    "slots",
    [
        pytest.param({0: arrival(2)}, id="the same"),
        pytest.param({0: arrival(1)}, id="an older"),
        pytest.param({0: arrival(3, status=Status.FAILED)}, id="a later failure"),
        pytest.param({0: arrival(1), 1: arrival(1)}, id="one of two"),
    ],
)
def test_what_does_not_rise_in_every_slot_is_refused_whole_with_the_run_as_it_is(stores: Stores, slots: dict[int, str]) -> None:
    before = merged(stores, {0: arrival(2)})
    assert offered(stores, slots) == Refused(before)
    assert stores.runs.read(RUN) == before


def test_a_success_rises_over_a_later_failure(stores: Stores) -> None:
    merged(stores, {0: arrival(9, status=Status.FAILED)})
    answer = offered(stores, {0: arrival(1)})
    assert isinstance(answer, Merged)
    assert answer.run.slots == {0: arrival(1)}


@pytest.mark.parametrize(("lower", "higher"), [("close", "close-2"), ("Z", "a"), ("z", "é"), ("\uffff", "\U0001f600")])
def test_execution_ids_are_ordered_by_their_utf8_bytes(stores: Stores, lower: str, higher: str) -> None:
    merged(stores, {0: arrival(1, lower)})
    assert isinstance(offered(stores, {0: arrival(1, higher)}), Merged)
    assert isinstance(offered(stores, {0: arrival(1, lower)}), Refused)


def test_a_run_of_another_version_takes_nothing(stores: Stores) -> None:
    before = merged(stores, {0: arrival()}, version=1)
    assert offered(stores, {1: arrival()}, version=2) == Refused(before)
    assert stores.runs.read(RUN) == before


def test_a_closed_run_takes_nothing(stores: Stores) -> None:
    before = released(stores)
    assert offered(stores, {1: arrival()}) == Refused(before)
    assert stores.runs.read(RUN) == before


def test_a_release_writes_state_payloads_and_deliveries(stores: Stores) -> None:
    before = merged(stores, {0: arrival()})
    write = release_write()
    assert stores.runs.release(before, write, NOW_MS)
    assert stores.runs.read(RUN) == replace(before, state=RunState.SATISFIED, rev=2, due_at_ms=None)
    assert [stores.deliveries.payload(RUN, name) for name in write.payloads] == list(write.payloads.values())
    assert list(stores.deliveries.of_run(RUN)) == list(write.deliveries)


def test_a_release_on_a_moved_rev_writes_nothing(stores: Stores) -> None:
    before = merged(stores, {0: arrival(1)})
    moved = merged(stores, {0: arrival(2)})
    assert not stores.runs.release(before, release_write(), NOW_MS)
    assert stores.runs.read(RUN) == moved
    assert list(stores.deliveries.of_run(RUN)) == []
    assert stores.deliveries.payload(RUN, "REL#0001#0") is None


def test_a_run_is_released_once(stores: Stores) -> None:
    before = merged(stores, {0: arrival()})
    assert stores.runs.release(before, release_write(), NOW_MS)
    after = stores.runs.read(RUN)
    assert not stores.runs.release(before, release_write(), NOW_MS)
    assert stores.runs.read(RUN) == after
    assert after is not None
    with pytest.raises(RejectedError, match="illegal-transition"):
        stores.runs.release(after, release_write(), NOW_MS)


def test_a_release_of_a_run_in_another_state_than_it_is_writes_nothing(stores: Stores) -> None:
    after = released(stores)
    assert not stores.runs.release(replace(after, state=RunState.OPEN), ReleaseWrite({}, ()), NOW_MS)
    assert stores.runs.read(RUN) == after


def test_a_release_of_what_is_not_there_writes_nothing(stores: Stores) -> None:
    ghost = Run(RUN, RunState.OPEN, 1, 1, 1, NOW_MS, {0: arrival()}, DUE_MS)
    assert not stores.runs.release(ghost, release_write(), NOW_MS)
    assert stores.runs.read(RUN) is None
    assert list(stores.deliveries.of_run(RUN)) == []


def test_a_release_of_which_one_part_is_there_already_writes_nothing(stores: Stores) -> None:
    # As when TTL has deleted an earlier run of the key before its deliveries: it deletes items in no order.
    other = RunId(JOIN, "other")
    assert stores.runs.release(merged(stores, {0: arrival()}, other), ReleaseWrite({}, (notice(RUN),)), NOW_MS)
    before = merged(stores, {0: arrival()})
    assert not stores.runs.release(before, release_write(), NOW_MS)
    assert stores.runs.read(RUN) == before
    assert [one.id.name for one in stores.deliveries.of_run(RUN)] == ["NTC#0001#RELEASED"]
    assert stores.deliveries.payload(RUN, "REL#0001#0") is None


def test_an_acknowledgement_closes_the_run_and_leaves_a_notice(stores: Stores) -> None:
    before = released(stores)
    told = notice(RUN, "ACKNOWLEDGED")
    assert stores.runs.acknowledge(before, told)
    assert stores.runs.read(RUN) == replace(before, state=RunState.ACKNOWLEDGED, rev=3)
    assert stores.deliveries.read(told.id) == told


def test_an_acknowledgement_happens_once_and_on_the_rev_it_saw(stores: Stores) -> None:
    before = released(stores)
    assert not stores.runs.acknowledge(replace(before, rev=1), notice(RUN, "ACKNOWLEDGED"))
    assert stores.runs.read(RUN) == before
    assert stores.runs.acknowledge(before, notice(RUN, "ACKNOWLEDGED"))
    assert not stores.runs.acknowledge(before, notice(RUN, "ACKNOWLEDGED"))
    assert stores.deliveries.read(notice(RUN, "ACKNOWLEDGED").id) is not None


def test_an_open_run_cannot_be_acknowledged(stores: Stores) -> None:
    before = merged(stores, {0: arrival()})
    with pytest.raises(RejectedError, match="illegal-transition"):
        stores.runs.acknowledge(before, notice(RUN, "ACKNOWLEDGED"))
    assert stores.runs.read(RUN) == before


def test_postponing_moves_only_when_it_is_due(stores: Stores) -> None:
    before = merged(stores, {0: arrival()})
    assert stores.runs.postpone(before, DUE_MS + 7)
    assert stores.runs.read(RUN) == replace(before, due_at_ms=DUE_MS + 7)


def test_postponing_is_refused_where_somebody_has_written_since(stores: Stores) -> None:
    before = merged(stores, {0: arrival(1)})
    moved = merged(stores, {0: arrival(2)})
    assert not stores.runs.postpone(before, DUE_MS + 7)
    assert stores.runs.read(RUN) == moved


def test_postponing_never_makes_a_closed_or_absent_run_due(stores: Stores) -> None:
    after = released(stores)
    assert not stores.runs.postpone(after, DUE_MS)
    assert stores.runs.read(RUN) == after
    assert not stores.runs.postpone(replace(after, id=RunId(JOIN, "absent")), DUE_MS)
    assert stores.runs.read(RunId(JOIN, "absent")) is None


def test_runs_of_a_join_come_greatest_key_first_up_to_a_limit(stores: Stores) -> None:
    keys = [f"2026-03-{day:02d}" for day in range(1, 31)]
    for key in (*keys[10:], *keys[:10]):
        merged(stores, {0: arrival()}, RunId(JOIN, key))
    merged(stores, {0: arrival()}, RunId(f"{JOIN}-2", "2026-12-31"))
    assert [run.id.key for run in stores.runs.of_join(JOIN, 5)] == keys[:-6:-1]
    assert [run.id.key for run in stores.runs.of_join(JOIN, 100)] == keys[::-1]
    assert list(stores.runs.of_join("daily", 100)) == []


def test_open_versions_are_those_of_open_runs_only(stores: Stores) -> None:
    assert stores.runs.open_versions(JOIN) == frozenset()
    for version in (1, 3):
        for key in ("a", "b"):
            merged(stores, {0: arrival()}, RunId(JOIN, f"{key}{version}"), version)
    assert stores.runs.release(merged(stores, {0: arrival()}, RunId(JOIN, "closed"), 2), ReleaseWrite({}, ()), NOW_MS)
    assert stores.runs.open_versions(JOIN) == {1, 3}


@pytest.mark.parametrize("output", [Output('{"é": "\U0001f600"}', 12, None), Output(None, 300_000, "ab" * 32), Output(None, None, None)])
def test_an_output_is_kept_as_it_is(stores: Stores, output: Output) -> None:
    for _ in range(2):
        stores.runs.keep_output(RUN, 1, 0, arrival(), output)
    assert stores.runs.outputs(RUN, 1, {0: arrival(), 1: arrival()}) == {0: output}


def test_an_output_belongs_to_one_slot_of_one_version_of_one_run(stores: Stores) -> None:
    # Two state machines may well name their executions alike, by the date.
    for slot, version in ((0, 1), (1, 1), (0, 2)):
        stores.runs.keep_output(RUN, version, slot, arrival(), Output(f"{slot} of {version}", 6, None))
    found = stores.runs.outputs(RUN, 1, {0: arrival(), 1: arrival()})
    assert {slot: output.text for slot, output in found.items()} == {0: "0 of 1", 1: "1 of 1"}
    assert stores.runs.outputs(RunId(JOIN, "other"), 1, {0: arrival()}) == {}


def test_an_output_belongs_to_one_execution(stores: Stores) -> None:
    stores.runs.keep_output(RUN, 1, 0, arrival(1, "first"), Output("1", 1, None))
    stores.runs.keep_output(RUN, 1, 0, arrival(2, "second"), Output("2", 1, None))
    assert stores.runs.outputs(RUN, 1, {0: arrival(1, "first")}) == {0: Output("1", 1, None)}
