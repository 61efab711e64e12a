"""What was quarantined can be listed and read with the `fanin` command, by somebody who has nothing but an AWS account's credentials."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence

import pytest

from local.landscape import HUB, SUCCESSOR, SUCCESSOR_NAME
from local.process import ROOT
from tests.e2e.world import World

pytestmark = pytest.mark.e2e


def fanin(world: World, account: str, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **world.aws.environment(account)}
    command = [str(ROOT / ".venv" / "bin" / "fanin"), *arguments]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return finished.stdout


@pytest.mark.parametrize(
    ("account", "options", "code"),
    [(HUB, (), "event-not-an-object"), (SUCCESSOR, ("--successor", SUCCESSOR_NAME), "release-event-shape")],
)
def test_what_was_quarantined_can_be_listed_and_read(world: World, account: str, options: Sequence[str], code: str) -> None:
    send = world.send_arrivals if account == HUB else world.send_releases
    (origin,) = send('["not an event"]')
    world.settle()
    listed = json.loads(fanin(world, account, "quarantine", "list", "--json", "--limit", "1000", *options))["messages"]
    (mine,) = [message for message in listed if message["origin"] == origin]
    assert mine["code"] == code
    shown = json.loads(fanin(world, account, "quarantine", "show", mine["id"], "--json", *options))
    assert (shown["code"], shown["origin"], shown["body"]) == (code, origin, '["not an event"]')
    # Nothing was taken out by looking.
    assert (world.arrivals_quarantine if account == HUB else world.releases_quarantine).wait_for(origin).code == code
