"""What must have become of a story when everything works again and time has passed: nothing observable is lost, nothing is left over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from fanin.domain.delivery import DeliveryKind, DeliveryState
from fanin.domain.run import RunId, RunState
from tests.simulation.happenings import BEGIN_MS, JOIN, Report, key_of
from tests.simulation.invariants import Watcher, holds_that, wanted_by_all
from tests.simulation.oracle import (
    READY,
    WAITING,
    Arrived,
    Moments,
    deadlines,
    greatest,
    predecessors,
    releasable_ms,
    verdict,
)
from tests.simulation.world import World

_HOUR_MS = 3_600_000


def check(world: World, watcher: Watcher) -> None:
    """Everything at the end."""
    _nothing_is_left(world)
    _everything_is_acknowledged(world)
    _quarantined(world, watcher)
    if world.story.kind == "latest":
        _stream(world, watcher)
    else:
        for key in sorted({key_of(world.story.kind, report) for report in world.told()}):
            _run(world, watcher, key)
    if world.story.kind == "expected":
        _windows(world)


def _nothing_is_left(world: World) -> None:
    for queue in world.functions.queues():
        holds_that(
            not queue.visible and not queue.dead,
            f"messages are left for the {queue.name}: {len(queue.visible)} visible, {[str(one.body)[:60] for one in queue.dead[:3]]}",
        )
    holds_that(not world.stage.running, "an invocation never ended")


def _everything_is_acknowledged(world: World) -> None:
    table = world.land.table
    for one in table.deliveries.values():
        ends = DeliveryState.ACKNOWLEDGED if one.kind is DeliveryKind.RELEASE else DeliveryState.SENT
        holds_that(one.state is ends, f"{one.id.name} of {one.id.run.key} is {one.state} ({one.last_error})")
    told = {put.detail for put in world.notices}
    for one in table.deliveries.values():
        holds_that(one.kind is DeliveryKind.RELEASE or one.payload in told, f"nobody was told: {one.payload}")
    for run in table.runs.values():
        holds_that(run.state is not RunState.SATISFIED, f"{run.id.key} is released and acknowledged, but SATISFIED")
    started = {json.loads(one.input_text)["key"] for one in world.land.machines.executions.values()}
    holds_that(started <= {run.key for run in (one.id.run for one in table.deliveries.values())}, "something else was started")


def _quarantined(world: World, watcher: Watcher) -> None:
    """Only what was poison from the beginning, and releases that a clock made look too new or too old: those were sent again."""
    for kept in world.land.quarantine.kept:
        expected = not kept.body.startswith('{"version"') or (len(world.documents) > 1 and kept.code == "key-held-by-version")
        holds_that(expected, f"quarantined as {kept.code}: {kept.body[:200]}")
    for kept in world.land.releases_quarantine.kept:
        late = kept.code == "release-expired"
        holds_that(watcher.tolerance_ms or late, f"a release was refused: {kept.code}: {kept.reason}")


def _run(world: World, watcher: Watcher, key: str) -> None:
    reports = [one for one in world.told() if key_of(world.story.kind, one) == key]
    run = world.land.table.runs.get(RunId(JOIN, key))
    if run is None:
        wanted = [one for one in reports if _surely_wanted(world, one)]
        holds_that(not wanted or world.withdrawn, f"nothing became of {key}: {wanted}")
        return
    document = world.document(run.plan_version)
    sure = [one for one in reports if one.predecessor in predecessors(document)]
    arrived = watcher.arrived(dict(run.slots), run.plan_version)
    best = greatest(sure, document)
    if run.state in {RunState.OPEN, RunState.FAILED}:
        for name, report in best.items():
            found = arrived.get(name)
            sooner = not wanted_by_all(world, name)
            holds_that(sooner or (found is not None and found.order >= report.order), f"{key} lost {report}; it holds {found}")
    elif document["afterRelease"] == "again":
        for name, report in best.items():
            found = arrived.get(name)
            missed = report.status == "SUCCEEDED" and (found is None or found.order < report.order)
            holds_that(not missed or not wanted_by_all(world, name), f"{key} should be released again for {report}; it holds {found}")
    _is_where_it_belongs(world, key, arrived, best)


def _is_where_it_belongs(world: World, key: str, arrived: dict[str, Arrived], best: dict[str, Report]) -> None:
    run = world.land.table.runs[RunId(JOIN, key)]
    document, now_ms = world.document(run.plan_version), world.stage.now_ms
    moments = Moments(run.opened_at_ms, run.first_arrival_ms, run.last_arrival_ms, run.attempt)
    passed = [then for moment, then in deadlines(document, moments) if moment <= now_ms]
    found = verdict(document, arrived, bool(passed))
    if run.state is RunState.OPEN:
        waits = found == WAITING or (found == READY and releasable_ms(document, moments) > now_ms)
        holds_that(waits, f"{key} is open, but {found}: {arrived}")
        due = run.attempt == 1 and any(then != "alert" for then in passed)
        holds_that(not due, f"{key} is open, and its deadline has passed")
    if run.state is RunState.FAILED:
        holds_that(found != READY, f"{key} has failed, but holds {arrived}, and could be released")
        said = {name: Arrived(one.status, one.stopped_ms, one.execution) for name, one in best.items() if wanted_by_all(world, name)}
        holds_that(verdict(document, said, passed=False) != READY, f"{key} has failed, but {best} would release it")


def _surely_wanted(world: World, report: Report) -> bool:
    """Whether every version wants a report, so that whichever was current when it came would have opened a run."""
    wanting = [predecessors(document).get(report.predecessor) for document in world.documents]
    return all(said is not None and (report.status != "RUNNING" or said.get("optional")) for said in wanting)


def _stream(world: World, watcher: Watcher) -> None:
    stream = world.land.table.streams.get(JOIN)
    wanted = [one for one in world.told() if one.status != "RUNNING" and wanted_by_all(world, one.predecessor)]
    if stream is None:
        holds_that(not wanted or world.withdrawn, f"nothing became of {wanted}")
        return
    arrived = watcher.arrived(dict(stream.slots), stream.plan_version)
    found = verdict(world.document(stream.plan_version), arrived, passed=False)
    holds_that(found != READY, f"the stream is {found}: {arrived}")
    names = watcher.names(stream.plan_version)
    consumed = {names[slot]: _mark(text) for slot, text in stream.consumed.items()}
    for report in wanted:
        had = (report.stopped_ms, report.execution) <= consumed.get(report.predecessor, (-1, ""))
        holds = report.predecessor in arrived and arrived[report.predecessor].order >= report.order
        holds_that(had or holds or world.withdrawn, f"the stream lost {report}: consumed {consumed}, arrived {arrived}")
    generations = sorted(run.id.key.rpartition(".")[2] for run in world.land.table.runs.values())
    holds_that(generations == [f"{number + 1:06d}" for number in range(stream.generation - 1)], f"generations {generations}")


def _mark(text: str) -> tuple[int, str]:
    stopped, execution, *_ = text.split(" ")
    return int(stopped), execution


def _windows(world: World) -> None:
    """Every window that began while the join expected it has a run, opened when it began."""
    for key, opens_ms in _begun(world):
        run = world.land.table.runs.get(RunId(JOIN, key))
        holds_that(run is not None or world.withdrawn or len(world.documents) > 1, f"the window {key} was not opened")
        if run is not None and not run.slots:
            holds_that(run.opened_at_ms == opens_ms, f"the window {key} was opened for {run.opened_at_ms}")


def _begun(world: World) -> Iterator[tuple[str, int]]:
    opens_ms = -(-BEGIN_MS // _HOUR_MS) * _HOUR_MS
    while opens_ms <= world.stage.now_ms - 300_000:
        yield f"{datetime.fromtimestamp(opens_ms / 1000, UTC):%Y-%m-%dT%H}+0000", opens_ms
        opens_ms += _HOUR_MS
