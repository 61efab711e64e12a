"""View: what people ask of the hub, as JSON-able answers (the viewer function's). Reads only; times are epoch milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fanin.domain.arrival import decode_arrival
from fanin.domain.decision import Wait, decide
from fanin.domain.delivery import Delivery, DeliveryState
from fanin.domain.errors import RejectedError
from fanin.domain.execution_arn import execution_arn
from fanin.domain.plan import Plan, Successor
from fanin.domain.release import JsonValue
from fanin.domain.run import STREAM_KEY, Run, RunId, RunState, Stream
from fanin.ports import Deliveries, Head, PlanRegistry, Runs, Streams

MAX_RUNS = 500


@dataclass(frozen=True, slots=True)
class ViewState:
    """The viewer's work."""

    registry: PlanRegistry
    runs: Runs
    streams: Streams
    deliveries: Deliveries

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
        return {
            **self._summary(run, deliveries),
            "missing": _missing(plan, run),
            "arrivals": {one.name: _arrival(plan, run, slot) for slot, one in enumerate(plan.predecessors)},
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

    def _summary(self, run: Run, deliveries: Sequence[Delivery]) -> dict[str, JsonValue]:
        plan = self._plan(run)
        ready = sum(decode_arrival(encoded).succeeded for encoded in run.slots.values())
        return {
            "join": run.id.join,
            "key": run.id.key,
            "state": _shown_state(run, deliveries),
            "attempt": run.attempt,
            "planVersion": run.plan_version,
            "openedAtMs": run.opened_at_ms,
            "arrived": ready,
            "needed": len(plan.predecessors),
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
    }


def _successor(one: Successor) -> JsonValue:
    return {"target": one.target, "bus": one.bus_arn, "outputs": one.outputs, "outcomes": [outcome.value for outcome in one.outcomes]}


def _missing(plan: Plan, run: Run) -> list[JsonValue]:
    if run.state is not RunState.OPEN:
        return []
    decision = decide(plan, run.slots)
    return list(decision.missing) if isinstance(decision, Wait) else []


def _arrival(plan: Plan, run: Run, slot: int) -> JsonValue:
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
