"""What must have become of a story when everything works again and time has passed: nothing observable is lost, nothing is left over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from fanin.domain.delivery import DeliveryKind, DeliveryState
from fanin.domain.run import RunId, RunState
from tests.simulation.documents import Document
from tests.simulation.happenings import BEGIN_MS, JOIN, Report, key_of
from tests.simulation.invariants import Watcher, holds_that, wanted_by_all
from tests.simulation.oracle import (
    READY,
    WAITING,
    Moments,
    deadlines,
    greatest,
    predecessors,
    releasable_ms,
    verdict,
)
from tests.simulation.records import Record, arrived_in, digest_of, names_of, record_of
from tests.simulation.world import World

_HOUR_MS = 3_600_000


def check(world: World, watcher: Watcher) -> None:
    """Everything at the end."""
    _nothing_is_left(world)
    _everything_is_acknowledged(world)
    _quarantined(world, watcher)
    if world.story.kind == "latest":
        _stream(world)
    else:
        keys = {key_of(world.story.kind, report) for report in world.told()} | {one.key for one in world.announced}
        for key in sorted(keys):
            _run(world, key)
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


def _run(world: World, key: str) -> None:
    reports = [one for one in world.told() if key_of(world.story.kind, one) == key]
    announced = [one for one in world.announced if one.key == key]
    run = world.land.table.runs.get(RunId(JOIN, key))
    if run is None:
        wanted = [one for one in reports if _surely_wanted(world, one)]
        holds_that(not (wanted or announced) or world.withdrawn, f"nothing became of {key}: {wanted} {announced}")
        return
    document, record = world.document(run.plan_version), record_of(world, run)
    sure = [one for one in reports if wanted_by_all(world, one.predecessor) and one.predecessor in predecessors(document)]
    best = greatest(sure, document)
    if run.state in {RunState.OPEN, RunState.FAILED}:
        # A failure that comes after a release is late and not kept, so the next attempt does not know it (docs/adr/0010).
        again = run.attempt > 1 and document["afterRelease"] == "again"
        for report in (*best.values(), *(one for one in sure if _is_counted(document, one) and one.status != "RUNNING")):
            late = again and report.status != "SUCCEEDED"
            holds_that(late or record.has(report, _is_counted(document, report)), f"{key} lost {report}; it holds {record}")
        for one in announced:
            holds_that(not wanted_by_all(world, one.predecessor) or record.says(one), f"{key} lost {one}; it holds {record}")
    elif document["afterRelease"] == "again":
        accepted = world.accepted()
        for report in best.values():
            # Sources of a deleted join are asked for its open runs only: what an event loses after the release stays lost.
            unheard = world.withdrawn and report not in accepted
            missed = report.status == "SUCCEEDED" and not record.has(report, counted=False) and not unheard
            holds_that(not missed, f"{key} should be released again for {report}; it holds {record}")
    if document["afterRelease"] == "report" and run.state is RunState.ACKNOWLEDGED and run.attempt == 1:
        _late_ones_are_told(world, run.id, record, sure)
    _is_where_it_belongs(world, key, record)


def _late_ones_are_told(world: World, run: RunId, record: Record, reports: list[Report]) -> None:
    """Of a released run whose definition says so, people are told of every arrival that is not in the release."""
    document = world.document(world.land.table.runs[run].plan_version)
    names = [one.id.name for one in world.land.table.deliveries.values() if one.id.run == run and "LATE_ARRIVAL" in one.id.name]
    # Of several that came in one batch the greatest is told.
    succeeded = {one.execution for one in reports if one.status == "SUCCEEDED"}
    counted = [one for one in reports if _is_counted(document, one) and (one.status == "SUCCEEDED" or one.execution not in succeeded)]
    late = [*greatest(reports, document).values(), *counted]
    for report in late:
        if report.status != "RUNNING" and not record.has(report, _is_counted(document, report)):
            digest = digest_of(report.execution).hex()
            told = any(f"#{who}#{report.status}" in name for name in names for who in (report.execution, digest))
            holds_that(told, f"{report} came too late for {run.key}, and nobody is told: {names}")


def _is_counted(document: Document, report: Report) -> bool:
    return "count" in predecessors(document)[report.predecessor]


def _is_where_it_belongs(world: World, key: str, record: Record) -> None:
    run = world.land.table.runs[RunId(JOIN, key)]
    document, now_ms = world.document(run.plan_version), world.stage.now_ms
    moments = Moments(run.opened_at_ms, run.first_arrival_ms, run.last_arrival_ms, run.attempt)
    passed = [then for moment, then in deadlines(document, moments) if moment <= now_ms]
    found = verdict(document, record.arrived, bool(passed), record.tallies())
    if run.state is RunState.OPEN:
        waits = found == WAITING or (found == READY and releasable_ms(document, moments) > now_ms)
        holds_that(waits, f"{key} is open, but {found}: {record}")
        due = run.attempt == 1 and any(then != "alert" for then in passed)
        holds_that(not due, f"{key} is open, and its deadline has passed")
    if run.state is RunState.FAILED:
        # What has failed by a deadline fails no more: with everything on record, it is either released or lacks something.
        holds_that(
            verdict(document, record.arrived, False, record.tallies()) != READY, f"{key} has failed, but could be released: {record}"
        )


def _surely_wanted(world: World, report: Report) -> bool:
    """Whether every version wants a report, so that whichever was current when it came would have opened a run."""
    wanting = [predecessors(document).get(report.predecessor) for document in world.documents]
    return all(said is not None and (report.status != "RUNNING" or said.get("optional")) for said in wanting)


def _stream(world: World) -> None:
    stream = world.land.table.streams.get(JOIN)
    wanted = [one for one in world.told() if one.status != "RUNNING" and wanted_by_all(world, one.predecessor)]
    if stream is None:
        holds_that(not wanted or world.withdrawn, f"nothing became of {wanted}")
        return
    arrived = arrived_in(world, dict(stream.slots), stream.plan_version)
    found = verdict(world.document(stream.plan_version), arrived, passed=False)
    holds_that(found != READY, f"the stream is {found}: {arrived}")
    names = names_of(world, stream.plan_version)
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
