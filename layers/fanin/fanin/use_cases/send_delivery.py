"""Send: sign a frozen release and put it on its successor's bus; or put a notice on the hub's.

The order is put, then mark. If marking fails the delivery is sent again with the same `jti` and so the same execution name: the successor
answers "already started". A refused put only moves `dueAt`: the message that woke us is done either way, the table is the outbox.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from fanin.composed import composed
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

if TYPE_CHECKING:
    from fanin.domain.run import RunId

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


Outcome: TypeAlias = "Handled | Exception"


@dataclass(frozen=True, slots=True)
class _Sending:
    """A delivery that is due: what to put where, or the code of why it cannot be put now; `gives_up`: what is put tells of its end."""

    delivery: Delivery
    bus_arn: str
    detail_type: str
    detail: str
    refusal: str | None = None
    gives_up: bool = False
    signed_by: str | None = None


@composed
class SendDelivery:
    """The forwarder's work."""

    deliveries: Deliveries
    bus: Bus
    signer: Signer
    clock: Clock
    hub: Hub

    def __call__(self, delivery_id: DeliveryId) -> Handled:
        """Send a delivery if it is due; RetryableError when nothing could be written down."""
        outcome = self.batch([delivery_id])[delivery_id]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def batch(self, ids: Sequence[DeliveryId]) -> Mapping[DeliveryId, Outcome]:
        """Send those that are due; for each what became of it, or the error when that could not be written down.

        Reading, putting and marking are shared, so that ten cost few more calls than one; a bus that refuses, a payload that is gone or
        a mark that is not taken is the trouble of its own deliveries only. RetryableError when not even reading was possible.
        """
        now_ms = self.clock.now_ms()
        found = self.deliveries.read_all(list(dict.fromkeys(ids)))
        due = [one for one in found.values() if is_due(one, now_ms)]
        outcomes: dict[DeliveryId, Outcome] = {one: Handled(Sent.NOT_DUE if one in found else Sent.UNKNOWN) for one in ids}
        sendings = self._sendings(due, now_ms)
        put_at_ms = self.clock.now_ms()  # before the answer: a release may be verified before its bus has said that it took it
        refusals = self._put([one for one in sendings if one.refusal is None])
        outcomes |= self._marked([replace(one, refusal=one.refusal or refusals[one.delivery.id]) for one in sendings], now_ms, put_at_ms)
        return outcomes

    def _sendings(self, due: Sequence[Delivery], now_ms: int) -> list[_Sending]:
        releases = [one for one in due if one.kind is DeliveryKind.RELEASE and not is_too_old(one, now_ms)]
        payloads = self.deliveries.payloads(list(dict.fromkeys((one.id.run, one.payload) for one in releases))) if releases else {}
        return [self._sending(one, payloads, now_ms) for one in due]

    def _sending(self, delivery: Delivery, payloads: Mapping[tuple[RunId, str], str], now_ms: int) -> _Sending:
        if is_too_old(delivery, now_ms):
            reason = delivery.last_error or "not-acknowledged"
            detail = notice_detail(delivery.id.run, delivery.attempt, GIVEN_UP, now_ms, reason=reason)
            return _Sending(delivery, self.hub.bus_arn, NOTICE_DETAIL_TYPE, detail, gives_up=True)
        if delivery.kind is DeliveryKind.NOTICE:
            return _Sending(delivery, delivery.bus_arn, NOTICE_DETAIL_TYPE, delivery.payload)
        try:
            detail, kid = self._signed(delivery, payloads.get((delivery.id.run, delivery.payload)), now_ms)
        except (RetryableError, ConfigurationError) as error:
            # A key that cannot be used, a deployment that was changed: like a bus that refuses, the delivery waits and says why.
            return _Sending(delivery, delivery.bus_arn, RELEASE_DETAIL_TYPE, "", error.code)
        return _Sending(delivery, delivery.bus_arn, RELEASE_DETAIL_TYPE, detail, signed_by=kid)

    def _signed(self, delivery: Delivery, text: str | None, now_ms: int) -> tuple[str, str]:
        """The signed detail, and the key that signed it."""
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
        kid = self.signer.kid()
        signed = signing_input(kid, claims)
        return release_detail(data, signed, self.signer.sign(signed)), kid

    def _put(self, sendings: Sequence[_Sending]) -> dict[DeliveryId, str | None]:
        """The code of each refusal, None where there was none: one bus and one detail-type at a time, releases first."""
        together: dict[tuple[str, str], list[_Sending]] = defaultdict(list)
        for one in sorted(sendings, key=lambda one: one.detail_type, reverse=True):
            together[one.bus_arn, one.detail_type].append(one)
        refusals: dict[DeliveryId, str | None] = {}
        for (bus_arn, detail_type), group in together.items():
            answers = self.bus.put_all(bus_arn, RELEASE_SOURCE, detail_type, [one.detail for one in group])
            refusals.update(zip((one.delivery.id for one in group), answers, strict=True))
        return refusals

    def _marked(self, sendings: Sequence[_Sending], now_ms: int, put_at_ms: int) -> dict[DeliveryId, Outcome]:
        """Write down what was done: releases first, whose receipts may be on their way; notices that went out all at once."""
        outcomes: dict[DeliveryId, Outcome] = {}
        told: list[Delivery] = []
        for one in sendings:
            outcome, after = self._after(one, put_at_ms)
            outcomes[one.delivery.id] = Handled(outcome, one.refusal, _waited_ms(one.delivery, now_ms))
            if outcome is Sent.SENT and after.kind is DeliveryKind.NOTICE:
                told.append(after)
            else:
                # Lost to another forwarder or to the receipt: what they wrote is as true as what we would have written.
                outcomes |= _unless_it_fails([after.id], partial(self.deliveries.save, one.delivery, after))
        if told:
            outcomes |= _unless_it_fails([after.id for after in told], partial(self.deliveries.save_sent, told))
        return outcomes

    def _after(self, sending: _Sending, put_at_ms: int) -> tuple[Sent, Delivery]:
        delivery, now_ms = sending.delivery, self.clock.now_ms()
        if sending.refusal is not None:
            refusals = delivery.refusals + 1
            due_at_ms = due_after_refusal(refusals, now_ms)
            return Sent.REFUSED, delivery._replace(refusals=refusals, due_at_ms=due_at_ms, last_error=sending.refusal)
        if sending.gives_up:
            return Sent.GIVEN_UP, delivery._replace(state=DeliveryState.GIVEN_UP, due_at_ms=None)
        # The key is what a rotation looks at: nothing may be on its way under one that is retired.
        return Sent.SENT, _sent(delivery, put_at_ms, now_ms)._replace(signed_by=sending.signed_by)


def _waited_ms(delivery: Delivery, now_ms: int) -> int | None:
    again = delivery.kind is DeliveryKind.RELEASE and delivery.tries + delivery.refusals > 0
    return now_ms - delivery.frozen_at_ms if again else None


def _unless_it_fails(ids: Sequence[DeliveryId], write: Callable[[], object]) -> dict[DeliveryId, Outcome]:
    """Nothing to add to the outcomes when a write was answered, else its error for each of the deliveries."""
    try:
        write()
    except Exception as error:  # noqa: BLE001 the per-record edge: these messages go back to the queue, and the handler logs each once
        return dict.fromkeys(ids, error)
    return {}


def _sent(delivery: Delivery, put_at_ms: int, now_ms: int) -> Delivery:
    tries = delivery.tries + 1
    return delivery._replace(
        state=DeliveryState.SENT,
        tries=tries,
        refusals=0,
        sent_at_ms=delivery.sent_at_ms or put_at_ms,
        due_at_ms=None if delivery.kind is DeliveryKind.NOTICE else due_after_sending(tries, now_ms),
        last_error=None,
    )
