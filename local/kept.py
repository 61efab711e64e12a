"""The local AWS that `make local` keeps up after the command has ended, until `make local-down`.

Where it runs is in build/local-up/running.json. Whether it runs is the lock on that directory, which the emulator holds as long as it
lives: a stale file names a process that may be somebody else's by now, and is never acted on.
"""

import json
import os
from pathlib import Path

from local import process
from local.aws import LocalAws

STATE = process.ROOT / "build" / "local-up"
DEFAULT_PORT = 4599
_RUNNING = "running.json"


def start() -> LocalAws:
    """Start it on FANIN_LOCAL_PORT or 4599; EmulatorError when it runs already or the port is taken."""
    running = attached()
    if running is not None:
        raise process.EmulatorError(f"the local AWS is up already, at {running.endpoint}; stop it with: make local-down")
    port = int(os.environ.get("FANIN_LOCAL_PORT") or DEFAULT_PORT)
    emulator = process.start(STATE, port, detached=True)
    if emulator.child is not None:
        running_file().write_text(json.dumps({"pid": emulator.child.pid, "port": port}), encoding="utf-8")
    return LocalAws.attached(port, STATE)


def attached() -> LocalAws | None:
    """The one that runs, or None."""
    if not process.is_claimed(STATE) or not running_file().exists():
        return None
    return LocalAws.attached(json.loads(running_file().read_text())["port"], STATE)


def stop() -> bool:
    """Stop it, with the functions that it runs; whether there was anything to stop."""
    if attached() is None:
        return False
    process.stop_group(json.loads(running_file().read_text())["pid"])
    running_file().unlink()
    return True


def running_file() -> Path:
    return STATE / _RUNNING
