"""The emulator's process: started from its own environment, bound to loopback, stopped by its own process group.

The emulator pins another botocore than the SAM CLI, so it lives in .venv-local, and the functions that it runs see neither: they
run in .venv-lambda, which holds what the Lambda runtime holds. Nothing of the caller's environment reaches any of them.
"""

import contextlib
import fcntl
import itertools
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECRET_KEY = "local"  # noqa: S105  # the emulator's root secret; it never leaves loopback
IAM_CALLS = "iam-calls.jsonl"
LOG = "emulator.log"
_START_SECONDS = 40.0
_STOP_SECONDS = 10.0


class EmulatorError(RuntimeError):
    """The emulator did not come up; the message ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator; `child` is None for one that another process started, `claim` holds its directory while it runs."""

    port: int
    child: subprocess.Popen[bytes] | None
    claim: int | None = None


def free_state() -> Path:
    """FANIN_LOCAL_STATE, or the first of build/local, build/local-2, … in which no emulator runs."""
    fixed = os.environ.get("FANIN_LOCAL_STATE")
    if fixed:
        return Path(fixed).resolve()
    names = itertools.chain(["local"], (f"local-{number}" for number in itertools.count(2)))
    return next(state for state in (ROOT / "build" / name for name in names) if not is_claimed(state))


def is_claimed(state: Path) -> bool:
    """Whether an emulator runs in the directory, whichever process started it."""
    claim = _claimed(state)
    if claim is not None:
        os.close(claim)
    return claim is None


def _claimed(state: Path) -> int | None:
    """A lock on the directory as long as the descriptor is open, in this process or in the emulator; None when it is taken."""
    state.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(f"{state}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def chosen_port() -> int:
    """FANIN_LOCAL_PORT, or a port that is free now."""
    fixed = os.environ.get("FANIN_LOCAL_PORT")
    if fixed:
        return int(fixed)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start(state: Path, port: int, *, detached: bool) -> Emulator:
    """Start the emulator and wait until it answers.

    One that is not detached ends with its parent, however the parent ends: it reads its standard input and stops when that closes.
    """
    python = ROOT / ".venv-local" / "bin" / "python"
    if not python.exists():
        raise EmulatorError(f"{python} is missing: run `make {python.parents[1].name}/.stamp`")
    if _is_taken(port):
        raise EmulatorError(f"port {port} is taken: name another one in FANIN_LOCAL_PORT")
    claim = _claimed(state)
    if claim is None:
        raise EmulatorError(f"another local AWS runs in {state}: stop it, or name another directory in FANIN_LOCAL_STATE")
    shutil.rmtree(state, ignore_errors=True)
    (state / "tmp").mkdir(parents=True)
    with (state / LOG).open("wb") as log:
        child = subprocess.Popen(
            [python, "-m", "local.emulator"],
            cwd=ROOT,
            env=_environment(state, port, detached=detached),
            stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(claim,),
        )
    emulator = Emulator(port, child, claim)
    try:
        _await_ready(port, child, state / LOG)
    except BaseException:
        stop(emulator)
        raise
    return emulator


def stop(emulator: Emulator) -> None:
    """Stop what `start` started, and the function processes it had started in turn."""
    if emulator.child is None:
        return
    stop_group(emulator.child.pid, emulator.child)
    if emulator.child.stdin is not None:
        emulator.child.stdin.close()
    if emulator.claim is not None:
        os.close(emulator.claim)


def stop_group(pid: int, child: subprocess.Popen[bytes] | None = None) -> None:
    """Ask the group's leader to end, wait, then end whatever of its group is left."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        _await_exit(pid, child)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    if child is not None:
        child.wait()


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _await_exit(pid: int, child: subprocess.Popen[bytes] | None) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        if child is not None and child.poll() is not None:
            return
        os.kill(pid, 0)
        time.sleep(0.05)


def _await_ready(port: int, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            break
        if answers(port):
            return
        time.sleep(0.05)
    raise EmulatorError("the local AWS did not come up:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]))


def answers(port: int) -> bool:
    """Whether an emulator is ready on `port`."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _environment(state: Path, port: int, *, detached: bool) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(state),
        "LANG": "C.UTF-8",
        "TMPDIR": str(state / "tmp"),
        "FANIN_LOCAL_STATE": str(state),
        "FANIN_LOCAL_RUNTIME": str(ROOT / ".venv-lambda" / "bin" / "python"),
        "FANIN_LOCAL_DETACHED": "1" if detached else "",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        # Listeners nobody asked for, on interfaces nobody chose.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
