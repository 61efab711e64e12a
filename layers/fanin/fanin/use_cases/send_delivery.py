"""Send: sign a frozen release and put it on its successor's bus; or put a notice on the hub's.

The order is put, then mark. If marking fails the delivery is sent again with the same `jti` and so the same execution name: the successor
answers "already started". A refused put only moves `dueAt`: the message that woke us is done either way, the table is the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

from fanin.domain.delivery import (
    Delivery,
    DeliveryId,
    DeliveryKind,
    DeliveryState,
    due_after_refusal,
    due_after_sending,
    is_due,
    is_too_old,
)
from fanin.domain.errors import ConfigurationError, RetryableError
from fanin.ports import Bus, Clock, Deliveries, Signer
from fanin.signing.claims import RELEASE_DETAIL_TYPE, RELEASE_SOURCE, issue_claims
from fanin.signing.release_event import release_detail, signing_input
from fanin.use_cases.hub import Hub
from fanin.use_cases.noticing import GIVEN_UP, notice_detail

NOTICE_DETAIL_TYPE = "Fan-in Notice"


class Sent(Enum):
    """What became of a wake-up."""

    SENT = "sent"
    REFUSED = "refused"
    NOT_DUE = "not-due"
    GIVEN_UP = "given-up"
    UNKNOWN = "unknown"


class Handled(NamedTuple):
    """What became of a wake-up, with the code of a refusal.

    `unacknowledged_ms` is how long ago the release was decided that was due again; None when it was the first try, or nothing was due.
    """

    outcome: Sent
    refusal: str | None = None
    unacknowledged_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SendDelivery:
    """The forwarder's work."""

    deliveries: Deliveries
    bus: Bus
    signer: Signer
    clock: Clock
    hub: Hub

    def __call__(self, delivery_id: DeliveryId) -> Handled:
        """Send a delivery if it is due; RetryableError when nothing could be written down."""
        delivery = self.deliveries.read(delivery_id)
        if delivery is None:
            return Handled(Sent.UNKNOWN)
        now_ms = self.clock.now_ms()
        if not is_due(delivery, now_ms):
            return Handled(Sent.NOT_DUE)
        waited_ms = now_ms - delivery.frozen_at_ms if delivery.kind is DeliveryKind.RELEASE and _tried(delivery) else None
        too_old = is_too_old(delivery, now_ms)
        refusal = self._tell_given_up(delivery, now_ms) if too_old else self._put(delivery, now_ms)
        if refusal is not None:
            refusals = delivery.refusals + 1
            due_at_ms = due_after_refusal(refusals, self.clock.now_ms())
            self._mark(delivery, replace(delivery, refusals=refusals, due_at_ms=due_at_ms, last_error=refusal))
            return Handled(Sent.REFUSED, refusal, waited_ms)
        if too_old:
            self._mark(delivery, replace(delivery, state=DeliveryState.GIVEN_UP, due_at_ms=None))
            return Handled(Sent.GIVEN_UP, None, waited_ms)
        self._mark(delivery, _sent(delivery, self.clock.now_ms()))
        return Handled(Sent.SENT, None, waited_ms)

    def _tell_given_up(self, delivery: Delivery, now_ms: int) -> str | None:
        detail = notice_detail(delivery.id.run, delivery.attempt, GIVEN_UP, now_ms, reason=delivery.last_error or "not-acknowledged")
        return self.bus.put(self.hub.bus_arn, RELEASE_SOURCE, NOTICE_DETAIL_TYPE, detail)

    def _put(self, delivery: Delivery, now_ms: int) -> str | None:
        if delivery.kind is DeliveryKind.NOTICE:
            return self.bus.put(delivery.bus_arn, RELEASE_SOURCE, NOTICE_DETAIL_TYPE, delivery.payload)
        try:
            detail = self._signed(delivery, now_ms)
        except (RetryableError, ConfigurationError) as error:
            # A key that cannot be used, a deployment that was changed: like a bus that refuses, the delivery waits and says why.
            return error.code
        return self.bus.put(delivery.bus_arn, RELEASE_SOURCE, RELEASE_DETAIL_TYPE, detail)

    def _signed(self, delivery: Delivery, now_ms: int) -> str:
        text = self.deliveries.payload(delivery.id.run, delivery.payload)
        if text is None:
            raise ConfigurationError("payload-missing", f"the frozen payload of {delivery.sub} is gone; restore the table")
        data = text.encode()
        claims = issue_claims(
            iss=self.hub.issuer,
            aud=delivery.bus_arn,
            sub=delivery.sub,
            tgt=delivery.target,
            data_canonical=data,
            now_epoch_s=now_ms // 1000,
        )
        if claims.jti != delivery.jti:
            raise ConfigurationError("issuer-changed", f"the issuer is not the one that {delivery.sub} was decided under; set HubName back")
        signed = signing_input(self.signer.kid(), claims)
        return release_detail(data, signed, self.signer.sign(signed))

    def _mark(self, before: Delivery, after: Delivery) -> None:
        # Lost to another forwarder or to the receipt: what they wrote is as true as what we would have written.
        self.deliveries.save(before, after)


def _tried(delivery: Delivery) -> bool:
    return delivery.tries + delivery.refusals > 0


def _sent(delivery: Delivery, now_ms: int) -> Delivery:
    tries = delivery.tries + 1
    return replace(
        delivery,
        state=DeliveryState.SENT,
        tries=tries,
        refusals=0,
        sent_at_ms=delivery.sent_at_ms or now_ms,
        due_at_ms=None if delivery.kind is DeliveryKind.NOTICE else due_after_sending(tries, now_ms),
        last_error=None,
    )
