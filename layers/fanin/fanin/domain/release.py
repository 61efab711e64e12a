"""The release: the decision, frozen. What each successor will get, built once and never again.

`release_data` is the only place that knows the shape of a release's data (schemas/release-data.schema.json). It holds no floats, so
that its canonical bytes are the same everywhere, and execution outputs stay the JSON texts that AWS gave.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from fanin.domain.arrival import Arrival, decode_arrival
from fanin.domain.completion import Status
from fanin.domain.execution_arn import execution_arn

if TYPE_CHECKING:
    from fanin.domain.journal import Counts
    from fanin.domain.outcome import Outcome
    from fanin.domain.plan import Plan, Predecessor, Successor
    from fanin.domain.run import RunId

JsonValue = None | bool | int | str | list["JsonValue"] | dict[str, "JsonValue"]

MAX_DATA_BYTES = 180_000  # leaves room for the signature and envelope under EventBridge's 256 KB, and under StartExecution's 262,144


class Output(NamedTuple):
    """An execution's output as kept: its text, or None with the size it had when it was left out (by AWS or by our limit)."""

    text: str | None
    size_bytes: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a run looked like when it was decided; the same for every successor. `counts`: of its counted slots."""

    run: RunId
    attempt: int
    outcome: Outcome
    reason: str
    released_at_ms: int
    slots: Mapping[int, str]
    counts: Mapping[int, Counts] = field(default_factory=dict)


UNKNOWN_OUTPUT = Output(None, None, None)


def kept_output(text: str | None, limit_bytes: int) -> Output:
    """An output as it will be kept: whole, or (over the limit) its size and digest only; it is never truncated."""
    if text is None:
        return UNKNOWN_OUTPUT
    raw = text.encode()
    if len(raw) <= limit_bytes:
        return Output(text, len(raw), None)
    return Output(None, len(raw), hashlib.sha256(raw).hexdigest())


def release_data(
    plan: Plan,
    frozen: Frozen,
    successor: Successor,
    outputs: Mapping[int, Output],
    projection: Output | None = None,
    *,
    brief: bool = False,
) -> dict[str, JsonValue]:
    """The data of a release for one successor; canonical JSON of it is what is signed and what the state machine gets.

    `brief`: with a summary of the predecessors that succeeded, for a release that would be too large without any output already.
    """
    predecessors = predecessors_data(plan, frozen, outputs if successor.outputs else {})
    data: dict[str, JsonValue] = {
        "v": 1,
        "join": frozen.run.join,
        "key": frozen.run.key,
        "attempt": frozen.attempt,
        "outcome": frozen.outcome.value,
        "reason": frozen.reason,
        "releasedAt": frozen.released_at_ms,
        "planVersion": plan.version,
        **(_brief(predecessors) if brief else {"predecessors": dict(predecessors)}),
    }
    return data if projection is None else data | _told("projection", projection)


def predecessors_data(plan: Plan, frozen: Frozen, outputs: Mapping[int, Output] | None = None) -> dict[str, dict[str, JsonValue]]:
    """What a release says of each predecessor that has ended or is counted, by name; of one that has only started, nothing."""
    said: dict[str, dict[str, JsonValue]] = {}
    for slot, predecessor in enumerate(plan.predecessors):
        if slot in frozen.counts:
            said[predecessor.name] = _counted_data(frozen.counts[slot])
        elif slot in frozen.slots:
            arrival = decode_arrival(frozen.slots[slot])
            if arrival.status is not Status.RUNNING:
                said[predecessor.name] = _predecessor_data(predecessor, arrival, (outputs or {}).get(slot))
    return said


def _brief(predecessors: Mapping[str, dict[str, JsonValue]]) -> dict[str, JsonValue]:
    """Without the predecessors that succeeded and are not counted, and without the names of failed executions of those that are."""
    kept: dict[str, JsonValue] = {
        name: said if "failedExecutions" not in said else {**said, "failedExecutions": [], "failedExecutionsLeftOut": said["failed"]}
        for name, said in predecessors.items()
        if said.get("status") != Status.SUCCEEDED.value
    }
    return {"predecessors": kept, "predecessorsDetails": {"included": False, "succeededLeftOut": len(predecessors) - len(kept)}}


def _counted_data(counts: Counts) -> dict[str, JsonValue]:
    failures: list[JsonValue] = [
        {"execution": one.execution_id, "status": one.status.value, "stoppedAt": one.stopped_at_ms} for one in counts.failures
    ]
    tally = counts.tally
    return {
        "expected": tally.expected,
        "succeeded": tally.succeeded,
        "failed": tally.failed,
        "failedExecutions": failures,
        "failedExecutionsLeftOut": counts.failures_left_out,
    }


def _predecessor_data(predecessor: Predecessor, arrival: Arrival, output: Output | None) -> dict[str, JsonValue]:
    data: dict[str, JsonValue] = {
        "executionArn": execution_arn(predecessor.source, arrival.execution_id),
        "status": arrival.status.value,
        "startedAt": arrival.started_at_ms,
        "stoppedAt": arrival.stopped_at_ms,
    }
    return data if output is None else data | _told("output", output)


def _told(name: str, output: Output) -> dict[str, JsonValue]:
    """An output under its name, or why it is not there: its size and digest; never a part of it."""
    details: dict[str, JsonValue] = {"included": output.text is not None}
    if output.size_bytes is not None:
        details["bytes"] = output.size_bytes
    if output.sha256 is not None:
        details["sha256"] = output.sha256
    told: dict[str, JsonValue] = {f"{name}Details": details}
    return told if output.text is None else {name: output.text, **told}
