"""Start: verify a release, start its state machine under its one name, and send the receipt. The successor account's whole work.

Verified first, started second, reported third; each step is safe to repeat. A crash after the start is found by the redelivery: the name is
taken with the same input, so it is "already started", and the receipt goes out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fanin.composed import composed
from fanin.domain.errors import ConfigurationError, RejectedError, RetryableError, SecurityError
from fanin.domain.receipt import RECEIPT_DETAIL_TYPE, RECEIPT_SOURCE
from fanin.ports import Bus, Clock, NameTaken, Started, StateMachines, TrustSource
from fanin.signing.execution_name import execution_name
from fanin.signing.verification import VerifiedRelease, verify_text


class Successor(NamedTuple):
    """This successor's own configuration: the bus it listens on, what it may start, and where receipts go."""

    audience: str
    targets: Mapping[str, str]
    hub_bus_arn: str


REPORT_AFTER_MS = 5_000  # a sixth of the time that an invocation has


class Start(NamedTuple):
    """A release that was verified, and its execution."""

    verified: VerifiedRelease
    started: Started
    verified_at_ms: int


@composed
class StartSuccessor:
    """The starter's work."""

    trust: TrustSource
    machines: StateMachines
    bus: Bus
    clock: Clock
    successor: Successor

    def __call__(self, body: str) -> Start:
        """Verify, start and report one release.

        Raises VerificationError or another RejectedError (quarantine it), SecurityError (and alarm), RetryableError (leave it in
        its queue).
        """
        (outcome,) = self.batch([body])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def batch(self, bodies: Sequence[str]) -> list[Start | Exception]:
        """What became of each release, or the error that `__call__` would raise; their receipts share calls.

        Where starting takes long, receipts go out in between: an invocation that is cut off has reported most of what it started.
        """
        outcomes: list[Start | Exception] = []
        reported, since_ms = 0, self.clock.now_ms()
        for body in bodies:
            outcomes.append(self._started(body))
            if self.clock.now_ms() - since_ms >= REPORT_AFTER_MS:
                outcomes[reported:] = self._reported(outcomes[reported:])
                reported, since_ms = len(outcomes), self.clock.now_ms()
        outcomes[reported:] = self._reported(outcomes[reported:])
        return outcomes

    def _reported(self, outcomes: Sequence[Start | Exception]) -> list[Start | Exception]:
        refusals = iter(self._report([one for one in outcomes if not isinstance(one, Exception)]))
        return [one if isinstance(one, Exception) else next(refusals) or one for one in outcomes]

    def _started(self, body: str) -> Start | Exception:
        try:
            return self._start(body)
        except Exception as error:  # noqa: BLE001 the per-record edge: one release's trouble is not another's
            return error

    def _start(self, body: str) -> Start:
        verified = verify_text(body, self.trust.load(), self.successor.audience, self.clock.now_ms() // 1000, reload=self.trust.reload)
        verified_at_ms = self.clock.now_ms()
        claims = verified.claims
        machine = self.successor.targets.get(claims.tgt)
        if machine is None:
            raise RejectedError("target-not-configured", f"the target {claims.tgt} has no state machine here; add it to TargetNames")
        started = self.machines.start(machine, execution_name(claims.sub, claims.jti), verified.data_canonical.decode())
        if isinstance(started, NameTaken):
            raise SecurityError(
                "execution-input-differs", f"an execution of this release's name has another input: {started.execution_arn}"
            )
        return Start(verified, started, verified_at_ms)

    def _report(self, starts: Sequence[Start]) -> list[Exception | None]:
        """Send the receipts; for each what kept it from the hub's bus, None where nothing did."""
        if not starts:
            return []
        try:
            refusals = self.bus.put_all(self.successor.hub_bus_arn, RECEIPT_SOURCE, RECEIPT_DETAIL_TYPE, [_receipt(one) for one in starts])
        except Exception as error:  # noqa: BLE001 likewise, for all whose receipts were in it
            return [error for _ in starts]
        return [None if refusal is None else _refused(refusal) for refusal in refusals]


def _refused(refusal: str) -> RetryableError:
    return RetryableError("receipt-refused", f"the hub's bus refused the receipt ({refusal}); check its policy and HubBusArn")


def _receipt(start: Start) -> str:
    claims, started = start.verified.claims, start.started
    detail = {
        "v": 1,
        "jti": claims.jti,
        "iss": claims.iss,
        "sub": claims.sub,
        "target": claims.tgt,
        "executionArn": started.execution_arn,
        "outcome": "already-started" if started.already else "started",
        "verifiedAt": start.verified_at_ms,
        "startedAt": started.started_at_ms,
    }
    return json.dumps(detail)


def pair_targets(names: str, state_machine_arns: str) -> dict[str, str]:
    """Targets by name, from two comma-separated lists of one order; ConfigurationError `targets-invalid` when they do not pair up."""
    names_list, arns = names.split(","), state_machine_arns.split(",")
    whole = all(names_list) and all(arn.startswith("arn:") for arn in arns)
    if not whole or len(names_list) != len(arns) or len(set(names_list)) != len(names_list):
        raise ConfigurationError("targets-invalid", "TargetNames and TargetStateMachineArns must be lists of the same length and order")
    return dict(zip(names_list, arns, strict=True))
