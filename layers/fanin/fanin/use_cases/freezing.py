"""Freezing: what the deciding transaction writes besides the state. Pure; the same arguments give the same bytes.

One payload is kept per distinct canonical text, so successors that get the same data share one. Over the limit, whole parts are left
out, the largest outputs first and then the predecessors that succeeded, and the data says so; nothing is ever truncated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fanin.domain.delivery import WAKE_GRACE_MS, Delivery, DeliveryId, DeliveryKind, DeliveryState
from fanin.domain.outcome import Outcome
from fanin.domain.plan import Plan, Successor
from fanin.domain.release import MAX_DATA_BYTES, Frozen, Output, release_data
from fanin.domain.run import RunId
from fanin.ports import ReleaseWrite
from fanin.signing.canonical_json import canonical_json
from fanin.signing.claims import delivery_jti, subject
from fanin.use_cases.hub import Hub
from fanin.use_cases.noticing import FAILED, RELEASED, count_changed, notice
from fanin.use_cases.projecting import projected

if TYPE_CHECKING:
    from fanin.domain.journal import Counts

_PROJECTION = -1  # beside the slots, which count from 0


def freeze(hub: Hub, plan: Plan, frozen: Frozen, outputs: Mapping[int, Output]) -> ReleaseWrite:
    """The payloads and deliveries of a release: one delivery for each successor that asked for its outcome, and a notice for people."""
    names: dict[str, str] = {}
    deliveries = []
    for successor in plan.successors:
        if frozen.outcome in successor.outcomes:
            text = _fitting(plan, frozen, successor, outputs)
            name = names.setdefault(text, f"REL#{frozen.attempt:04d}#{len(names)}")
            deliveries.append(_delivery(hub, frozen, successor, name))
    transition = RELEASED if frozen.outcome is Outcome.RELEASED else FAILED
    deliveries.append(notice(hub, frozen.run, frozen.attempt, transition, frozen.released_at_ms, reason=frozen.reason))
    deliveries += [_changed_count(hub, plan, frozen, slot, said) for slot, said in frozen.counts.items() if len(set(said.said)) > 1]
    return ReleaseWrite({name: text for text, name in names.items()}, tuple(deliveries))


def release_delivery_id(run: RunId, attempt: int, jti: str) -> DeliveryId:
    """Where the delivery with that `jti` is: a receipt finds it without an index."""
    return DeliveryId(run, f"DLV#{attempt:04d}#{jti}")


def _changed_count(hub: Hub, plan: Plan, frozen: Frozen, slot: int, said: Counts) -> Delivery:
    """N is read once, at the decision; that it was said to be another one before is told to people."""
    return count_changed(hub, frozen.run, frozen.attempt, plan.predecessors[slot].name, said.said[0], said.said[-1], frozen.released_at_ms)


def _delivery(hub: Hub, frozen: Frozen, successor: Successor, payload: str) -> Delivery:
    sub = subject(frozen.run.join, frozen.attempt, frozen.outcome.value, frozen.run.key)
    jti = delivery_jti(hub.issuer, successor.bus_arn, sub, successor.target)
    return Delivery(
        id=release_delivery_id(frozen.run, frozen.attempt, jti),
        kind=DeliveryKind.RELEASE,
        state=DeliveryState.DUE,
        attempt=frozen.attempt,
        bus_arn=successor.bus_arn,
        target=successor.target,
        jti=jti,
        sub=sub,
        payload=payload,
        frozen_at_ms=frozen.released_at_ms,
        due_at_ms=frozen.released_at_ms + WAKE_GRACE_MS,
    )


def _fitting(plan: Plan, frozen: Frozen, successor: Successor, outputs: Mapping[int, Output]) -> str:
    kept = dict(outputs) if successor.outputs else {}
    if successor.projection is not None:
        kept[_PROJECTION] = projected(successor.projection, plan, frozen, outputs)
    while True:
        data = release_data(plan, frozen, successor, kept, kept.get(_PROJECTION))
        text = canonical_json(data)
        present = [slot for slot, output in kept.items() if output.text is not None]
        if len(text) <= MAX_DATA_BYTES:
            return text.decode()
        if not present:
            brief = release_data(plan, frozen, successor, kept, kept.get(_PROJECTION), brief=True)
            return canonical_json(brief).decode()
        largest = max(present, key=lambda slot: (kept[slot].size_bytes or 0, slot))
        kept[largest] = _left_out(kept[largest])


def _left_out(output: Output) -> Output:
    digest = hashlib.sha256((output.text or "").encode()).hexdigest()
    return output._replace(text=None, sha256=digest)
