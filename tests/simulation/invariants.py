"""What holds after every step, whoever was interrupted wherever.

Looked at from outside: the table before and after a step, the executions that were started, and the truth about what was reported.
A breach ends the schedule at once (`Broken`, which no function can catch).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, cast

from fanin.domain.delivery import Delivery, DeliveryId, DeliveryKind, DeliveryState
from fanin.domain.run import Run, RunId, RunState, Stream
from tests.simulation.documents import Document
from tests.simulation.happenings import JOIN, Announced, Report, key_of
from tests.simulation.oracle import (
    EXPIRE_MS,
    HOPELESS,
    READY,
    Moments,
    Tally,
    arrived_of_reports,
    deadlines,
    predecessors,
    releasable_ms,
    tallies_of,
    verdict,
)
from tests.simulation.records import Record, arrived_in, arrived_of, decided_on, digest_of, record_of
from tests.simulation.world import World

_READS = frozenset(
    {"read", "read_all", "head", "plan", "joins_of", "due", "payload", "payloads", "of_run", "outputs"}
    | {"refresh", "load", "reload", "kid", "epoch", "page", "ask"}
)
_LEGAL = {
    (RunState.OPEN, RunState.SATISFIED),
    (RunState.OPEN, RunState.FAILED),
    (RunState.OPEN, RunState.EXPIRED),
    (RunState.SATISFIED, RunState.ACKNOWLEDGED),
    (RunState.SATISFIED, RunState.OPEN),
    (RunState.ACKNOWLEDGED, RunState.OPEN),
    (RunState.FAILED, RunState.OPEN),
}
_RISING = (DeliveryState.DUE, DeliveryState.SENT, DeliveryState.ACKNOWLEDGED)


class Broken(BaseException):
    """An invariant does not hold."""


def holds_that(true: object, text: str) -> None:
    """Broken, saying what does not hold."""
    if not true:
        raise Broken(text)


@dataclass(slots=True)
class Watcher:
    """Compares what is with what was; `tolerance_ms` is how far two clocks may differ."""

    world: World
    tolerance_ms: int
    releases: int = 0
    _runs: dict[RunId, Run] = field(default_factory=dict)
    _streams: dict[str, Stream] = field(default_factory=dict)
    _deliveries: dict[DeliveryId, Delivery] = field(default_factory=dict)
    _payloads: int = 0
    _started: dict[tuple[object, ...], str] = field(default_factory=dict)
    _used: set[tuple[str, str]] = field(default_factory=set)
    _closed_before: set[RunId] = field(default_factory=set)

    def step(self, port: str, name: str, args: tuple[Any, ...]) -> None:
        """After a call: carry what it sent, and look at what it changed."""
        if name in _READS:
            return
        self.world.carry(port, args)
        if port in {"Runs", "Streams", "Journals"}:
            self._look_at_runs()
        if port != "Machines":
            self._look_at_deliveries()
        else:
            self._look_at_executions()

    def accepted(self) -> None:
        """What is acknowledged is decided: no run waits for a sweep although what was acknowledged satisfies it.

        Where nothing else is waited for: no time to come, no optional predecessor, no count that may change, one definition only.
        """
        document = self.world.documents[0]
        timed = {"settle", "notBefore"} & document.keys() or any("optional" in said for said in predecessors(document).values())
        counts = len({one.count for one in self.world.announced}) > 1
        if self.world.story.kind == "latest" or timed or counts or len(self.world.documents) > 1:
            return
        accepted = self.world.accepted()
        for run_id, run in self.world.land.table.runs.items():
            if run.state is not RunState.OPEN or run.attempt > 1:
                continue
            of_run = [one for one in accepted if isinstance(one, Report) and self._is_of(run, one)]
            said = [one for one in accepted if isinstance(one, Announced) and one.key == run_id.key]
            arrived, tallies = arrived_of_reports(of_run, document), tallies_of(of_run, said, document)
            found = verdict(document, arrived, False, tallies)
            if found == READY:
                # A failure that is on record, and is yet to be acknowledged, may be one too many.
                record = record_of(self.world, run)
                more = {name: replace(one, failed=one.failed + record.failures_beyond(name, of_run)) for name, one in tallies.items()}
                found = verdict(document, arrived, False, more)
                holds_that(found != READY, f"{run_id.key} is open, and everything that makes it ready is acknowledged: {of_run} {said}")
            elif found == HOPELESS:
                # Somebody may be about to decide on a success that makes up for what was acknowledged, and on a failure that was not.
                record = record_of(self.world, run)
                failed = [one for one in of_run if not self._is_made_up_for(document, record, one)]
                found = verdict(document, arrived_of_reports(failed, document), False, tallies_of(failed, said, document))
                holds_that(found != HOPELESS, f"{run_id.key} is open, and what makes it hopeless is acknowledged: {failed} {said}")

    def _is_made_up_for(self, document: Document, record: Record, report: Report) -> bool:
        """Whether a failure does not count any more: of a counted execution that succeeded, or of a predecessor that has."""
        if report.status == "SUCCEEDED":
            return False
        if "count" in predecessors(document).get(report.predecessor, {}):
            return digest_of(report.execution) in record.succeeded.get(report.predecessor, frozenset())
        arrived = record.arrived.get(report.predecessor)
        return arrived is not None and arrived.status == "SUCCEEDED"

    # Runs.

    def _look_at_runs(self) -> None:
        table = self.world.land.table
        for name, stream in table.streams.items():
            if self._streams.get(name) is not stream:
                self._stream_moved(self._streams.get(name), stream)
                self._streams[name] = stream
        for run_id, run in table.runs.items():
            before = self._runs.get(run_id)
            if before is not run:
                self._moved(before, run)
                self._runs[run_id] = run
        holds_that(len(self._runs) == len(table.runs) or self.world.withdrawn, "a run has vanished")

    def _moved(self, before: Run | None, run: Run) -> None:
        if before is None:
            fresh = run.state is RunState.OPEN or (self.world.story.kind == "latest" and run.state is RunState.SATISFIED)
            holds_that(fresh and run.attempt == 1, f"a run begins {run.state} at attempt {run.attempt}")
            self._are_true(run, dict(run.slots))
            if run.state is RunState.SATISFIED:
                self._generation(run)
            return
        changed = (before.state, before.slots, before.alerted) != (run.state, run.slots, run.alerted)
        holds_that(run.rev == before.rev + 1 or (not changed and run.rev == before.rev), f"rev went from {before.rev} to {run.rev}")
        holds_that(
            (run.plan_version, run.opened_at_ms) == (before.plan_version, before.opened_at_ms), "a run changed its version or opening"
        )
        risen = {slot: value for slot, value in run.slots.items() if before.slots.get(slot) != value}
        for slot, value in before.slots.items():
            holds_that(arrived_of(run.slots[slot]).order >= arrived_of(value).order, f"slot {slot} fell from {value} to {run.slots[slot]}")
        self._are_true(run, risen)
        if before.state is not run.state:
            self._changed_state(before, run, risen)
        else:
            kept = run.state in {RunState.OPEN, RunState.FAILED}
            holds_that(kept or not risen, f"a run that is {run.state} took an arrival")
            holds_that(before.attempt == run.attempt, "an attempt began without a transition")

    def _are_true(self, run: Run, risen: dict[int, str]) -> None:
        """What is recorded was reported of that predecessor and for that key."""
        for name, one in arrived_in(self.world, risen, run.plan_version).items():
            said = (name, one.execution, one.status)
            told = self.world.happened
            true = any((report.predecessor, report.execution, report.status) == said and self._is_of(run, report) for report in told)
            holds_that(true, f"{run.id.key} records {said}, which was never reported for it")

    def _is_of(self, run: Run, report: Report) -> bool:
        return self.world.story.kind == "latest" or key_of(self.world.story.kind, report) == run.id.key

    def _changed_state(self, before: Run, run: Run, risen: dict[int, str]) -> None:
        holds_that((before.state, run.state) in _LEGAL, f"a run went from {before.state} to {run.state}")
        reopened = run.state is RunState.OPEN
        holds_that(run.attempt == before.attempt + reopened, f"attempt {run.attempt} after {before.attempt}")
        narrow = not self.world.land.table.plans[JOIN, run.plan_version].journal
        holds_that(not narrow or reopened == bool(risen), f"a run that became {run.state} in one step with arrivals {risen}")
        match run.state:
            case RunState.SATISFIED | RunState.FAILED:
                self._decided(run)
            case RunState.EXPIRED:
                last_ms = run.last_arrival_ms or run.opened_at_ms
                holds_that(self._now_ms() >= last_ms + EXPIRE_MS, f"{run.id.key} expired early")
            case RunState.ACKNOWLEDGED:
                self._all_started(run)

    def _all_started(self, run: Run) -> None:
        """A run is acknowledged when every successor has started what the release says; receipts are written down before or after it."""
        table, waiting = self.world.land.table, 0
        for one in self._releases(run.id, run.attempt):
            text = table.payloads[run.id, one.payload]
            executions = self.world.land.machines.executions.items()
            started = any(arn.split(":")[4:7:2] == [one.account, one.target] and found.input_text == text for arn, found in executions)
            holds_that(started, f"{run.id.key} is acknowledged, and {one.target} was not started")
            waiting += one.state is not DeliveryState.ACKNOWLEDGED
        holds_that(waiting <= 1, f"{run.id.key} is acknowledged, and {waiting} of its deliveries are not")

    def _decided(self, run: Run) -> None:
        """A release or a failure says what the run holds, and the definition says so too."""
        self.releases += 1
        document, record = self.world.document(run.plan_version), decided_on(self.world, run)
        self._nothing_accepted_is_missing(run, document, record)
        self._is_true(run, record)
        moments = Moments(run.opened_at_ms, run.first_arrival_ms, run.last_arrival_ms, run.attempt)
        now_ms = self._now_ms()
        passed = [then for moment, then in deadlines(document, moments) if moment <= now_ms]
        found = verdict(document, record.arrived, bool(passed), record.tallies())
        outcome = "released" if run.state is RunState.SATISFIED else "failed"
        for said in self._said(run.id, run.attempt):
            holds_that(said["outcome"] == outcome, f"{run.id.key} is {run.state}, its release says {said['outcome']}")
            self._same_arrivals(run, said, record)
        if run.state is RunState.SATISFIED:
            self._closed_before.add(run.id)
        reason = self._reason(run)
        if reason == "deadline":
            first = next((then for then in passed if then != "alert"), None)
            holds_that(run.attempt == 1 and passed, f"{run.id.key} {outcome} by a deadline that has not passed")
            holds_that(first == {"released": "release", "failed": "fail"}[outcome] or self.tolerance_ms, f"the deadline says {first}")
        elif outcome == "released":
            holds_that(found == READY, f"{run.id.key} was released, but is {found}: {record}")
            holds_that(releasable_ms(document, moments) <= now_ms, f"{run.id.key} was released before its time")
        else:
            holds_that(found == HOPELESS, f"{run.id.key} failed, but is {found}: {record}")

    def _nothing_accepted_is_missing(self, run: Run, document: Document, record: Record) -> None:
        """Whatever was acknowledged to its queue before the first release is in it."""
        if run.id in self._closed_before or self.world.withdrawn:
            return
        named = predecessors(document)
        for one in self.world.accepted():
            if isinstance(one, Announced):
                told = one.key != run.id.key or not wanted_by_all(self.world, one.predecessor) or record.says(one)
                holds_that(told, f"{run.id.key} was decided without {one}, which had been accepted")
            elif self._is_of(run, one) and wanted_by_all(self.world, one.predecessor) and one.status != "RUNNING":
                has = record.has(one, "count" in named[one.predecessor])
                holds_that(has, f"{run.id.key} was decided without {one}, which had been accepted; it has {record}")

    def _is_true(self, run: Run, record: Record) -> None:
        """What a wide run was decided on was reported, of that predecessor and for that key."""
        told = [one for one in self.world.happened if self._is_of(run, one)]
        for name, arrived in record.arrived.items():
            said = (name, arrived.execution, arrived.status)
            holds_that(any((one.predecessor, one.execution, one.status) == said for one in told), f"{said} was never reported for {run.id}")
        for name, digests in (*record.succeeded.items(), *record.failed.items()):
            known = {digest_of(one.execution) for one in told if one.predecessor == name}
            holds_that(digests <= known, f"{run.id.key} counts executions of {name} that were never reported for it")

    def _same_arrivals(self, run: Run, said: dict[str, Any], record: Record) -> None:
        ended = {name: (one.execution, one.status) for name, one in record.arrived.items() if one.status != "RUNNING"}
        named = {name: one for name, one in said["predecessors"].items() if "executionArn" in one}
        told = {name: (one["executionArn"].rpartition(":")[2], one["status"]) for name, one in named.items()}
        holds_that(told == ended, f"the release of {run.id.key} says {told}, the run holds {ended}")
        for name, one in said["predecessors"].items():
            if "succeeded" in one:
                tally = record.tallies().get(name, Tally(None, 0, 0))
                holds_that((one["succeeded"], one["failed"]) == (tally.succeeded, tally.failed), f"{name} is told as {one}, and is {tally}")

    def _reason(self, run: Run) -> str:
        transition = "RELEASED" if run.state is RunState.SATISFIED else "FAILED"
        told = self.world.land.table.deliveries.get(DeliveryId(run.id, f"NTC#{run.attempt:04d}#{transition}"))
        holds_that(told, f"nobody is told that {run.id.key} was {transition}")
        return str(json.loads(cast("Delivery", told).payload)["reason"])

    # Streams.

    def _stream_moved(self, before: Stream | None, stream: Stream) -> None:
        if before is None:
            return
        holds_that(stream.rev == before.rev + 1, f"the stream's rev went from {before.rev} to {stream.rev}")
        holds_that(stream.generation - before.generation in {0, 1}, "a generation was skipped")
        if stream.plan_version == before.plan_version:
            for slot, mark in before.consumed.items():
                holds_that(stream.consumed.get(slot, "") >= mark, f"slot {slot} consumed {mark}, and now {stream.consumed.get(slot)}")
            for slot, mark in before.seen.items():
                top = max(stream.seen.get(slot, ""), stream.consumed.get(slot, ""))
                holds_that(top >= mark, f"slot {slot} had seen {mark}, and now {top}")
        if stream.generation == before.generation:
            holds_that(stream.plan_version == before.plan_version or not before.slots, "a begun generation was moved to another version")
            for slot, value in before.slots.items():
                holds_that(arrived_of(stream.slots[slot]).order >= arrived_of(value).order, f"slot {slot} fell")
            return
        run_id = RunId(JOIN, f"{self.world.land.table.epoch}.{before.generation:06d}")
        released = self.world.land.table.runs.get(run_id)
        holds_that(released is not None and released.slots == before.slots, "a generation ended without its release")

    def _generation(self, run: Run) -> None:
        """A generation's release: satisfied, and of completions that no other release had."""
        self.releases += 1
        record = Record(arrived_in(self.world, dict(run.slots), run.plan_version))
        found = verdict(self.world.document(run.plan_version), record.arrived, passed=False)
        holds_that(found == READY, f"the generation {run.id.key} was released, but is {found}")
        for said in self._said(run.id, 1):
            self._same_arrivals(run, said, record)
        for name, one in record.arrived.items():
            # What was consumed of a source is forgotten while no definition names it.
            again = (name, one.execution) in self._used and wanted_by_all(self.world, name)
            holds_that(not again or one.status != "SUCCEEDED", f"{one.execution} is in two releases")
            if one.status == "SUCCEEDED":
                self._used.add((name, one.execution))

    # Deliveries and executions.

    def _look_at_deliveries(self) -> None:
        table = self.world.land.table
        for name, delivery in table.deliveries.items():
            before = self._deliveries.get(name)
            if before is delivery:
                continue
            if before is not None:
                same = (before.jti, before.sub, before.target, before.payload, before.frozen_at_ms)
                holds_that(
                    same == (delivery.jti, delivery.sub, delivery.target, delivery.payload, delivery.frozen_at_ms), "a delivery changed"
                )
                lower = (
                    before.state in _RISING and delivery.state in _RISING and _RISING.index(before.state) > _RISING.index(delivery.state)
                )
                holds_that(not lower, f"a delivery went from {before.state} to {delivery.state}")
            if delivery.state is DeliveryState.ACKNOWLEDGED:
                found = self.world.land.machines.executions.get(str(delivery.execution_arn))
                text = table.payloads.get((delivery.id.run, delivery.payload))
                holds_that(found is not None and found.input_text == text, f"{delivery.sub} is acknowledged, and nothing was started")
            self._deliveries[name] = delivery

    def _look_at_executions(self) -> None:
        executions = self.world.land.machines.executions
        if len(executions) == len(self._started):
            return
        for arn, execution in executions.items():
            if arn in self._started.values():
                continue
            said = json.loads(execution.input_text)
            target = arn.split(":")[4], arn.split(":")[6]
            which = (said["join"], said["key"], said["attempt"], said["outcome"], *target)
            holds_that(which not in self._started, f"started twice: {which}")
            frozen = [
                text for (run, _), text in self.world.land.table.payloads.items() if (run.join, run.key) == (said["join"], said["key"])
            ]
            holds_that(execution.input_text in frozen, f"{which} was started with what no release says")
            self._started[which] = arn
            self.world.ends_later(arn)

    def _releases(self, run: RunId, attempt: int) -> list[Delivery]:
        found = self.world.land.table.deliveries.values()
        return [one for one in found if one.id.run == run and one.kind is DeliveryKind.RELEASE and one.attempt == attempt]

    def _said(self, run: RunId, attempt: int) -> list[dict[str, Any]]:
        payloads = self.world.land.table.payloads
        return [json.loads(payloads[run, one.payload]) for one in self._releases(run, attempt)]

    def _now_ms(self) -> int:
        """The latest moment that some clock may have shown."""
        return self.world.stage.now_ms + self.tolerance_ms


def wanted_by_all(world: World, name: str) -> bool:
    """Whether every version names a predecessor: what only some name may come when the wrong one is current."""
    return all(name in predecessors(document) for document in world.documents)
