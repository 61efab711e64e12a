"""Start MiniStack with every patch in place: `python -m local.emulator`, with the environment that local.process makes."""

import os
import signal
import sys
import threading
from importlib.metadata import version

from local.emulator import (
    batch_jobs,
    batches,
    builds,
    buses,
    condition_keys,
    decisions,
    destinations,
    executions,
    glue_runs,
    integrations,
    metrics,
    move_tasks,
    queues,
    read_once,
    resource_types,
    runtime,
    service_events,
    serving,
    targets,
    tasks,
    throttling,
    unpacking,
    work,
    work_permissions,
    writes,
)

WRITTEN_FOR = "1.5.33"


def main() -> None:
    found = version("ministack")
    if found != WRITTEN_FOR:
        sys.exit(f"local/emulator patches MiniStack {WRITTEN_FOR}, found {found}: read its changes, then raise WRITTEN_FOR")
    for patch in (
        condition_keys,
        decisions,
        runtime,
        unpacking,
        queues,
        read_once,
        move_tasks,
        buses,
        targets,
        resource_types,
        executions,
        writes,
        batches,
        metrics,
        service_events,
        throttling,
        work,
        tasks,
        glue_runs,
        batch_jobs,
        builds,
        integrations,
        destinations,
        work_permissions,
    ):
        patch.install()
    # For the functions, which write nothing beside their code on AWS either.
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    if not os.environ.get("FANIN_LOCAL_DETACHED"):
        threading.Thread(target=_end_with_parent, daemon=True, name="parent-watch").start()
    serving.serve()


def _end_with_parent() -> None:
    # Not through sys.stdin: a buffered read that is still going on at the exit ends the interpreter with a fatal error.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


main()
