"""A hub of the deployed functions, wired by their own composition root, over clients of this process: real adapters, no network.

The clock stands still unless a benchmark moves it, so that one workload makes the same requests every time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from unittest.mock import patch

from benchmarks.artefacts import environment
from benchmarks.metering.table import MeteredTable
from benchmarks.stand_ins import Buses, Key, Queues, Trips
from benchmarks.workload import NOW_MS, REGION, SUCCESSOR, batches
from fanin import bootstrap
from fanin.domain.delivery import DeliveryId
from fanin.signing.base64url import decode_base64url
from fanin.sources.departure import parse_departure
from fanin.sources.queue_event import QueuedMessage
from fanin.use_cases.collect_batch import Collected
from fanin.use_cases.gather_wakeups import CollectThenWake
from fanin.use_cases.send_delivery import SendDelivery, Sent

BATCH = 10  # as the template has it, without a window
RELEASE_DETAIL_TYPE = "Fan-in Release"

T = TypeVar("T")


@dataclass(slots=True)
class StillClock:
    """The time, moved by hand."""

    at_ms: int = NOW_MS

    def now_ms(self) -> int:
        return self.at_ms


@dataclass(slots=True)
class BenchedHub:
    """Collector, forwarder and operator over one table; `table` is a MeteredTable or a boto3 client."""

    table: Any = field(default_factory=MeteredTable)
    queues: Queues = field(default_factory=Queues)
    key: Key = field(default_factory=Key)
    buses: Buses = field(default_factory=Buses)
    trips: Trips = field(default_factory=Trips)
    clock: StillClock = field(default_factory=StillClock)
    collected: int = 0
    forwarded: int = 0
    _number: int = 0

    def collector(self) -> CollectThenWake:
        """A collector in a fresh container."""
        return self._wired("collector", bootstrap.collector.__wrapped__)

    def forwarder(self) -> SendDelivery:
        """A forwarder in a fresh container."""
        return self._wired("forwarder", bootstrap.forwarder.__wrapped__)

    def apply(self, *documents: dict[str, object]) -> None:
        """Apply definitions; ValueError with the problems when they are refused."""
        operator = self._wired("operator", bootstrap.operator.__wrapped__)
        _, problems = operator([(str(one["join"]), one) for one in documents])
        if problems:
            raise ValueError([str(one) for one in problems])

    def messages(self, bodies: Sequence[str]) -> list[QueuedMessage]:
        """Bodies as a batch of the queue."""
        self._number += len(bodies)
        return [QueuedMessage(f"message-{self._number - place}", body) for place, body in enumerate(bodies)]

    def collect(self, collector: CollectThenWake, bodies: Sequence[str]) -> Collected:
        """One batch; RuntimeError when anything was refused or failed, which no benchmark provokes."""
        collected = collector(self.messages(bodies))
        self.collected += 1
        if collected.failed or collected.rejected:
            raise RuntimeError(f"{collected.failed or collected.rejected}")
        return collected

    def forget(self) -> None:
        """What was called, put and invoked so far was a rehearsal."""
        self.trips.calls.clear()
        self.collected = self.forwarded = self.buses.accepted = 0

    def departures(self) -> list[DeliveryId]:
        """The wake-ups that wait for the forwarder."""
        return [parse_departure(body) for body in self.queues.taken("fanin-departures")]

    def forward(self, forwarder: SendDelivery) -> None:
        """Send everything that waits."""
        for some in batches(self.departures(), BATCH):
            self.forwarded += 1
            for delivery, outcome in forwarder.batch(some).items():
                if isinstance(outcome, Exception) or outcome.outcome is not Sent.SENT:
                    raise RuntimeError(f"{delivery} was not sent: {outcome}")

    def receipts(self) -> list[str]:
        """The successor's receipts for the releases that were put since the last time."""
        put = [entry for entry in self.buses.put if entry["DetailType"] == RELEASE_DETAIL_TYPE]
        self.buses.put.clear()
        return [_receipt(json.loads(entry["Detail"]), self.clock.now_ms()) for entry in put]

    def _wired(self, function: str, wire: Callable[[], T]) -> T:
        clients: dict[str, Any] = {"dynamodb": self.table, "sqs": self.queues, "kms": self.key, "events": self.buses}

        def client(service: str, _region: str | None = None) -> Any:
            return self.trips.counted(clients.get(service))

        with (
            patch.dict(os.environ, environment(function)),
            patch("fanin.bootstrap.SystemClock", lambda: self.clock),
            patch("fanin.adapters.threads.Threads", lambda: self.trips.parallel),
            patch("fanin.adapters.aws_clients.aws_client", client),
            patch("fanin.adapters.aws_clients.events_client", lambda _region: client("events")),
        ):
            return wire()


def _receipt(release: dict[str, Any], now_ms: int) -> str:
    data = release["data"]
    sub = f"{data['join']}/{data['attempt']}/{data['outcome']}/{data['key']}"
    claims = _claims(release["sig"])
    detail = {
        "v": 1,
        "jti": claims["jti"],
        "iss": claims["iss"],
        "sub": sub,
        "target": claims["tgt"],
        "executionArn": f"arn:aws:states:{REGION}:{SUCCESSOR}:execution:daily-close:fanin-{claims['jti'][:32]}",
        "outcome": "started",
        "verifiedAt": now_ms,
        "startedAt": now_ms,
    }
    return json.dumps(
        {
            "version": "0",
            "id": "9c2f6a3e-6b0c-4a56-9d3c-1c8a5d1f7a10",
            "detail-type": "Fan-in Receipt",
            "source": "fanin.successor",
            "account": SUCCESSOR,
            "time": "2026-03-31T19:00:00Z",
            "region": REGION,
            "resources": [],
            "detail": detail,
        }
    )


def _claims(sig: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(decode_base64url(sig.split(".")[1]))
    return claims
