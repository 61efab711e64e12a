"""What contract tests write: arrivals, deliveries, releases, plans."""

from __future__ import annotations

from fanin.domain.arrival import Arrival
from fanin.domain.completion import Source, SourceKind, Status
from fanin.domain.condition import AtLeast, Slot
from fanin.domain.delivery import Delivery, DeliveryId, DeliveryKind, DeliveryState
from fanin.domain.plan import KeyKind, KeyRule, Plan, Predecessor, Successor
from fanin.domain.run import Run, RunId, Transition
from fanin.ports import Merged, ReleaseWrite
from tests.contract.stores import Stores

NOW_MS = 1_774_983_600_000
DUE_MS = NOW_MS + 300_000
JOIN = "daily-close"
RUN = RunId(JOIN, "2026-03-31")
BUS = "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"


def arrival(at: int = 1, name: str = "close", status: Status = Status.SUCCEEDED) -> str:
    """An encoded arrival; a greater `at` is later, a success is above any failure."""
    return Arrival(status, at, name, None).encode()


def merged(stores: Stores, slots: dict[int, str], run: RunId = RUN, version: int = 1) -> Run:
    """Arrivals, accepted into a run."""
    answer = stores.runs.merge(run, version, slots, may_open=True, now_ms=NOW_MS, due_at_ms=DUE_MS)
    assert isinstance(answer, Merged)
    return answer.run


def delivery(run: RunId = RUN, jti: str = "a" * 43, due_at_ms: int | None = DUE_MS) -> Delivery:
    return Delivery(
        id=DeliveryId(run, f"DLV#0001#{jti}"),
        kind=DeliveryKind.RELEASE,
        state=DeliveryState.DUE,
        attempt=1,
        bus_arn=BUS,
        target="daily-close",
        jti=jti,
        sub=f"{run.join}/1/released/{run.key}",
        payload="REL#0001#0",
        frozen_at_ms=NOW_MS,
        due_at_ms=due_at_ms,
    )


def notice(run: RunId = RUN, transition: str = "RELEASED") -> Delivery:
    return delivery(run)._replace(
        id=DeliveryId(run, f"NTC#0001#{transition}"),
        kind=DeliveryKind.NOTICE,
        target="",
        jti="",
        sub="",
        payload='{"v": 1}',
    )


def release_write(run: RunId = RUN) -> ReleaseWrite:
    """Two successors that get two texts, and the notice."""
    second = delivery(run, "b" * 43)._replace(payload="REL#0001#1")
    return ReleaseWrite({"REL#0001#0": '{"a":"é"}', "REL#0001#1": "{}"}, (delivery(run), second, notice(run)))


def released(stores: Stores, run: RunId = RUN) -> Run:
    """A run, opened and released."""
    assert stores.runs.close(merged(stores, {0: arrival()}, run), Transition.SATISFY, release_write(run), NOW_MS)
    found = stores.runs.read(run)
    assert found is not None
    return found


def plan(join: str = JOIN, version: int = 1, machines: tuple[str, ...] = ("ledger", "positions")) -> Plan:
    return Plan(
        join=join,
        version=version,
        digest=f"digest of {version}",
        description="Täglich",
        key=KeyRule(KeyKind.INPUT, "businessDate"),
        predecessors=tuple(Predecessor(machine, source(machine)) for machine in machines),
        condition=AtLeast(1, (Slot(0), AtLeast(2, (Slot(0), Slot(1))))),
        successors=(Successor("daily-close", BUS, outputs=True), Successor("report", BUS)),
    )


def source(machine: str) -> Source:
    return Source(SourceKind.STEP_FUNCTIONS, f"arn:aws:states:us-east-1:111111111111:stateMachine:{machine}")
