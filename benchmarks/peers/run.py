"""Benchmark 8, only when it is asked for: the peers, in the settings that the package's own text states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from typing import Any

from rich.console import Console

from benchmarks.latency import PEERS, spread
from benchmarks.peers.airflow import VERSION as AIRFLOW
from benchmarks.peers.airflow import airflow
from benchmarks.peers.figures import Figures, read, table, write
from benchmarks.peers.measuring import Peer, burst, latencies_ms
from benchmarks.peers.prefect import VERSION as PREFECT
from benchmarks.peers.prefect import prefect

KEYS, WARM_UP, BURST, WARM_UP_BURST = 100, 5, 300, 30
SETTINGS: Mapping[str, Callable[[], AbstractContextManager[Peer]]] = {
    f"Prefect {PREFECT}, compound trigger": prefect,
    f"Airflow {AIRFLOW}, partitioned assets, as shipped": airflow,
    f"Airflow {AIRFLOW}, partitioned assets, idle sleep 0.1 s": partial(airflow, 0.1),
}


def run(named: str = "") -> dict[str, Any]:
    """Install, start, measure, print and write build/bench/peers.json, for each setting whose name has `named` in it; PeerError."""
    for name, started in SETTINGS.items():
        if named in name:
            with started() as peer:
                times = spread(latencies_ms(peer, KEYS, WARM_UP))
                burst(peer, WARM_UP_BURST, 1, "warming")
                bursts = [burst(peer, BURST, senders, f"burst-{senders}") for senders in peer.senders]
            write(PEERS, [Figures(name, f"{datetime.now(UTC):%Y-%m-%d}", times, bursts)])
    Console(width=180).print(table(read(PEERS)))
    return {}
