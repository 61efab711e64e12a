"""Counted predecessors: one source completes N times for a key."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from fanin.domain.run import Run, RunState
from tests.unit.sources.events import HUB, NOW_MS, OTHER, event, machine_arn, status_change
from tests.unit.use_cases.landscape import Landscape, definition, successor

pytestmark = pytest.mark.unit

DISPATCHER, LOADER = machine_arn("dispatcher"), machine_arn("loader", OTHER)
KEY = "2026-03-31"


def counted(count: object = 3, failures: object = None, **said: object) -> dict[str, object]:
    """A join of one counted predecessor, `loads`."""
    loads = {"stateMachine": LOADER, "count": count, **({} if failures is None else {"failures": {"tolerate": failures}})}
    return {"join": "daily-close", "key": {"input": "businessDate"}, "predecessors": {"loads": loads}, "successors": [successor()], **said}


def dispatched(**said: object) -> dict[str, object]:
    """A dispatcher says in its output how many loads it has started."""
    document = counted({"from": "dispatcher", "output": "started"}, **said)
    predecessors = document["predecessors"]
    assert isinstance(predecessors, dict)
    return {**document, "predecessors": {**predecessors, "dispatcher": {"stateMachine": DISPATCHER}}}


def load(number: int, status: str = "SUCCEEDED", **said: object) -> str:
    return status_change(LOADER, f"load-{number}", status, **said)  # type: ignore[arg-type]


def dispatch(started: object, name: str = "dispatch", stopped_at_ms: int = NOW_MS - 9_000) -> str:
    return status_change(DISPATCHER, name, stopped_at_ms=stopped_at_ms, changes={"output": json.dumps({"started": started})})


def announce(count: object, account: str = HUB, at: str = "2026-03-31T18:59:59Z", **said: object) -> str:
    detail = {"v": 1, "join": "daily-close", "key": KEY, "predecessor": "loads", "count": count, **said}
    return json.dumps(event(detail, source="fanin.count", detail_type="Fan-in Count", account=account, time=at))


def begun(document: Mapping[str, object], *bodies: str, batch: int = 10) -> Landscape:
    landscape = Landscape()
    landscape.apply(document)
    landscape.arrive(*bodies)
    landscape.collect_all(batch)
    return landscape


def state(landscape: Landscape) -> RunState | None:
    run = landscape.run()
    return None if run is None else run.state


def said_of_loads(landscape: Landscape) -> dict[str, object]:
    (given,) = landscape.inputs()
    predecessors = given["predecessors"]
    assert isinstance(predecessors, dict)
    found: dict[str, object] = predecessors["loads"]
    return found


def the_run(landscape: Landscape) -> Run:
    run = landscape.run()
    assert run is not None
    return run


@pytest.mark.parametrize("batch", [1, 2, 10])
def test_a_run_is_released_when_the_last_of_n_has_succeeded(batch: int) -> None:
    landscape = begun(counted(3), load(1), load(2), batch=batch)
    assert state(landscape) is RunState.OPEN
    landscape.arrive(load(3))
    landscape.until_quiet()
    assert state(landscape) is RunState.ACKNOWLEDGED
    assert said_of_loads(landscape) == {
        "expected": 3,
        "succeeded": 3,
        "failed": 0,
        "failedExecutions": [],
        "failedExecutionsLeftOut": 0,
    }
    assert landscape.told() == [f"RELEASED {KEY}", f"ACKNOWLEDGED {KEY}"]


def test_repeats_are_not_counted() -> None:
    landscape = begun(counted(3), load(1), load(1), load(1), load(2), load(2), batch=1)
    landscape.until_quiet()
    assert state(landscape) is RunState.OPEN
    landscape.arrive(load(3))
    landscape.until_quiet()
    assert state(landscape) is RunState.ACKNOWLEDGED


def test_a_failure_waits_for_its_redrive_which_replaces_it() -> None:
    landscape = begun(counted(2), load(1, "FAILED"), load(2))
    landscape.until_quiet()
    assert state(landscape) is RunState.OPEN
    landscape.arrive(load(1))
    landscape.until_quiet()
    assert said_of_loads(landscape)["failed"] == 0


@pytest.mark.parametrize(("failures", "failed"), [(1, 1), ("34%", 1), ("100%", 3), (3, 2)])
def test_tolerated_failures_do_not_matter_once_every_execution_has_ended(failures: object, failed: int) -> None:
    bodies = [load(number, "TIMED_OUT" if number < failed else "SUCCEEDED") for number in range(3)]
    landscape = begun(counted(3, failures), *bodies[:2])
    landscape.until_quiet()
    assert state(landscape) is RunState.OPEN
    landscape.arrive(bodies[2])
    landscape.until_quiet()
    said = said_of_loads(landscape)
    assert (said["succeeded"], said["failed"]) == (3 - failed, failed)
    assert said["failedExecutions"] == [
        {"execution": f"load-{number}", "status": "TIMED_OUT", "stoppedAt": NOW_MS - 2_000} for number in range(failed)
    ]


def test_a_percentage_is_rounded_down_as_a_distributed_map_does() -> None:
    landscape = begun(counted(3, "33%"), load(1, "FAILED"), load(2), load(3))
    landscape.until_quiet()
    assert state(landscape) is RunState.OPEN


def test_under_fail_one_failure_more_than_tolerated_fails_the_run() -> None:
    landscape = begun(counted(4, 1, onFailure="fail"), load(1, "FAILED"), batch=1)
    assert state(landscape) is RunState.OPEN
    landscape.arrive(load(2, "ABORTED"))
    landscape.until_quiet()
    assert state(landscape) is RunState.FAILED
    assert landscape.told() == [f"FAILED {KEY}"]


def test_under_ignore_a_failure_counts_as_done() -> None:
    landscape = begun(counted(2, onFailure="ignore"), load(1, "FAILED"), load(2, "FAILED"))
    landscape.until_quiet()
    assert said_of_loads(landscape)["failed"] == 2


def test_a_failed_run_goes_on_when_redrives_have_made_up_for_its_failures() -> None:
    landscape = begun(counted(3, onFailure="fail"), load(1, "FAILED"), load(2, "FAILED"), batch=1)
    assert state(landscape) is RunState.FAILED
    landscape.arrive(load(1))
    landscape.collect_all()
    assert state(landscape) is RunState.FAILED  # two had failed by then, and one still has
    landscape.arrive(load(2))
    landscape.collect_all()
    assert (state(landscape), the_run(landscape).attempt) == (RunState.OPEN, 2)
    landscape.arrive(load(3))
    landscape.until_quiet()
    said = said_of_loads(landscape)
    assert (said["succeeded"], said["failed"]) == (3, 0)
    assert landscape.told() == [f"FAILED {KEY}", f"REOPENED {KEY}", f"RELEASED {KEY}", f"ACKNOWLEDGED {KEY}"]


@pytest.mark.parametrize("batch", [1, 10])
@pytest.mark.parametrize("when", [0, 1, 3])
def test_another_predecessors_output_says_how_many_whenever_it_comes(when: int, batch: int) -> None:
    loads = [load(number) for number in range(3)]
    landscape = begun(dispatched(), *loads[:when], dispatch(3), *loads[when:], batch=batch)
    landscape.until_quiet()
    assert state(landscape) is RunState.ACKNOWLEDGED
    assert said_of_loads(landscape)["expected"] == 3


def test_what_has_arrived_is_not_enough_before_anybody_says_how_many() -> None:
    landscape = begun(dispatched(), *(load(number) for number in range(30)))
    landscape.until_quiet()
    assert state(landscape) is RunState.OPEN


def test_nothing_to_wait_for_is_ready_at_once() -> None:
    landscape = begun(dispatched(), dispatch(0))
    landscape.until_quiet()
    assert said_of_loads(landscape)["expected"] == 0


@pytest.mark.parametrize("started", ["3", 2.0, True, -1, None, [1], 1_000_001])
def test_an_output_that_says_no_number_is_put_aside(started: object) -> None:
    landscape = begun(dispatched(), dispatch(started), load(1))
    assert [kept.code for kept in landscape.quarantine.kept] == ["count-not-a-number"]
    assert the_run(landscape).hint.arrivals == 1


def test_a_rerun_of_the_dispatcher_replaces_its_number_and_people_are_told() -> None:
    landscape = begun(dispatched(), dispatch(5), load(1), load(2), batch=1)
    landscape.arrive(dispatch(2, "dispatch-again", NOW_MS - 1_000))
    landscape.until_quiet()
    assert said_of_loads(landscape)["expected"] == 2
    assert landscape.told() == [f"RELEASED {KEY}", f"COUNT_CHANGED {KEY}", f"ACKNOWLEDGED {KEY}"]
    (told,) = [json.loads(one.detail) for one in landscape.notices if "COUNT_CHANGED" in one.detail]
    assert (told["reason"], told["predecessors"]) == ("from-5-to-2", ["loads"])


@pytest.mark.parametrize("batch", [1, 10])
@pytest.mark.parametrize("when", [0, 1, 3])
@pytest.mark.parametrize("account", [HUB, OTHER])
def test_an_event_announces_how_many_whenever_it_comes(when: int, batch: int, account: str) -> None:
    loads = [load(number) for number in range(3)]
    landscape = begun(counted("announced"), *loads[:when], announce(3, account), *loads[when:], batch=batch)
    landscape.until_quiet()
    assert state(landscape) is RunState.ACKNOWLEDGED


def test_a_lower_number_announced_later_releases_what_waited_for_more() -> None:
    landscape = begun(counted("announced"), announce(9, at="2026-03-31T18:00:00Z"), load(1), load(2), batch=1)
    landscape.until_quiet()
    assert state(landscape) is RunState.OPEN
    landscape.arrive(announce(2, at="2026-03-31T18:30:00Z"))
    landscape.until_quiet()
    assert state(landscape) is RunState.ACKNOWLEDGED


def test_a_number_announced_after_the_release_changes_nothing_and_people_are_told() -> None:
    landscape = begun(counted("announced"), announce(1), load(1))
    landscape.until_quiet()
    landscape.arrive(announce(2, at="2026-03-31T18:59:59Z"), announce(1))
    landscape.until_quiet()
    assert landscape.told() == [f"RELEASED {KEY}", f"ACKNOWLEDGED {KEY}", f"COUNT_CHANGED {KEY}"]
    assert len(landscape.inputs()) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (announce(1, "444444444444"), "count-not-trusted"),
        (announce(1, predecessor="other"), "count-not-wanted"),
        (announce(1, join="other"), "count-not-wanted"),
        (announce(1, key=""), "event-malformed"),
        (announce(1, key="x" * 257), "key-too-long"),
        (announce(1, key="latest"), "key-reserved"),
        (announce(-1), "count-malformed"),
        (announce(True), "count-malformed"),
        (announce(1.0), "count-malformed"),
        (announce(1, more=1), "count-malformed"),
    ],
)
def test_an_announcement_that_cannot_be_taken_is_put_aside(body: str, code: str) -> None:
    landscape = begun(counted("announced"), body)
    assert [kept.code for kept in landscape.quarantine.kept] == [code]
    assert landscape.run() is None


def test_a_late_execution_is_reported_and_a_repeated_one_is_not() -> None:
    landscape = begun(counted(2, afterRelease="report"), load(1), load(2))
    landscape.until_quiet()
    landscape.arrive(load(1), load(3), load(4, "FAILED"), load(2, "FAILED"))
    landscape.until_quiet()
    late = [json.loads(one.detail)["reason"] for one in landscape.notices if "LATE" in one.detail]
    assert sorted(late) == ["failed", "succeeded"]
    assert len(landscape.inputs()) == 1


def test_a_counted_predecessor_is_a_slot_like_any_other() -> None:
    document = dispatched(require={"any": ["dispatcher", "loads"]})
    landscape = begun(document, load(1), load(2))
    landscape.arrive(dispatch(7))
    landscape.until_quiet()
    (given,) = landscape.inputs()
    assert given["predecessors"]["loads"]["succeeded"] == 2  # type: ignore[index]


def test_a_run_stays_with_the_version_it_opened_with() -> None:
    landscape = begun(counted(3), load(1), load(2))
    landscape.apply(counted(2))
    landscape.until_quiet()
    assert state(landscape) is RunState.OPEN
    landscape.arrive(load(2), load(3))
    landscape.until_quiet()
    assert said_of_loads(landscape)["expected"] == 3


def test_a_narrow_run_that_is_open_when_its_join_becomes_wide_is_finished_as_it_began() -> None:
    machines = {"a": machine_arn("a"), "b": machine_arn("b")}
    landscape = begun(definition(machines), status_change(machines["a"], "a-1"))
    wider = definition(machines)
    assert isinstance(wider["predecessors"], dict)
    landscape.apply({**wider, "predecessors": {**wider["predecessors"], "loads": {"stateMachine": LOADER, "count": 2}}})
    landscape.arrive(status_change(machines["b"], "b-1"))
    landscape.until_quiet()
    assert state(landscape) is RunState.ACKNOWLEDGED
    (given,) = landscape.inputs()
    assert (given["planVersion"], sorted(given["predecessors"])) == (1, ["a", "b"])  # type: ignore[call-overload]


def test_failed_executions_are_named_up_to_a_hundred() -> None:
    landscape = begun(
        counted(150, 150), *(load(number, "FAILED", stopped_at_ms=NOW_MS - 9_000 + number) for number in range(150)), batch=40
    )
    landscape.until_quiet()
    said = said_of_loads(landscape)
    assert (said["failed"], said["failedExecutionsLeftOut"]) == (150, 50)
    names = [one["execution"] for one in said["failedExecutions"]]  # type: ignore[attr-defined]
    assert names == [f"load-{number}" for number in range(100)]
