"""Airflow: scheduler and API server, one Dag on two partitioned assets, whose events come through the REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from benchmarks.peers.measuring import Consumer, Peer
from benchmarks.peers.servers import Client, environment, free_port, installed, postgres, run, scratch, served, until

VERSION, RELEASED = "3.3.2", "2026-09-18"
_PAGE = 100
_DAG = """\
from airflow.sdk import DAG, Asset, PartitionedAssetTimetable
from airflow.providers.standard.operators.empty import EmptyOperator

with DAG("consumer", schedule=PartitionedAssetTimetable(assets=Asset("a") & Asset("b")), catchup=False, max_active_runs=1000):
    EmptyOperator(task_id="start")
"""


class Airflow(Peer):
    """Running. An event is a request; a consumer is a Dag run, whose partition key is the key."""

    batch, senders = 1, (1, 8)

    def __init__(self, client: Client, roots: Sequence[int], database: int, assets: Mapping[str, int]) -> None:
        super().__init__(roots, database)
        self._client, self._assets = client, assets

    def send(self, events: Sequence[tuple[str, str]]) -> None:
        for side, key in events:
            self._client.post("/api/v2/assets/events", {"asset_id": self._assets[side], "partition_key": key})

    def count(self) -> int:
        return int(self._client.get("/api/v2/dags/consumer/dagRuns?limit=1")["total_entries"])

    def consumers(self) -> Iterator[Consumer]:
        for offset in range(0, self.count(), _PAGE):
            for one in self._client.get(f"/api/v2/dags/consumer/dagRuns?limit={_PAGE}&offset={offset}&order_by=id")["dag_runs"]:
                yield Consumer(frozenset([one["partition_key"]]), datetime.fromisoformat(one["run_after"]).timestamp())


@contextmanager
def airflow(idle_sleep_s: float | None = None) -> Iterator[Airflow]:
    """Up, with its Dag read and no Dag processor; `idle_sleep_s` is None for the scheduler's own idle sleep of a second."""
    programs = installed("airflow", RELEASED, f"apache-airflow=={VERSION}", "apache-airflow-providers-postgres", "asyncpg")
    home, port = scratch("airflow"), free_port()
    (home / "dags").mkdir()
    (home / "dags" / "consumer.py").write_text(_DAG, encoding="utf-8")
    with ExitStack() as running:
        database, address = running.enter_context(postgres(home, "airflow"))
        env = environment(programs, HOME=str(home), **_settings(home, address, port))
        if idle_sleep_s is not None:
            env["AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME"] = str(idle_sleep_s)
        program = str(programs / "airflow")
        for command in (["db", "migrate"], ["dags", "reserialize"]):
            run([program, *command], home / "setup.log", env)
        # Its server of task logs would listen on every address.
        commands = {"scheduler": ["scheduler", "--skip-serve-logs"], "api": ["api-server", "--host", "127.0.0.1", "--port", str(port)]}
        roots = [running.enter_context(served([program, *command], home / f"{name}.log", env)) for name, command in commands.items()]
        client = Client(port)
        until(lambda: client.answers("/api/v2/version"), f"Airflow's API server, see {home}")
        client.headers["Authorization"] = f"Bearer {client.get('/auth/token')['access_token']}"
        until(lambda: client.get("/api/v2/monitor/health")["scheduler"]["status"] == "healthy", f"Airflow's scheduler, see {home}")
        assets = {one["name"]: one["id"] for one in client.get("/api/v2/assets")["assets"]}
        yield Airflow(client, roots, database, assets)


def _settings(home: Path, address: str, port: int) -> dict[str, str]:
    sections: dict[str, dict[str, str]] = {
        "core": {
            "dags_folder": str(home / "dags"),
            "load_examples": "False",
            "executor": "LocalExecutor",
            "dags_are_paused_at_creation": "False",
            "simple_auth_manager_all_admins": "True",
            "execution_api_server_url": f"http://127.0.0.1:{port}/execution/",
        },
        "database": {
            "sql_alchemy_conn": f"postgresql+psycopg2://{address}",
            "sql_alchemy_conn_async": f"postgresql+asyncpg://{address}",
        },
        "api": {"base_url": f"http://127.0.0.1:{port}"},
        "api_auth": {"jwt_secret": "only on loopback, only for this measurement"},
    }
    named = {f"AIRFLOW__{section}__{name}".upper(): value for section, some in sections.items() for name, value in some.items()}
    return {"AIRFLOW_HOME": str(home), **named}
