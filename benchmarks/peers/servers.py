"""A peer's environment, its processes on loopback, a PostgreSQL for it, and one HTTP client that keeps its connections."""

from __future__ import annotations

import http.client
import json
import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from local.process import ROOT, stop_group

PLACE = ROOT / "build" / "peers"
_PATIENCE_S = 90.0

T = TypeVar("T")


class PeerError(RuntimeError):
    """A peer could not be installed, did not come up, or refused a request; the message names its log or its answer."""


def installed(name: str, newest: str, *packages: str) -> Path:
    """The programs of an environment build/peers/<name> with these packages, made when it is not there yet.

    What they need is resolved as of the day `newest`: later releases of it break a peer, and another day's figures are of the same code.
    """
    directory, wanted = PLACE / name, "\n".join((*packages, newest))
    stamp = directory / "installed"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        uv, python = subprocess.run([ROOT / "requirements" / "find-uv"], check=True, capture_output=True, text=True).stdout.split()
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", python, directory], check=True)
        into = ["--python", str(directory / "bin" / "python"), "--compile-bytecode", "--exclude-newer", newest]
        subprocess.run([uv, "pip", "install", "--quiet", *into, *packages], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return directory / "bin"


def scratch(name: str) -> Path:
    """An empty directory for what a peer writes."""
    home = PLACE / "homes" / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    return home


def environment(own: Path, **more: str) -> dict[str, str]:
    """The environment of a peer's processes: nothing of the caller's but the PATH, and nobody is told that they run."""
    path = f"{own}:{os.environ['PATH']}"
    return {"PATH": path, "LANG": "C.UTF-8", "DO_NOT_TRACK": "1", "SCARF_NO_ANALYTICS": "true", "NO_PROXY": "*", **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def served(command: list[str], log: Path, env: Mapping[str, str], user: str | None = None) -> Iterator[int]:
    """Run a server in a process group of its own, and give its process id; ended, with all that it started, on the way out."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, cwd=log.parent, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, user=user
        )
    try:
        yield child.pid
    finally:
        stop_group(child.pid, child)


@contextmanager
def postgres(home: Path, database: str) -> Iterator[tuple[int, str]]:
    """A PostgreSQL with its own defaults and an empty database: its process id, and user@address:port/database."""
    programs, data, port = _postgres_programs(), home / "data", free_port()
    data.mkdir()
    user = None
    if os.geteuid() == 0:  # as whom PostgreSQL does not run
        user = "nobody"
        os.chown(data, pwd.getpwnam(user).pw_uid, -1)
    env = environment(programs)
    initdb = [str(programs / "initdb"), "--auth=trust", "--username=peer", "--encoding=UTF8", f"--pgdata={data}"]
    run(initdb, home / "initdb.log", env, user)
    command = [str(programs / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", ""]
    with served(command, home / "postgres.log", env, user) as process:
        address = ["--host=127.0.0.1", f"--port={port}", "--username=peer"]
        ready = [str(programs / "pg_isready"), "--quiet", *address]
        until(lambda: subprocess.run(ready, env=env, check=False).returncode == 0, f"PostgreSQL, see {home}")
        run([str(programs / "createdb"), *address, database], home / "createdb.log", env)
        yield process, f"peer@127.0.0.1:{port}/{database}"


def _postgres_programs() -> Path:
    """Debian keeps them off the PATH, one directory for each version."""
    found = shutil.which("initdb") or max(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), default=None)
    if found is None:
        raise PeerError("PostgreSQL's initdb is not found (on Debian: apt-get install postgresql)")
    return Path(found).resolve().parent


def run(command: list[str], log: Path, env: Mapping[str, str], user: str | None = None) -> None:
    """Run a program to its end; PeerError with its log when it fails."""
    with log.open("ab") as output:
        ended = subprocess.run(command, cwd=log.parent, env=env, stdout=output, stderr=output, user=user, check=False)
    if ended.returncode:
        raise PeerError(f"{Path(command[0]).name} {command[1]} ended with {ended.returncode}, see {log}")


def until(look: Callable[[], T], what: str, every_s: float = 0.25, patience_s: float = _PATIENCE_S) -> T:
    """What `look` found, as soon as that is something."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(every_s)
    raise PeerError(f"waited {patience_s:.0f} s in vain for {what}")


class Client:
    """JSON over HTTP, one connection for each thread, kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._own = threading.local()
        self.headers = {"Content-Type": "application/json"}

    def post(self, path: str, body: object) -> Any:
        return self._ask("POST", path, json.dumps(body))

    def get(self, path: str) -> Any:
        return self._ask("GET", path)

    def answers(self, path: str) -> bool:
        """Whether somebody serves it."""
        try:
            self.get(path)
        except (OSError, http.client.HTTPException, PeerError):
            self._own.connection = None
            return False
        return True

    def _ask(self, method: str, path: str, body: str | None = None) -> Any:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE_S)
        try:
            connection.request(method, path, body, self.headers)
        except ConnectionError:  # it was idle for so long that the server had closed it
            connection.close()
            connection.request(method, path, body, self.headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise PeerError(f"{method} {path}: {answer.status} {said[:500].decode(errors='replace')}")
        return json.loads(said) if said else None
