"""Freezing: what the deciding transaction writes besides the state. Pure; the same arguments give the same bytes.

One payload is kept per distinct canonical text, so successors that get the same data share one. Over the limit, whole outputs are
left out, largest first, and the data says so; nothing is ever truncated.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from fanin.domain.delivery import WAKE_GRACE_MS, Delivery, DeliveryId, DeliveryKind, DeliveryState
from fanin.domain.plan import Plan, Successor
from fanin.domain.release import MAX_DATA_BYTES, Frozen, Output, release_data
from fanin.domain.run import RunId
from fanin.ports import ReleaseWrite
from fanin.signing.canonical_json import canonical_json
from fanin.signing.claims import delivery_jti, subject

RELEASED = "RELEASED"
ACKNOWLEDGED = "ACKNOWLEDGED"


@dataclass(frozen=True, slots=True)
class Hub:
    """Who releases: the issuer of every signature, and the hub's bus for notices."""

    issuer: str
    bus_arn: str


def freeze(hub: Hub, plan: Plan, frozen: Frozen, outputs: Mapping[int, Output]) -> ReleaseWrite:
    """The payloads and deliveries of a release: one delivery a successor, and the notice for people."""
    names: dict[str, str] = {}
    deliveries = []
    for successor in plan.successors:
        text = _fitting(plan, frozen, successor, outputs)
        name = names.setdefault(text, f"REL#{frozen.attempt:04d}#{len(names)}")
        deliveries.append(_delivery(hub, frozen, successor, name))
    deliveries.append(notice(hub, frozen.run, frozen.attempt, RELEASED, frozen.released_at_ms, frozen.reason))
    return ReleaseWrite({name: text for text, name in names.items()}, tuple(deliveries))


def notice(hub: Hub, run: RunId, attempt: int, transition: str, at_ms: int, reason: str | None = None) -> Delivery:
    """A delivery to the hub's bus that tells people about a transition (schemas/notice.schema.json)."""
    detail = {"v": 1, "transition": transition, "join": run.join, "key": run.key, "attempt": attempt, "at": at_ms}
    return Delivery(
        id=DeliveryId(run, f"NTC#{attempt:04d}#{transition}"),
        kind=DeliveryKind.NOTICE,
        state=DeliveryState.DUE,
        attempt=attempt,
        bus_arn=hub.bus_arn,
        target="",
        jti="",
        sub="",
        payload=json.dumps(detail if reason is None else {**detail, "reason": reason}),
        frozen_at_ms=at_ms,
        due_at_ms=at_ms + WAKE_GRACE_MS,
    )


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


def release_delivery_id(run: RunId, attempt: int, jti: str) -> DeliveryId:
    """Where the delivery with that `jti` is: a receipt finds it without an index."""
    return DeliveryId(run, f"DLV#{attempt:04d}#{jti}")


def _fitting(plan: Plan, frozen: Frozen, successor: Successor, outputs: Mapping[int, Output]) -> str:
    kept = dict(outputs)
    while True:
        text = canonical_json(release_data(plan, frozen, successor, kept))
        present = [slot for slot, output in kept.items() if output.text is not None]
        if len(text) <= MAX_DATA_BYTES or not successor.outputs or not present:
            return text.decode()
        largest = max(present, key=lambda slot: (kept[slot].size_bytes or 0, slot))
        kept[largest] = _left_out(kept[largest])


def _left_out(output: Output) -> Output:
    digest = hashlib.sha256((output.text or "").encode()).hexdigest()
    return replace(output, text=None, sha256=digest)
