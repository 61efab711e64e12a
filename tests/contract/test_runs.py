"""The contract of `Runs`: every write is conditional, says what it found, and adds 1 to `rev`."""

from __future__ import annotations

from contextlib import suppress
from itertools import product

import pytest

from fanin.domain.completion import Status
from fanin.domain.errors import RejectedError
from fanin.domain.release import UNKNOWN_OUTPUT, Output
from fanin.domain.run import Run, RunId, RunState, Transition, transition
from fanin.ports import Merged, Refused, ReleaseWrite
from tests.contract.given import DUE_MS, JOIN, NOW_MS, RUN, arrival, merged, notice, release_write, released
from tests.contract.stores import Stores

_WAYS = {
    RunState.OPEN: (),
    RunState.SATISFIED: (Transition.SATISFY,),
    RunState.ACKNOWLEDGED: (Transition.SATISFY, Transition.ACKNOWLEDGE),
    RunState.FAILED: (Transition.FAIL,),
    RunState.EXPIRED: (Transition.EXPIRE,),
    RunState.CANCELLED: (Transition.CANCEL,),
}


def is_legal(state: RunState, event: Transition) -> bool:
    with suppress(RejectedError):
        transition(state, event)
        return True
    return False


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
        first_arrival_ms=NOW_MS,
        last_arrival_ms=NOW_MS,
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
    assert answer == Merged(before._replace(rev=2, slots={0: arrival(2), 1: arrival(1)}, last_arrival_ms=NOW_MS + 1))
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
    assert stores.runs.close(before, Transition.SATISFY, write, NOW_MS)
    assert stores.runs.read(RUN) == before._replace(state=RunState.SATISFIED, rev=2, due_at_ms=None)
    assert [stores.deliveries.payload(RUN, name) for name in write.payloads] == list(write.payloads.values())
    assert list(stores.deliveries.of_run(RUN)) == list(write.deliveries)


def test_a_release_on_a_moved_rev_writes_nothing(stores: Stores) -> None:
    before = merged(stores, {0: arrival(1)})
    moved = merged(stores, {0: arrival(2)})
    assert not stores.runs.close(before, Transition.SATISFY, release_write(), NOW_MS)
    assert stores.runs.read(RUN) == moved
    assert list(stores.deliveries.of_run(RUN)) == []
    assert stores.deliveries.payload(RUN, "REL#0001#0") is None


def test_a_run_is_released_once(stores: Stores) -> None:
    before = merged(stores, {0: arrival()})
    assert stores.runs.close(before, Transition.SATISFY, release_write(), NOW_MS)
    after = stores.runs.read(RUN)
    assert not stores.runs.close(before, Transition.SATISFY, release_write(), NOW_MS)
    assert stores.runs.read(RUN) == after
    assert after is not None
    with pytest.raises(RejectedError, match="illegal-transition"):
        stores.runs.close(after, Transition.SATISFY, release_write(), NOW_MS)


def test_a_release_of_a_run_in_another_state_than_it_is_writes_nothing(stores: Stores) -> None:
    after = released(stores)
    assert not stores.runs.close(after._replace(state=RunState.OPEN), Transition.SATISFY, ReleaseWrite({}, ()), NOW_MS)
    assert stores.runs.read(RUN) == after


def test_a_release_of_what_is_not_there_writes_nothing(stores: Stores) -> None:
    ghost = Run(RUN, RunState.OPEN, 1, 1, 1, NOW_MS, {0: arrival()}, DUE_MS)
    assert not stores.runs.close(ghost, Transition.SATISFY, release_write(), NOW_MS)
    assert stores.runs.read(RUN) is None
    assert list(stores.deliveries.of_run(RUN)) == []


def test_a_release_of_which_one_part_is_there_already_writes_nothing(stores: Stores) -> None:
    # As when TTL has deleted an earlier run of the key before its deliveries: it deletes items in no order.
    other = RunId(JOIN, "other")
    assert stores.runs.close(merged(stores, {0: arrival()}, other), Transition.SATISFY, ReleaseWrite({}, (notice(RUN),)), NOW_MS)
    before = merged(stores, {0: arrival()})
    assert not stores.runs.close(before, Transition.SATISFY, release_write(), NOW_MS)
    assert stores.runs.read(RUN) == before
    assert [one.id.name for one in stores.deliveries.of_run(RUN)] == ["NTC#0001#RELEASED"]
    assert stores.deliveries.payload(RUN, "REL#0001#0") is None


def test_an_acknowledgement_closes_the_run_and_leaves_a_notice(stores: Stores) -> None:
    before = released(stores)
    told = notice(RUN, "ACKNOWLEDGED")
    assert stores.runs.acknowledge(RUN, before.attempt, told)
    assert stores.runs.read(RUN) == before._replace(state=RunState.ACKNOWLEDGED, rev=3)
    assert stores.deliveries.read(told.id) == told
    assert not stores.runs.acknowledge(RUN, before.attempt, notice(RUN, "ACKNOWLEDGED#again"))
    assert as_read(stores).rev == 3


def test_an_acknowledgement_is_of_one_attempt(stores: Stores) -> None:
    before = released(stores)
    for attempt in (before.attempt - 1, before.attempt + 1):
        assert not stores.runs.acknowledge(RUN, attempt, notice(RUN, "ACKNOWLEDGED"))
    assert stores.runs.read(RUN) == before
    assert stores.deliveries.read(notice(RUN, "ACKNOWLEDGED").id) is None


def test_what_arrives_late_is_no_hindrance_to_an_acknowledgement(stores: Stores) -> None:
    before = released(stores)
    assert stores.runs.keep(before, {0: arrival(9)})
    assert stores.runs.acknowledge(RUN, before.attempt, notice(RUN, "ACKNOWLEDGED"))
    after = as_read(stores)
    assert (after.state, after.rev, after.slots[0]) == (RunState.ACKNOWLEDGED, before.rev + 2, arrival(9))


def test_an_acknowledgement_whose_notice_is_there_already_writes_nothing(stores: Stores) -> None:
    before, told = released(stores), notice(RUN, "ACKNOWLEDGED")
    assert stores.deliveries.add(told)
    assert not stores.runs.acknowledge(RUN, before.attempt, told)
    assert stores.runs.read(RUN) == before


@pytest.mark.parametrize("state", [state for state in RunState if state is not RunState.SATISFIED], ids=lambda state: state.value)
def test_only_a_satisfied_run_is_acknowledged(stores: Stores, state: RunState) -> None:
    before = in_state(stores, state)
    assert not stores.runs.acknowledge(RUN, before.attempt, notice(RUN, "NEWS"))
    assert stores.runs.read(RUN) == before
    assert stores.deliveries.read(notice(RUN, "NEWS").id) is None


def test_what_is_not_there_is_not_acknowledged(stores: Stores) -> None:
    assert not stores.runs.acknowledge(RUN, 1, notice(RUN, "ACKNOWLEDGED"))
    assert stores.runs.read(RUN) is None
    assert list(stores.deliveries.of_run(RUN)) == []


@pytest.mark.parametrize(
    "event", [Transition.SATISFY, Transition.FAIL, Transition.EXPIRE, Transition.CANCEL], ids=lambda event: event.value
)
def test_every_closing_writes_its_state_with_what_goes_along_and_is_due_no_more(stores: Stores, event: Transition) -> None:
    before = merged(stores, {0: arrival()})
    write = release_write()
    assert stores.runs.close(before, event, write, NOW_MS)
    assert stores.runs.read(RUN) == before._replace(state=transition(RunState.OPEN, event), rev=2, due_at_ms=None)
    assert [stores.deliveries.payload(RUN, name) for name in write.payloads] == list(write.payloads.values())
    assert list(stores.deliveries.of_run(RUN)) == list(write.deliveries)


@pytest.mark.parametrize(("state", "event"), [pair for pair in product(RunState, Transition) if not is_legal(*pair)])
def test_an_illegal_closing_is_refused_and_writes_nothing(stores: Stores, state: RunState, event: Transition) -> None:
    before = in_state(stores, state)
    with pytest.raises(RejectedError, match=f"illegal-transition: a run that is {state.value} cannot {event.value}"):
        stores.runs.close(before, event, ReleaseWrite({}, (notice(RUN, "NEWS"),)), NOW_MS)
    assert stores.runs.read(RUN) == before
    assert stores.deliveries.read(notice(RUN, "NEWS").id) is None


def test_a_run_is_opened_without_arrivals_once(stores: Stores) -> None:
    assert stores.runs.open(RUN, 3, now_ms=NOW_MS, due_at_ms=DUE_MS)
    opened = Run(id=RUN, state=RunState.OPEN, plan_version=3, attempt=1, rev=1, opened_at_ms=NOW_MS, slots={}, due_at_ms=DUE_MS)
    assert stores.runs.read(RUN) == opened
    assert not stores.runs.open(RUN, 4, now_ms=NOW_MS + 1, due_at_ms=DUE_MS + 1)
    assert stores.runs.read(RUN) == opened


@pytest.mark.parametrize("state", RunState)
def test_opening_leaves_what_is_there(stores: Stores, state: RunState) -> None:
    before = in_state(stores, state)
    assert not stores.runs.open(RUN, 1, now_ms=NOW_MS + 1, due_at_ms=DUE_MS + 1)
    assert stores.runs.read(RUN) == before


@pytest.mark.parametrize("may_open", [True, False])
def test_the_first_arrival_of_an_opened_run_has_its_own_moment(stores: Stores, may_open: bool) -> None:
    stores.runs.open(RUN, 1, now_ms=NOW_MS - 5, due_at_ms=DUE_MS)
    answer = offered(stores, {0: arrival()}, may_open=may_open)
    assert isinstance(answer, Merged)
    assert (answer.run.opened_at_ms, answer.run.first_arrival_ms, answer.run.last_arrival_ms) == (NOW_MS - 5, NOW_MS + 1, NOW_MS + 1)
    assert stores.runs.read(RUN) == answer.run


def test_what_is_refused_moves_no_moment(stores: Stores) -> None:
    before = merged(stores, {0: arrival(2)})
    offered(stores, {0: arrival(1)})
    assert stores.runs.read(RUN) == before


@pytest.mark.parametrize("event", [Transition.SATISFY, Transition.FAIL, Transition.ACKNOWLEDGE], ids=lambda event: event.value)
def test_a_closed_run_is_reopened_as_its_next_attempt(stores: Stores, event: Transition) -> None:
    opened = merged(stores, {0: arrival(1), 1: arrival(1)})
    assert stores.runs.alert(opened, [0], [notice(RUN, "DEADLINE_MISSED#0")])
    closed = in_state(stores, RunState.SATISFIED if event is Transition.ACKNOWLEDGE else transition(RunState.OPEN, event))
    if event is Transition.ACKNOWLEDGE:
        assert stores.runs.close(closed, event, ReleaseWrite({}, ()), NOW_MS)
    before = as_read(stores)
    told = notice(RUN, "REOPENED")
    assert stores.runs.reopen(before, {0: arrival(2)}, told, now_ms=NOW_MS + 7, due_at_ms=DUE_MS + 7)
    after = as_read(stores)
    assert after == before._replace(
        state=RunState.OPEN,
        attempt=2,
        rev=before.rev + 1,
        slots={0: arrival(2), 1: arrival(1)},
        due_at_ms=DUE_MS + 7,
        last_arrival_ms=NOW_MS + 7,
        alerted=frozenset(),
    )
    assert after.first_arrival_ms == NOW_MS
    assert stores.deliveries.read(told.id) == told
    assert isinstance(offered(stores, {1: arrival(2)}), Merged)


def test_a_run_is_reopened_once_and_on_the_rev_it_saw(stores: Stores) -> None:
    before = released(stores)
    told = notice(RUN, "REOPENED")
    assert not stores.runs.reopen(before._replace(rev=1), {0: arrival(2)}, told, now_ms=NOW_MS, due_at_ms=DUE_MS)
    assert stores.runs.read(RUN) == before
    assert stores.deliveries.read(told.id) is None
    assert stores.runs.reopen(before, {0: arrival(2)}, told, now_ms=NOW_MS, due_at_ms=DUE_MS)
    after = as_read(stores)
    assert not stores.runs.reopen(before, {0: arrival(3)}, told, now_ms=NOW_MS, due_at_ms=DUE_MS)
    assert stores.runs.read(RUN) == after


@pytest.mark.parametrize("state", [RunState.OPEN, RunState.EXPIRED, RunState.CANCELLED])
def test_what_is_open_or_over_for_good_is_not_reopened(stores: Stores, state: RunState) -> None:
    before = in_state(stores, state)
    with pytest.raises(RejectedError, match=f"illegal-transition: a run that is {state.value} cannot reopen"):
        stores.runs.reopen(before, {0: arrival(2)}, notice(RUN, "REOPENED"), now_ms=NOW_MS, due_at_ms=DUE_MS)
    assert stores.runs.read(RUN) == before


def test_an_alert_is_remembered_beside_earlier_ones_and_tells_people(stores: Stores) -> None:
    before = merged(stores, {0: arrival()})
    first, others = notice(RUN, "DEADLINE_MISSED#1"), [notice(RUN, "DEADLINE_MISSED#0"), notice(RUN, "DEADLINE_MISSED#12")]
    assert stores.runs.alert(before, [1], [first])
    told = as_read(stores)
    assert told == before._replace(rev=2, alerted=frozenset({1}))
    assert stores.runs.alert(told, [0, 12], others)
    assert stores.runs.read(RUN) == before._replace(rev=3, alerted=frozenset({0, 1, 12}))
    assert {one.id.name for one in stores.deliveries.of_run(RUN)} == {one.id.name for one in (first, *others)}


def test_an_alert_on_a_moved_rev_or_a_closed_run_tells_nobody(stores: Stores) -> None:
    before = merged(stores, {0: arrival(1)})
    moved = merged(stores, {0: arrival(2)})
    told = notice(RUN, "DEADLINE_MISSED#0")
    assert not stores.runs.alert(before, [0], [told])
    assert stores.runs.read(RUN) == moved
    assert stores.runs.close(moved, Transition.SATISFY, ReleaseWrite({}, ()), NOW_MS)
    closed = as_read(stores)
    assert not stores.runs.alert(closed, [0], [told])
    assert stores.runs.read(RUN) == closed
    assert list(stores.deliveries.of_run(RUN)) == []


def test_a_notice_that_was_told_is_not_told_by_another_alert(stores: Stores) -> None:
    before = merged(stores, {0: arrival()})
    told = notice(RUN, "DEADLINE_MISSED#0")
    assert stores.deliveries.add(told)
    assert not stores.runs.alert(before, [0], [told])
    assert stores.runs.read(RUN) == before


def as_read(stores: Stores) -> Run:
    found = stores.runs.read(RUN)
    assert found is not None
    return found


def in_state(stores: Stores, state: RunState) -> Run:
    """The run, opened unless it is there, and brought into a state."""
    found = stores.runs.read(RUN) or merged(stores, {0: arrival()})
    for event in _WAYS[state]:
        assert stores.runs.close(found, event, ReleaseWrite({}, ()), NOW_MS)
        found = as_read(stores)
    return found


def test_postponing_moves_only_when_it_is_due(stores: Stores) -> None:
    before = merged(stores, {0: arrival()})
    assert stores.runs.postpone(before, DUE_MS + 7)
    assert stores.runs.read(RUN) == before._replace(due_at_ms=DUE_MS + 7)


def test_postponing_is_refused_where_somebody_has_written_since(stores: Stores) -> None:
    before = merged(stores, {0: arrival(1)})
    moved = merged(stores, {0: arrival(2)})
    assert not stores.runs.postpone(before, DUE_MS + 7)
    assert stores.runs.read(RUN) == moved


def test_postponing_never_makes_a_closed_or_absent_run_due(stores: Stores) -> None:
    after = released(stores)
    assert not stores.runs.postpone(after, DUE_MS)
    assert stores.runs.read(RUN) == after
    assert not stores.runs.postpone(after._replace(id=RunId(JOIN, "absent")), DUE_MS)
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
    assert stores.runs.close(merged(stores, {0: arrival()}, RunId(JOIN, "closed"), 2), Transition.SATISFY, ReleaseWrite({}, ()), NOW_MS)
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


def test_a_failed_run_keeps_what_rises_and_stays_as_it_is(stores: Stores) -> None:
    before = in_state(stores, RunState.FAILED)
    assert stores.runs.keep(before, {0: arrival(2), 1: arrival(1, status=Status.FAILED)})
    slots = {0: arrival(2), 1: arrival(1, status=Status.FAILED)}
    assert stores.runs.read(RUN) == before._replace(rev=before.rev + 1, slots=slots)


def test_keeping_is_refused_where_somebody_has_written_since(stores: Stores) -> None:
    before = in_state(stores, RunState.FAILED)
    assert stores.runs.keep(before, {1: arrival(1)})
    moved = as_read(stores)
    assert not stores.runs.keep(before, {1: arrival(2)})
    assert stores.runs.read(RUN) == moved
    assert stores.runs.reopen(moved, {}, notice(RUN, "REOPENED"), now_ms=NOW_MS, due_at_ms=DUE_MS)
    assert not stores.runs.keep(moved, {1: arrival(2)})
    assert not stores.runs.keep(moved._replace(id=RunId(JOIN, "absent")), {1: arrival(2)})
    assert stores.runs.read(RunId(JOIN, "absent")) is None


def test_a_report_without_its_output_takes_nothing_from_one_that_had_it(stores: Stores) -> None:
    stores.runs.keep_output(RUN, 1, 0, arrival(), UNKNOWN_OUTPUT)
    assert stores.runs.outputs(RUN, 1, {0: arrival()}) == {0: UNKNOWN_OUTPUT}
    stores.runs.keep_output(RUN, 1, 0, arrival(), Output("1", 1, None))
    stores.runs.keep_output(RUN, 1, 0, arrival(), UNKNOWN_OUTPUT)
    assert stores.runs.outputs(RUN, 1, {0: arrival()}) == {0: Output("1", 1, None)}
