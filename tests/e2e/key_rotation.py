"""The drill: the hub's signing key is changed for a new one as `fanin trust rotate` says, with releases under way at every step.

Not a part of `make test-e2e`: `make rotation` runs it, on stacks of its own. The 25 hours that an old signature lives are not waited for:
what the hub noted of the new key is set back by them. The stacks end with the other key; whoever comes later finds it in their outputs.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fanin.signing.compact_token import parse_token
from fanin.signing.trust import TrustDocument, TrustedKey, parse_trust
from local.landscape import DAILY_CLOSE, HUB, HUB_NAME, SUCCESSOR, SUCCESSOR_NAME
from local.process import ROOT
from local.stacks import outputs
from tests.drill.pace import few_at_once
from tests.drill.processes import kill_all
from tests.e2e.deployment import AUDIT, OTHER, OTHER_NAME, update_stack
from tests.e2e.events import body, completion
from tests.e2e.faults import paused
from tests.e2e.watching import eventually
from tests.e2e.world import BY_DATE, World, definition, hub_machine, to

pytestmark = pytest.mark.e2e

JOIN = "rotation"
MACHINE = hub_machine("rotated")
EACH = 4
LIFE_MS = 26 * 3_600_000
PATIENCE_S = 240.0  # every step changes a stack, and all its functions start cold, on a machine that may be busy
SUCCESSORS = ((SUCCESSOR, SUCCESSOR_NAME), (OTHER, OTHER_NAME))


@dataclass
class Drill:
    """What was told at each step, and the keys' names."""

    world: World
    files: Path
    told: list[dict[str, Any]] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    refused: int = 0

    def burst(self, month: int) -> None:
        """Completions of so many dates, released while whatever comes next happens."""
        dates = [f"2026-{month:02d}-{day:02d}" for day in range(1, EACH + 1)]
        self.dates += dates
        self.world.send_arrivals(*(body(completion(MACHINE, f"r-{date}", businessDate=date)) for date in dates))

    def arrange(self, keys: str) -> None:
        update_stack(self.world.aws, HUB, HUB_NAME, {"SigningKeys": keys})

    def rotate(self, code: int) -> dict[str, Any]:
        """What the command tells, given what the first successor pins; twice, since it is safe to repeat.

        The second one also trusts a key of these tests as the hub's, which would have to be unpinned.
        """
        options = ("--pinned", str(self._file(*SUCCESSORS[0])))
        first, again = (json.loads(self._fanin("trust", "rotate", "--json", *options, code=code)) for _ in range(2))
        assert first == {**again, "unacknowledged": first["unacknowledged"]}  # which receipts bring down meanwhile
        self.told.append(first)
        return self.told[-1]

    def pin(self) -> None:
        """Pin what the hub exports, at every successor, each with the targets that it allowed before; and let starters begin anew."""
        exported = parse_trust(self._fanin("trust", "export", code=0))
        for account, name in SUCCESSORS:
            before = self.pinned(account, name)
            targets = next(key.targets for key in before.keys if key.kid in self._hubs)
            others = [key for key in before.keys if key.kid not in self._hubs]
            narrowed = [TrustedKey(key.kid, key.jwk, key.iss, key.accounts, targets) for key in exported.keys]
            update_stack(self.world.aws, account, name, {"TrustDocument": TrustDocument((*narrowed, *others)).text()})
        self.wait()  # what a killed starter held would come again after minutes only
        for _, name in SUCCESSORS:
            # What is pinned is kept in memory for up to five minutes, which are not waited for either.
            kill_all(self.world.aws.process_id, f"{name}-starter")

    def pinned(self, account: str, name: str) -> TrustDocument:
        return parse_trust(self.world.aws.client(account, "ssm").get_parameter(Name=f"/{name}/trust")["Parameter"]["Value"])

    def arrived(self, month: int) -> list[dict[str, Any]]:
        """The first successor's releases of a month."""
        return self.world.releases.events(lambda event: event["detail"]["data"]["join"] == JOIN and _month(event) == month)

    def life_of_a_signature_passes(self, kid: str) -> None:
        item = self.world.table.item("KEYS", kid)
        self.world.table.write(item, since={"N": str(int(item["since"]["N"]) - LIFE_MS)})

    def wait(self) -> None:
        eventually(self._are_acknowledged, f"{len(self.dates)} dates to be acknowledged", PATIENCE_S)

    def _are_acknowledged(self) -> bool:
        states = {run["key"]: run["state"] for run in self.world.runs(JOIN)}
        return all(states.get(date) == "ACKNOWLEDGED" for date in self.dates)

    @property
    def _hubs(self) -> set[str]:
        """Every key that the hub was ever told to have."""
        return {one[name] for one in self.told for name in ("signing", "next", "previous") if one[name]}

    def _file(self, account: str, name: str) -> Path:
        path = self.files / f"{name}.json"
        path.write_text(self.pinned(account, name).text(), encoding="utf-8")
        return path

    def _fanin(self, *arguments: str, code: int) -> str:
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **self.world.aws.environment(HUB)}
        command = [str(ROOT / ".venv" / "bin" / "fanin"), *arguments]
        finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert finished.returncode == code, finished.stdout + finished.stderr
        return finished.stdout


@pytest.fixture(scope="module")
def drill(world: World, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Drill]:
    """A whole rotation; at the end its figures."""
    drill = Drill(world, tmp_path_factory.mktemp("pinned"))
    few_at_once(world)
    world.apply(definition(JOIN, {"it": MACHINE}, to(DAILY_CLOSE), to(AUDIT), key=BY_DATE))
    assert drill.rotate(0)["step"] == "publish"
    drill.burst(1)
    drill.arrange("A-then-B")
    drill.burst(2)
    assert drill.rotate(0)["step"] == "pin"
    drill.pin()
    assert drill.rotate(0)["step"] == "switch"
    with paused(world, SUCCESSOR, f"{SUCCESSOR_NAME}-starter"):
        drill.burst(3)
        eventually(lambda: len(drill.arrived(3)) == EACH, "releases under the old key to wait in the queue", PATIENCE_S)
        drill.arrange("B-after-A")
        drill.burst(4)
    assert drill.rotate(1)["step"] == "wait"
    drill.wait()
    drill.life_of_a_signature_passes(drill.told[-1]["signing"])
    assert drill.rotate(0)["step"] == "retire"
    drill.burst(5)
    drill.arrange("B")
    drill.burst(6)
    assert drill.rotate(0)["step"] == "unpin"
    drill.pin()
    assert drill.rotate(0)["step"] == "publish"
    drill.burst(7)
    drill.wait()
    world.retired_keys.add(world.deployed.landscape.hub["SigningKeyArn"])
    world.deployed.landscape.hub.update(outputs(world.aws, HUB, HUB_NAME))
    yield drill
    signed = Counter(_kid(event) for month in range(1, 8) for event in drill.arrived(month))
    by_key = ", ".join(f"{signed[kid]} by {kid[:8]}…" for kid in (drill.told[0]["signing"], drill.told[-1]["signing"]))
    started = sum(len(world.executions_of(JOIN, target)) for target in (DAILY_CLOSE, AUDIT))
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        pytestconfig.get_terminal_writer().line(
            f"\nrotation: {len(drill.dates)} dates released to {len(SUCCESSORS)} successors, {started} executions; "
            f"the first successor's were signed {by_key}; {drill.refused} replays under the old key refused after it was retired"
        )


def test_the_steps_name_the_same_two_keys_and_what_to_deploy_next(drill: Drill) -> None:
    old, new = drill.told[0]["signing"], drill.told[1]["next"]
    assert old != new
    assert [(one["signing"], one["deploy"]) for one in drill.told] == [
        *((old, "A-then-B"), (old, None), (old, "B-after-A")),
        *((new, None), (new, "B"), (new, None), (new, "B-then-A")),
    ]


def test_no_release_is_lost_and_none_is_doubled(drill: Drill) -> None:
    for target in (DAILY_CLOSE, AUDIT):
        assert [one["key"] for one in drill.world.executions_of(JOIN, target)] == sorted(drill.dates)
    assert len(drill.dates) == 7 * EACH


def test_each_release_names_the_key_that_signed_it(drill: Drill) -> None:
    old, new = drill.told[0]["signing"], drill.told[1]["next"]
    kids = {month: {_kid(event) for event in drill.arrived(month)} for month in range(1, 8)}
    assert kids[1] == kids[2] == kids[3] == {old}
    assert kids[5] == kids[6] == kids[7] == {new}
    assert new in kids[4]


def test_the_retired_key_is_refused(drill: Drill) -> None:
    old = drill.told[0]["signing"]
    assert all(drill.pinned(*one).find(old) is None for one in SUCCESSORS)
    events = [event for month in range(1, 8) for event in drill.arrived(month) if _kid(event) == old]
    sent = drill.world.send_releases(*(json.dumps({**event, "id": f"replayed-{place}"}) for place, event in enumerate(events)))
    quarantine = drill.world.releases_quarantine
    eventually(lambda: set(sent) <= {kept.origin for kept in quarantine.everything()}, "every replay in quarantine", PATIENCE_S)
    assert {kept.code for kept in quarantine.everything() if kept.origin in sent} == {"release-kid-unknown"}
    drill.refused = len(sent)


def test_what_signed_no_more_is_kept_in_the_account_and_granted_to_nobody(drill: Drill) -> None:
    policies = drill.world.aws.client(HUB, "iam").list_role_policies(RoleName=_forwarder_role(drill.world))["PolicyNames"]
    assert "forwarder-signing" in policies
    grants = drill.world.aws.client(HUB, "iam").get_role_policy(RoleName=_forwarder_role(drill.world), PolicyName="forwarder-signing")
    signs = next(one for one in grants["PolicyDocument"]["Statement"] if one["Action"] == "kms:Sign")
    assert signs["Resource"] in (drill.world.deployed.landscape.hub["SigningKeyArn"], [drill.world.deployed.landscape.hub["SigningKeyArn"]])


def _forwarder_role(world: World) -> str:
    role: str = world.aws.client(HUB, "lambda").get_function_configuration(FunctionName=f"{HUB_NAME}-forwarder")["Role"]
    return role.rsplit("/", 1)[-1]


def _month(event: dict[str, Any]) -> int:
    return int(event["detail"]["data"]["key"][5:7])


def _kid(event: dict[str, Any]) -> str:
    return parse_token(event["detail"]["sig"]).kid
