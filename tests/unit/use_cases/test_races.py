"""Two functions at once: while one is between two calls, any two of them, another does the whole of its work."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import pytest

from fanin.domain.delivery import DeliveryState
from fanin.domain.run import RunState
from fanin.sources.queue_event import QueuedMessage
from fanin.use_cases.collect_batch import CollectBatch
from tests.unit.sources.events import NOW_MS, status_change
from tests.unit.use_cases.faults import Crash, Fault
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, SECOND_SUCCESSOR, TWO, Landscape, definition, successor

pytestmark = pytest.mark.unit

LATEST = {"latest": True}
RECHECK = json.dumps({"v": 1, "recheck": {"join": "daily-close", "key": "2026-03-31"}})


def taken(landscape: Landscape, *bodies: str, collector: CollectBatch | None = None) -> None:
    """A collector takes a batch of its own; what it gives back, or all if it crashes, comes again."""
    messages = [QueuedMessage(f"t-{number}", body) for number, body in enumerate(bodies)]
    try:
        failed = set((collector or landscape.collector())(messages).failed)
    except Crash:
        failed = {message.id for message in messages}
    landscape.arrive(*(message.body for message in messages if message.id in failed))


def at_every_call(
    begin: Callable[[], Landscape],
    first: Callable[[Landscape], object],
    meanwhile: Callable[[Landscape], object],
    check: Callable[[Landscape], None],
) -> None:
    """Do `first`, with `meanwhile` in one of its gaps, whole or up to a crash at any of its calls; for each gap and crash.

    Checked when the queues are empty: a sweep may have woken what a crash left unsent, but no run was rechecked. And again after those.
    """
    alone = begin()
    alone.faults.calls.clear()
    first(alone)
    calls = list(alone.faults.calls)
    assert len(calls) > 1
    for gap, call in enumerate(calls, start=1):
        crash_at: int | None = None
        while crash_at is None or crash_at <= 30:
            landscape = begin()
            crashed = _both(landscape, gap, crash_at, first, meanwhile)
            try:
                landscape.until_quiet(waits_s=(20,) if crashed else ())
                check(landscape)
                landscape.until_quiet()
                check(landscape)
            except AssertionError as error:
                error.add_note(f"meanwhile before call {gap}, {call}, crashing at {crash_at}")
                raise
            if crash_at is not None and not crashed:
                break
            crash_at = 1 if crash_at is None else crash_at + 1


def _both(
    landscape: Landscape, gap: int, crash_at: int | None, first: Callable[[Landscape], object], meanwhile: Callable[[Landscape], object]
) -> bool:
    """Whether `meanwhile` came as far as its crash."""
    faults, ended = landscape.faults, []

    def in_the_gap() -> None:
        begins = len(faults.calls)
        if crash_at is not None:
            faults.planned = {begins + crash_at: Fault.CRASH_BEFORE}
        meanwhile(landscape)
        ended.append(len(faults.calls) - begins)
        faults.planned = {}

    faults.calls.clear()
    faults.planned = {gap: in_the_gap}
    first(landscape)
    if not ended:
        in_the_gap()
    return crash_at is not None and ended[0] >= crash_at


def begun(*bodies: str, **said: object) -> Callable[[], Landscape]:
    """A landscape of one join in which some bodies have been taken."""

    def begin() -> Landscape:
        landscape = Landscape()
        landscape.apply({**definition(TWO), **said})
        for body in bodies:
            taken(landscape, body)
        return landscape

    return begin


def released_once(landscape: Landscape) -> None:
    run = landscape.run()
    assert run is not None
    assert run.state is RunState.ACKNOWLEDGED
    (found,) = landscape.inputs()
    # Nothing that was accepted before the decision is missing from the release.
    slots = {encoded.split(" ")[1] for encoded in run.slots.values()}
    assert isinstance(found["predecessors"], dict)
    assert {said["executionArn"].rpartition(":")[2] for said in found["predecessors"].values()} == slots
    assert landscape.told() == ["RELEASED 2026-03-31", "ACKNOWLEDGED 2026-03-31"]
    assert not landscape.quarantine.kept


def test_two_predecessors_at_once() -> None:
    a, b = status_change(LEDGER, "a"), status_change(POSITIONS, "b")
    at_every_call(begun(), lambda one: taken(one, a), lambda one: taken(one, b), released_once)
    at_every_call(begun(), lambda one: taken(one, a, b), lambda one: taken(one, b, a), released_once)


def test_one_completion_twice_at_once() -> None:
    b = status_change(POSITIONS, "b")
    at_every_call(begun(status_change(LEDGER, "a")), lambda one: taken(one, b), lambda one: taken(one, b), released_once)


@pytest.mark.parametrize("stopped_at_ms", [NOW_MS - 3_000, NOW_MS])
def test_a_rerun_while_the_last_predecessor_decides(stopped_at_ms: int) -> None:
    b, rerun = status_change(POSITIONS, "b"), status_change(LEDGER, "rerun", stopped_at_ms=stopped_at_ms)
    at_every_call(begun(status_change(LEDGER, "a")), lambda one: taken(one, b), lambda one: taken(one, rerun), released_once)
    at_every_call(begun(status_change(LEDGER, "a")), lambda one: taken(one, rerun), lambda one: taken(one, b), released_once)


def test_a_recheck_while_an_arrival_is_recorded() -> None:
    b = status_change(POSITIONS, "b")
    at_every_call(begun(status_change(LEDGER, "a")), lambda one: taken(one, b), lambda one: taken(one, RECHECK), released_once)
    at_every_call(begun(status_change(LEDGER, "a")), lambda one: taken(one, RECHECK), lambda one: taken(one, b), released_once)


def sent() -> Landscape:
    """Both releases of a run are on the buses, and their receipts are in the arrivals queue."""
    landscape = begun(successors=[successor(), successor("report", SECOND_SUCCESSOR)])()
    taken(landscape, status_change(LEDGER, "a"), status_change(POSITIONS, "b"))
    landscape.forward()
    landscape.carry()
    landscape.start()
    landscape.carry()
    assert len(landscape.arrivals) == 2
    return landscape


def take_receipt(landscape: Landscape) -> None:
    message = landscape.arrivals.pop(0)
    taken(landscape, message.body)


def acknowledged_once(landscape: Landscape) -> None:
    run = landscape.run()
    assert run is not None
    assert run.state is RunState.ACKNOWLEDGED
    assert landscape.all_acknowledged()
    assert landscape.told() == ["RELEASED 2026-03-31", "ACKNOWLEDGED 2026-03-31"]
    assert len(landscape.inputs()) == 2


def test_two_receipts_at_once() -> None:
    at_every_call(sent, take_receipt, take_receipt, acknowledged_once)


def test_one_receipt_twice_at_once() -> None:
    def begin() -> Landscape:
        landscape = sent()
        landscape.arrivals *= 2
        take_receipt(landscape)
        return landscape

    at_every_call(begin, take_receipt, take_receipt, acknowledged_once)


def test_a_receipt_that_overtakes_the_mark_of_the_sending() -> None:
    def begin() -> Landscape:
        landscape = begun(status_change(LEDGER, "a"))()
        taken(landscape, status_change(POSITIONS, "b"))
        return landscape

    def receipt(landscape: Landscape) -> None:
        landscape.carry()
        landscape.start()
        landscape.carry()
        landscape.collect()

    at_every_call(begin, lambda one: one.forward(), receipt, released_once)


def test_two_forwarders_at_once() -> None:
    def begin() -> Landscape:
        landscape = begun(status_change(LEDGER, "a"))()
        taken(landscape, status_change(POSITIONS, "b"))
        return landscape

    def second(landscape: Landscape) -> None:
        with suppress(Crash):
            for delivery in list(landscape.wakeups.sent):
                landscape.forwarder()(delivery)

    def check(landscape: Landscape) -> None:
        run = landscape.run()
        assert run is not None
        assert run.state is RunState.ACKNOWLEDGED
        assert len(landscape.inputs()) == 1
        assert all(one.state is DeliveryState.ACKNOWLEDGED for one in landscape.deliveries())

    at_every_call(begin, lambda one: one.forward(), second, check)


def each_completion_once(landscape: Landscape) -> None:
    """Of a stream: releases are of different executions, and every pair that could be made was made."""
    found: list[str] = []
    for said in landscape.inputs():
        assert isinstance(said["predecessors"], dict)
        found += [one["executionArn"] for one in said["predecessors"].values()]
    assert len(found) == len(set(found))
    stream = landscape.stream()
    assert len(stream.slots) < len(TWO)
    assert len(landscape.inputs()) == stream.generation - 1 >= 1
    assert landscape.all_acknowledged()
    assert not landscape.quarantine.kept


def test_two_predecessors_of_a_stream_at_once() -> None:
    a, b = status_change(LEDGER, "a"), status_change(POSITIONS, "b")
    at_every_call(begun(key=LATEST), lambda one: taken(one, a), lambda one: taken(one, b), each_completion_once)


@pytest.mark.parametrize("stopped_at_ms", [NOW_MS - 3_000, NOW_MS])
def test_a_newer_completion_while_a_generation_is_released(stopped_at_ms: int) -> None:
    a, b, rerun = status_change(LEDGER, "a"), status_change(POSITIONS, "b"), status_change(LEDGER, "rerun", stopped_at_ms=stopped_at_ms)
    at_every_call(begun(a, key=LATEST), lambda one: taken(one, b), lambda one: taken(one, rerun), each_completion_once)
    at_every_call(begun(a, key=LATEST), lambda one: taken(one, rerun), lambda one: taken(one, b), each_completion_once)


def test_one_completion_of_a_stream_twice_at_once() -> None:
    a, b = status_change(LEDGER, "a"), status_change(POSITIONS, "b")
    at_every_call(begun(a, key=LATEST), lambda one: taken(one, b, a), lambda one: taken(one, b), each_completion_once)


def test_a_recheck_of_a_stream_while_an_arrival_is_recorded() -> None:
    a, b = status_change(LEDGER, "a"), status_change(POSITIONS, "b")
    recheck = json.dumps({"v": 1, "recheck": {"join": "daily-close", "key": "latest"}})
    at_every_call(begun(a, key=LATEST), lambda one: taken(one, b), lambda one: taken(one, recheck), each_completion_once)
    at_every_call(begun(a, key=LATEST), lambda one: taken(one, recheck), lambda one: taken(one, b), each_completion_once)


def applied_again(landscape: Landscape, **said: object) -> None:
    applied, problems = landscape.try_to_apply({**definition(TWO), "description": "another text", **said})
    assert not problems
    assert applied[0].changed


@pytest.mark.parametrize("key", [None, LATEST], ids=["a key", "latest"])
@pytest.mark.parametrize("already", [0, 1], ids=["a new run", "an open run"])
def test_a_definition_is_applied_while_completions_are_recorded(key: dict[str, object] | None, already: int) -> None:
    bodies = [status_change(LEDGER, "a"), status_change(POSITIONS, "b")]
    said = {} if key is None else {"key": key}

    def check(landscape: Landscape) -> None:
        (each_completion_once if key else released_once)(landscape)
        assert len(landscape.inputs()) == 1

    at_every_call(
        begun(*bodies[:already], **said), lambda one: taken(one, *bodies[already:]), lambda one: applied_again(one, **said), check
    )


def test_an_empty_generation_is_moved_to_the_current_plan_by_two_collectors_at_once() -> None:
    # The one that is not quick enough must not lose its completion: it is offered again under the plan that the stream has now.
    def begin() -> Landscape:
        landscape = begun(status_change(LEDGER, "a0", stopped_at_ms=NOW_MS - 9_000), key=LATEST)()
        taken(landscape, status_change(POSITIONS, "b0", stopped_at_ms=NOW_MS - 9_000))
        landscape.until_quiet()
        landscape.apply({**definition(TWO), "key": LATEST, "description": "another text"})
        return landscape

    def check(landscape: Landscape) -> None:
        each_completion_once(landscape)
        assert len(landscape.inputs()) == 2
        assert landscape.stream().plan_version == 2

    a, b = status_change(LEDGER, "a"), status_change(POSITIONS, "b")
    at_every_call(begin, lambda one: taken(one, a), lambda one: taken(one, b), check)


def test_a_collector_that_has_not_heard_of_the_last_definition_refreshes() -> None:
    landscape = begun()()
    stale = landscape.collector()
    taken(landscape, status_change(LEDGER, "x", key="2026-04-01"), collector=stale)
    applied_again(landscape)
    taken(landscape, status_change(LEDGER, "a"))
    run = landscape.run()
    assert run is not None
    assert run.plan_version == 2
    taken(landscape, status_change(POSITIONS, "b"), collector=stale)
    landscape.until_quiet()
    released_once(landscape)
