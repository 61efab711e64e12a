"""The emulator's process: it is gone when whoever started it is gone, and two of them keep apart."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local import LocalAws
from local.process import ROOT, EmulatorError, answers

pytestmark = pytest.mark.e2e

# A shell's background job ignores SIGINT and so do its children; this one is to be interrupted however the tests were started.
OWNER = """
import signal, sys, time
from pathlib import Path
from local import LocalAws

signal.signal(signal.SIGINT, signal.default_int_handler)
with LocalAws(state=Path(sys.argv[1])) as aws:
    print(aws.endpoint, flush=True)
    time.sleep(60)
"""


def ended(port: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not answers(port):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGKILL])
def test_the_emulator_ends_with_its_owner(tmp_path: Path, signal_: signal.Signals) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, tmp_path / "state"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert owner.stdout is not None
    with owner.stdout as said:
        port = int(said.readline().decode().rsplit(":", maxsplit=1)[-1])
    assert answers(port)
    os.kill(owner.pid, signal_)
    owner.wait(timeout=15)
    assert ended(port)


def test_two_do_not_share_a_directory(local_aws: LocalAws) -> None:
    with pytest.raises(EmulatorError, match="another local AWS runs"):
        LocalAws(state=local_aws.state).start()
    assert LocalAws().state != local_aws.state or "FANIN_LOCAL_STATE" in os.environ


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells")
def test_it_listens_on_loopback_only(local_aws: LocalAws) -> None:
    port = int(local_aws.endpoint.rsplit(":", maxsplit=1)[-1])
    listening = [line.split()[1] for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
    assert {address.split(":")[0] for address in listening if address.endswith(f":{port:04X}")} == {"0100007F"}
