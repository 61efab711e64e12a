"""View: what people ask of the hub, as JSON-able answers (the viewer function's). Reads only; times are epoch milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fanin.composed import composed
from fanin.domain.arrival import decode_arrival
from fanin.domain.counting import Counted
from fanin.domain.decision import Wait, decide
from fanin.domain.delivery import Delivery, DeliveryState
from fanin.domain.errors import RejectedError
from fanin.domain.execution_arn import execution_arn
from fanin.domain.journal import Contents, Counts, counts
from fanin.domain.plan import Plan, Successor
from fanin.domain.release import JsonValue
from fanin.domain.run import STREAM_KEY, Run, RunId, RunState, Stream
from fanin.ports import Deliveries, Head, JournalId, PlanRegistry, Runs, Streams
from fanin.use_cases.read_journal import ReadJournal

MAX_RUNS = 500


@composed
class ViewState:
    """The viewer's work."""

    registry: PlanRegistry
    runs: Runs
    streams: Streams
    deliveries: Deliveries
    read_journal: ReadJournal

    def joins(self) -> list[JsonValue]:
        """Every join that is not deleted, by name."""
        return [self._join(head) for head in self.registry.heads() if not head.deleted]

    def runs_of(self, join: str, state: RunState | None, limit: int) -> list[JsonValue]:
        """Runs of a join, greatest key first, the open stream of a `latest` join before them; RejectedError `join-not-found`."""
        self._head(join)
        stream = self.streams.read(join)
        found = ([_as_run(stream)] if stream else []) + list(self.runs.of_join(join, MAX_RUNS))
        wanted = [run for run in found if state is None or run.state is state]
        return [self._summary(run, self._releases_of(run)) for run in wanted[: max(1, min(limit, MAX_RUNS))]]

    def run(self, run_id: RunId) -> dict[str, JsonValue]:
        """One run with its arrivals, releases and deliveries; RejectedError `join-not-found` or `run-not-found`."""
        self._head(run_id.join)
        stream = self.streams.read(run_id.join) if run_id.key == STREAM_KEY else None
        run = _as_run(stream) if stream else self.runs.read(run_id)
        if run is None:
            raise RejectedError("run-not-found", f"the join {run_id.join} has no run for the key {run_id.key}; fanin runs lists them")
        plan = self._plan(run)
        deliveries = self._releases_of(run)
        counted: dict[int, Counts] = {}
        if plan.is_wide:
            contents = self._contents(plan, run)
            run, counted = run._replace(slots=contents.named), counts(plan, contents)
        return {
            **self._summary(run, deliveries, counted),
            "missing": _missing(plan, run, counted),
            "arrivals": {one.name: _arrival(plan, run, slot, counted.get(slot)) for slot, one in enumerate(plan.predecessors)},
            "releases": _releases(deliveries),
            "deliveries": [_delivery(one) for one in deliveries],
        }

    def _head(self, join: str) -> Head:
        head = self.registry.head(join)
        if head is None:
            raise RejectedError("join-not-found", f"there is no join named {join}; fanin joins lists them")
        return head

    def _plan(self, run: Run) -> Plan:
        plan = self.registry.plan(run.id.join, run.plan_version)
        if plan is None:
            raise RejectedError("plan-missing", f"version {run.plan_version} of the join {run.id.join} is not stored")
        return plan

    def _join(self, head: Head) -> JsonValue:
        plan = self.registry.plan(head.join, head.version)
        if plan is None:
            raise RejectedError("plan-missing", f"version {head.version} of the join {head.join} is not stored")
        return {
            "join": head.join,
            "version": head.version,
            "description": plan.description,
            "key": {"kind": plan.key.kind.value, "expression": plan.key.expression},
            "predecessors": [_predecessor(plan, slot) for slot in range(len(plan.predecessors))],
            "successors": [_successor(one) for one in plan.successors],
            "appliedAtMs": head.applied_at_ms,
            "liveVersions": list(head.versions),
        }

    def _contents(self, plan: Plan, run: Run) -> Contents:
        """What has arrived in a wide run; of a released one, what it was released with."""
        journal = JournalId(run.id, plan.version, run.attempt, plan.journal)
        return self.read_journal(journal) if run.state in (RunState.OPEN, RunState.FAILED) else self.read_journal.frozen(journal)

    def _summary(self, run: Run, deliveries: Sequence[Delivery], counted: Mapping[int, Counts] | None = None) -> dict[str, JsonValue]:
        """Of a wide run in a list `arrived` is what its hint says: its journal is read only when somebody asks for this one run."""
        plan = self._plan(run)
        ready = sum(decode_arrival(encoded).succeeded for encoded in run.slots.values())
        if plan.is_wide and counted is None:
            ready = run.hint.arrivals
        return {
            "join": run.id.join,
            "key": run.id.key,
            "state": _shown_state(run, deliveries),
            "attempt": run.attempt,
            "planVersion": run.plan_version,
            "openedAtMs": run.opened_at_ms,
            "arrived": ready + sum(one.tally.succeeded for one in (counted or {}).values()),
            "needed": _needed(plan, counted or {}),
        }

    def _releases_of(self, run: Run) -> list[Delivery]:
        """The run's deliveries; an open run has none of its own attempt, and is not asked for."""
        if run.state is RunState.OPEN and run.attempt == 1:
            return []
        return list(self.deliveries.of_run(run.id, notices=False))


def _shown_state(run: Run, deliveries: Sequence[Delivery]) -> str:
    """RELEASED is derived: SATISFIED, with every delivery sent."""
    waiting = any(one.state is DeliveryState.DUE for one in deliveries)
    return "RELEASED" if run.state is RunState.SATISFIED and not waiting else run.state.value


def _as_run(stream: Stream) -> Run:
    return Run(RunId(stream.join, STREAM_KEY), RunState.OPEN, stream.plan_version, 1, stream.rev, stream.opened_at_ms, stream.slots)


def _predecessor(plan: Plan, slot: int) -> JsonValue:
    one, rule = plan.predecessors[slot], plan.key_rule(slot)
    return {
        "name": one.name,
        "kind": one.source.kind.value,
        "arn": one.source.arn,
        "optional": one.optional,
        "offsetDays": rule.offset_days,
        "offsetInBusinessDays": rule.business,
        "count": None if one.counted is None else _count(one.counted),
    }


def _count(counted: Counted) -> JsonValue:
    return {
        "number": counted.number,
        "from": counted.source,
        "output": counted.expression,
        "announced": counted.number is None and counted.source is None,
        "toleratedFailures": counted.tolerance.failures,
        "toleratedHundredthsOfPercent": counted.tolerance.share,
    }


def _successor(one: Successor) -> JsonValue:
    return {"target": one.target, "bus": one.bus_arn, "outputs": one.outputs, "outcomes": [outcome.value for outcome in one.outcomes]}


def _needed(plan: Plan, counted: Mapping[int, Counts]) -> int | None:
    """How many executions there will be; None while nobody has said it of a counted predecessor."""
    numbers = [
        1 if one.counted is None else counted[slot].tally.expected if slot in counted else one.counted.number
        for slot, one in enumerate(plan.predecessors)
    ]
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _missing(plan: Plan, run: Run, counted: Mapping[int, Counts]) -> list[JsonValue]:
    if run.state is not RunState.OPEN:
        return []
    decision = decide(plan, run.slots, tallies={slot: one.tally for slot, one in counted.items()})
    return list(decision.missing) if isinstance(decision, Wait) else []


def _arrival(plan: Plan, run: Run, slot: int, counted: Counts | None) -> JsonValue:
    if counted is not None:
        return _counted(counted)
    encoded = run.slots.get(slot)
    if encoded is None:
        return None
    arrival = decode_arrival(encoded)
    return {
        "status": arrival.status.value,
        "executionArn": execution_arn(plan.predecessors[slot].source, arrival.execution_id),
        "startedAtMs": arrival.started_at_ms,
        "stoppedAtMs": arrival.stopped_at_ms,
    }


def _counted(counts: Counts) -> JsonValue:
    failures: list[JsonValue] = [
        {"execution": one.execution_id, "status": one.status.value, "stoppedAtMs": one.stopped_at_ms} for one in counts.failures
    ]
    return {
        "expected": counts.tally.expected,
        "succeeded": counts.tally.succeeded,
        "failed": counts.tally.failed,
        "failedExecutions": failures,
        "failedExecutionsLeftOut": counts.failures_left_out,
    }


def _releases(deliveries: list[Delivery]) -> list[JsonValue]:
    moments = {one.attempt: (one.sub.split("/")[2], one.frozen_at_ms) for one in deliveries}
    return [{"attempt": attempt, "outcome": outcome, "releasedAtMs": at_ms} for attempt, (outcome, at_ms) in sorted(moments.items())]


def _delivery(one: Delivery) -> JsonValue:
    return {
        "target": one.target,
        "bus": one.bus_arn,
        "state": one.state.value,
        "attempt": one.attempt,
        "jti": one.jti,
        "tries": one.tries,
        "refusals": one.refusals,
        "sentAtMs": one.sent_at_ms,
        "verifiedAtMs": one.verified_at_ms,
        "startedAtMs": one.started_at_ms,
        "acknowledgedAtMs": one.acknowledged_at_ms,
        "executionArn": one.execution_arn,
        "lastError": one.last_error,
        "dueAtMs": one.due_at_ms,
    }
