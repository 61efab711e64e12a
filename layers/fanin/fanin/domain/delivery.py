"""The delivery: one release on its way to one successor, or one notice on its way to the hub's bus.

    DUE --sent--> SENT --receipt--> ACKNOWLEDGED
     |              |                              a notice ends at SENT: nobody acknowledges it
     `--------------`-- too old --> GIVEN_UP

The delivery item is the outbox: it is written in the transaction that decides, it stays due until it is acknowledged, and whatever
happens between two calls the sweeper finds it by `due_at_ms`. Sending twice is harmless: the successor starts under a name that is a
function of `jti`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fanin.domain.run import RunId

WAKE_GRACE_MS = 15_000  # how long the wake-up message may take before the sweeper sends another
ACKNOWLEDGE_WITHIN_MS = 60_000  # first wait for a receipt; doubles with every sending
ACKNOWLEDGE_AT_MOST_MS = 3_600_000
BACKOFF_MS = 5_000  # after a refused PutEvents; doubles up to the next line
BACKOFF_AT_MOST_MS = 300_000
GIVE_UP_AFTER_MS = 25 * 86_400_000  # names of closed executions are safe for 30 days at the least; five days of margin
CLOSED_RUN_LIVES_S = 120 * 86_400


class DeliveryState(StrEnum):
    """The stored states of a delivery."""

    DUE = "DUE"
    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    GIVEN_UP = "GIVEN_UP"


class DeliveryKind(StrEnum):
    """A signed release for a successor, or a notice for people."""

    RELEASE = "release"
    NOTICE = "notice"


class DeliveryId(NamedTuple):
    """Which delivery: its run, and its name in the run's collection (`DLV#<attempt>#<jti>`, `NTC#<attempt>#<transition>`)."""

    run: RunId
    name: str


class Delivery(NamedTuple):
    """A delivery as stored; times are epoch milliseconds.

    `tries` counts accepted sendings, `refusals` the refused ones since the last accepted. `payload` names the frozen release of the
    run for a release, and holds the whole detail text for a notice. `signed_by` is the `kid` of the last accepted sending.
    """

    id: DeliveryId
    kind: DeliveryKind
    state: DeliveryState
    attempt: int
    bus_arn: str
    target: str
    jti: str
    sub: str
    payload: str
    frozen_at_ms: int
    tries: int = 0
    refusals: int = 0
    due_at_ms: int | None = None
    sent_at_ms: int | None = None
    acknowledged_at_ms: int | None = None
    verified_at_ms: int | None = None
    started_at_ms: int | None = None
    execution_arn: str | None = None
    last_error: str | None = None
    signed_by: str | None = None

    @property
    def account(self) -> str:
        """The account of the bus it goes to: the only one whose receipt counts."""
        return self.bus_arn.split(":")[4]


def is_due(delivery: Delivery, now_ms: int) -> bool:
    """Whether it should be sent now: never sent, or sent and not acknowledged in time."""
    match delivery.state:
        case DeliveryState.DUE:
            # A first sending does not wait for dueAt, which is only when the sweeper begins to care; a refused one waits out its backoff.
            return delivery.refusals == 0 or _passed(delivery.due_at_ms, now_ms)
        case DeliveryState.SENT:
            return delivery.kind is DeliveryKind.RELEASE and _passed(delivery.due_at_ms, now_ms)
        case DeliveryState.ACKNOWLEDGED | DeliveryState.GIVEN_UP:
            return False


def is_too_old(delivery: Delivery, now_ms: int) -> bool:
    """Whether sending it again could outlive the successor's memory of the execution's name; then only a rerun may."""
    return now_ms - delivery.frozen_at_ms > GIVE_UP_AFTER_MS


def due_after_refusal(refusals: int, now_ms: int) -> int:
    """When to try again after the nth refused PutEvents (n from 1): 5 s, doubling to 5 min."""
    return now_ms + min(BACKOFF_MS << min(refusals - 1, 16), BACKOFF_AT_MOST_MS)


def due_after_sending(tries: int, now_ms: int) -> int:
    """When a sent delivery without a receipt is due again, after the nth sending (n from 1): 1 min, doubling to 1 h."""
    return now_ms + min(ACKNOWLEDGE_WITHIN_MS << min(tries - 1, 16), ACKNOWLEDGE_AT_MOST_MS)


def _passed(due_at_ms: int | None, now_ms: int) -> bool:
    return due_at_ms is not None and due_at_ms <= now_ms
