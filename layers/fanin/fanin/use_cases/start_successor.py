"""Start: verify a release, start its state machine under its one name, and send the receipt. The successor account's whole work.

Verified first, started second, reported third; each step is safe to repeat. A crash after the start is found by the redelivery: the name is
taken with the same input, so it is "already started", and the receipt goes out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from fanin.domain.errors import ConfigurationError, RejectedError, RetryableError, SecurityError
from fanin.domain.receipt import RECEIPT_DETAIL_TYPE, RECEIPT_SOURCE
from fanin.ports import Bus, Clock, NameTaken, Started, StateMachines, TrustSource
from fanin.signing.execution_name import execution_name
from fanin.signing.verification import VerifiedRelease, verify_text


@dataclass(frozen=True, slots=True)
class Successor:
    """This successor's own configuration: the bus it listens on, what it may start, and where receipts go."""

    audience: str
    targets: Mapping[str, str]
    hub_bus_arn: str


@dataclass(frozen=True, slots=True)
class StartSuccessor:
    """The starter's work."""

    trust: TrustSource
    machines: StateMachines
    bus: Bus
    clock: Clock
    successor: Successor

    def __call__(self, body: str) -> tuple[VerifiedRelease, Started]:
        """Verify and start one release.

        Raises VerificationError or another RejectedError (quarantine it), SecurityError (and alarm), RetryableError (leave it in
        its queue).
        """
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
        self._report(verified, started, verified_at_ms)
        return verified, started

    def _report(self, verified: VerifiedRelease, started: Started, verified_at_ms: int) -> None:
        claims = verified.claims
        detail = {
            "v": 1,
            "jti": claims.jti,
            "iss": claims.iss,
            "sub": claims.sub,
            "target": claims.tgt,
            "executionArn": started.execution_arn,
            "outcome": "already-started" if started.already else "started",
            "verifiedAt": verified_at_ms,
            "startedAt": started.started_at_ms,
        }
        refusal = self.bus.put(self.successor.hub_bus_arn, RECEIPT_SOURCE, RECEIPT_DETAIL_TYPE, json.dumps(detail))
        if refusal is not None:
            raise RetryableError("receipt-refused", f"the hub's bus refused the receipt ({refusal}); check its policy and HubBusArn")


def pair_targets(names: str, state_machine_arns: str) -> dict[str, str]:
    """Targets by name, from two comma-separated lists of one order; ConfigurationError `targets-invalid` when they do not pair up."""
    names_list, arns = names.split(","), state_machine_arns.split(",")
    whole = all(names_list) and all(arn.startswith("arn:") for arn in arns)
    if not whole or len(names_list) != len(arns) or len(set(names_list)) != len(names_list):
        raise ConfigurationError("targets-invalid", "TargetNames and TargetStateMachineArns must be lists of the same length and order")
    return dict(zip(names_list, arns, strict=True))
