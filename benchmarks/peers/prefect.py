"""Prefect: `prefect server start`, one automation with a compound trigger, whose action runs a deployment."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

from benchmarks.peers.measuring import Consumer, Peer
from benchmarks.peers.servers import Client, environment, free_port, installed, postgres, scratch, served, until

VERSION, RELEASED = "3.8.8", "2026-10-07"
_EVENT = "predecessor.{side}.ended"
_PAGE = 200


class Prefect(Peer):
    """A running server. Events go fifty a request; a consumer is a flow run, whose parameters name the keys that met in it."""

    batch, senders = 50, (1,)

    def __init__(self, client: Client, roots: Sequence[int], database: int, deployment: str) -> None:
        super().__init__(roots, database)
        self._client = client
        self._of = {"deployments": {"id": {"any_": [deployment]}}}

    def send(self, events: Sequence[tuple[str, str]]) -> None:
        now = datetime.now(UTC).isoformat()
        self._client.post(
            "/api/events",
            [
                {
                    "id": str(uuid.uuid4()),
                    "event": _EVENT.format(side=side),
                    "occurred": now,
                    "resource": {"prefect.resource.id": f"key.{key}", "key": key},
                }
                for side, key in events
            ],
        )

    def count(self) -> int:
        return int(self._client.post("/api/flow_runs/count", self._of))

    def consumers(self) -> Iterator[Consumer]:
        for offset in range(0, self.count(), _PAGE):
            for run in self._client.post("/api/flow_runs/filter", {**self._of, "limit": _PAGE, "offset": offset, "sort": "ID_DESC"}):
                yield Consumer(frozenset(run["parameters"].values()), datetime.fromisoformat(run["created"]).timestamp())


@contextmanager
def prefect() -> Iterator[Prefect]:
    """Up, with its automation loaded."""
    programs, home, port = installed("prefect", RELEASED, f"prefect=={VERSION}"), scratch("prefect"), free_port()
    env = environment(
        programs,
        HOME=str(home),
        PREFECT_HOME=str(home),
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
        PREFECT_API_URL=f"http://127.0.0.1:{port}/api",
        PREFECT_SERVER_UI_ENABLED="false",
    )
    with ExitStack() as running:
        database, address = running.enter_context(postgres(home, "prefect"))
        env["PREFECT_API_DATABASE_CONNECTION_URL"] = f"postgresql+asyncpg://{address}"
        command = [str(programs / "prefect"), "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        server = running.enter_context(served(command, home / "server.log", env))
        client = Client(port)
        until(lambda: client.answers("/api/health"), f"Prefect's server, see {home}")
        yield Prefect(client, [server], database, _deployed(client))


def _deployed(client: Client) -> str:
    """The consumer's deployment, which no worker serves, and what runs it once both predecessors have ended."""
    flow = client.post("/api/flows/", {"name": "consumer"})["id"]
    deployment: str = client.post("/api/deployments/", {"name": "consumer", "flow_id": flow, "enforce_parameter_schema": False})["id"]
    met = {side: f"{{{{ firing.triggering_firings[{place}].triggering_event.resource.key }}}}" for place, side in enumerate("ab")}
    client.post(
        "/api/automations/",
        {
            "name": "both ended",
            "trigger": {"type": "compound", "require": "all", "within": 3600, "triggers": [_ended(side) for side in "ab"]},
            "actions": [{"type": "run-deployment", "source": "selected", "deployment_id": deployment, "parameters": met}],
        },
    )
    return deployment


def _ended(side: str) -> dict[str, Any]:
    return {"type": "event", "posture": "Reactive", "expect": [_EVENT.format(side=side)], "for_each": ["key"], "threshold": 1, "within": 0}
