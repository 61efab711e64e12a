"""Acknowledge: take a successor's receipt, and close the run when all its deliveries are acknowledged.

Receipts count only from the delivery's account, for a known `jti`. The last receipt closes the run first and is written down second: a
crash between the two leaves a delivery that is still due, so it is sent and acknowledged again, even if this receipt is never redelivered.
Two last receipts at one time may each take the other for the last: whoever wrote its own down looks once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from fanin.composed import composed
from fanin.domain.delivery import Delivery, DeliveryId, DeliveryState
from fanin.domain.errors import RetryableError, SecurityError
from fanin.domain.receipt import Receipt, parse_subject
from fanin.domain.run import RunState
from fanin.ports import Clock, Deliveries, Runs, Wakeups
from fanin.use_cases.decide_run import MAX_ROUNDS
from fanin.use_cases.freezing import release_delivery_id
from fanin.use_cases.hub import Hub
from fanin.use_cases.noticing import ACKNOWLEDGED, notice


class Acknowledged(Enum):
    """What became of a receipt."""

    RUN = "run-acknowledged"
    DELIVERY = "delivery-acknowledged"


@composed
class AcknowledgeDelivery:
    """Takes receipts."""

    runs: Runs
    deliveries: Deliveries
    wakeups: Wakeups
    clock: Clock
    hub: Hub

    def __call__(self, receipt: Receipt) -> Acknowledged:
        """Acknowledge a delivery; SecurityError for a receipt that is not the delivery's successor's to give."""
        run_id, attempt = parse_subject(receipt.sub)
        releases = self.deliveries.of_run(run_id, notices=False)
        delivery = self._delivery_of(receipt, release_delivery_id(run_id, attempt, receipt.jti), releases)
        if self._complete(delivery, releases):
            self._mark(receipt, delivery)
            return Acknowledged.RUN
        if delivery.state is DeliveryState.ACKNOWLEDGED:
            return Acknowledged.DELIVERY
        self._mark(receipt, delivery)
        again = self._complete(delivery, self.deliveries.of_run(run_id, notices=False))
        return Acknowledged.RUN if again else Acknowledged.DELIVERY

    def _delivery_of(self, receipt: Receipt, id_: DeliveryId, releases: Sequence[Delivery]) -> Delivery:
        delivery = next((one for one in releases if one.id == id_), None)
        if delivery is None or receipt.iss != self.hub.issuer or receipt.target != delivery.target or receipt.sub != delivery.sub:
            raise SecurityError("receipt-unknown", "no delivery of this hub has the receipt's jti, sub and target")
        if receipt.account != delivery.account or receipt.execution_arn.split(":")[4:5] != [delivery.account]:
            raise SecurityError("receipt-account", "the receipt is not from the account that the release was sent to")
        return delivery

    def _mark(self, receipt: Receipt, found: Delivery) -> None:
        delivery: Delivery | None = found
        for _ in range(MAX_ROUNDS):
            if delivery is None or delivery.state is DeliveryState.ACKNOWLEDGED:
                return
            acknowledged = delivery._replace(
                state=DeliveryState.ACKNOWLEDGED,
                due_at_ms=None,
                acknowledged_at_ms=self.clock.now_ms(),
                execution_arn=receipt.execution_arn,
                verified_at_ms=receipt.verified_at_ms,
                started_at_ms=receipt.started_at_ms,
                last_error=None,
            )
            if self.deliveries.save(delivery, acknowledged):
                return
            delivery = self.deliveries.read(found.id)
        raise RetryableError("delivery-contended", f"the delivery of {receipt.sub} moved {MAX_ROUNDS} times while its receipt was taken")

    def _complete(self, last: Delivery, releases: Sequence[Delivery]) -> bool:
        """Close the run if, of its `releases`, every other one of the attempt is acknowledged than the `last`; whether it was done.

        What is acknowledged stays so, and an attempt's deliveries came into being together, so what was read of them still holds.
        """
        of_attempt = [one for one in releases if one.attempt == last.attempt and one.id != last.id]
        if any(one.state is not DeliveryState.ACKNOWLEDGED for one in of_attempt):
            return False
        run_id, attempt = last.id.run, last.attempt
        for _ in range(MAX_ROUNDS):
            told = notice(self.hub, run_id, attempt, ACKNOWLEDGED, self.clock.now_ms())
            if self.runs.acknowledge(run_id, attempt, told):
                self.wakeups.wake([told.id])
                return True
            run = self.runs.read(run_id)
            if run is None or run.attempt != attempt or run.state is not RunState.SATISFIED:
                return False
        raise RetryableError("run-contended", f"the run {run_id.join}/{run_id.key} moved {MAX_ROUNDS} times while it was acknowledged")
