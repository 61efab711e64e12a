"""The successor's side: verify, start once, report; each step may be repeated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import pytest

from fanin.adapters.memory_bus import MemoryBus
from fanin.adapters.memory_clock import MemoryClock
from fanin.adapters.memory_machines import MemoryExecution, MemoryMachines
from fanin.domain.errors import ConfigurationError, RejectedError, RetryableError, SecurityError
from fanin.ports import NameTaken, Started
from fanin.signing.verification import VerificationError
from fanin.use_cases.start_successor import Start, StartSuccessor, pair_targets
from tests.unit.signing.keys import OTHER_HUB_KEY
from tests.unit.sources.events import HUB, NOW_MS, OTHER, machine_arn, status_change
from tests.unit.use_cases.landscape import HUB_BUS, ISSUER, LEDGER, POSITIONS, SUCCESSOR, Landscape, definition, trusting
from tests.unit.use_cases.recomposed import recomposed
from tests.unit.use_cases.software_signer import SoftwareSigner

pytestmark = pytest.mark.unit


@pytest.fixture
def landscape() -> Landscape:
    """One signed release is in the releases queue."""
    return with_release()


def with_release(signer: SoftwareSigner | None = None) -> Landscape:
    found = Landscape(signer=signer or SoftwareSigner())
    found.apply(definition({"ledger": LEDGER, "positions": POSITIONS}))
    found.arrive(status_change(LEDGER), status_change(POSITIONS))
    found.collect()
    found.forward()
    found.carry()
    assert len(found.releases) == 1
    return found


def starter(landscape: Landscape) -> StartSuccessor:
    return landscape.starter(SUCCESSOR)


def receipts(landscape: Landscape) -> list[dict[str, object]]:
    puts = landscape.successor_buses[SUCCESSOR].put_events
    assert {(put.bus_arn, put.source, put.detail_type) for put in puts} <= {(HUB_BUS, "fanin.successor", "Fan-in Receipt")}
    return [json.loads(put.detail) for put in puts]


def test_a_verified_release_is_started_and_reported(landscape: Landscape) -> None:
    verified, started, _ = starter(landscape)(landscape.releases[0])
    ((execution_arn, execution),) = landscape.machines.executions.items()
    assert execution_arn.startswith(f"arn:aws:states:us-east-1:{SUCCESSOR}:execution:daily-close:fanin-daily-close-2026-03-31-")
    assert execution_arn.endswith(verified.claims.jti)
    assert execution.input_text.encode() == verified.data_canonical
    assert (started.execution_arn, started.already) == (execution_arn, False)
    assert receipts(landscape) == [
        {
            "v": 1,
            "jti": verified.claims.jti,
            "iss": ISSUER,
            "sub": "daily-close/1/released/2026-03-31",
            "target": "daily-close",
            "executionArn": execution_arn,
            "outcome": "started",
            "verifiedAt": landscape.clock.at_ms,
            "startedAt": landscape.clock.at_ms,
        }
    ]


@pytest.mark.parametrize("closed", [False, True], ids=["running", "closed"])
def test_a_replay_starts_nothing_and_is_reported_again(landscape: Landscape, closed: bool) -> None:
    _, first, _ = starter(landscape)(landscape.releases[0])
    if closed:
        landscape.machines.close(first.execution_arn)
    landscape.clock.advance(60_000)
    _, second, _ = starter(landscape)(landscape.releases[0])
    assert (second.execution_arn, second.started_at_ms, second.already) == (first.execution_arn, first.started_at_ms, closed)
    assert len(landscape.machines.executions) == 1
    assert [one["outcome"] for one in receipts(landscape)] == ["started", "already-started" if closed else "started"]


def test_a_name_that_is_taken_by_another_input_is_an_alarm(landscape: Landscape) -> None:
    verified, started, _ = starter(landscape)(landscape.releases[0])
    landscape.machines.executions[started.execution_arn] = MemoryExecution("{}", NOW_MS)
    with pytest.raises(SecurityError, match="execution-input-differs"):
        starter(landscape)(landscape.releases[0])
    assert len(receipts(landscape)) == 1
    assert verified.claims.jti not in "execution-input-differs"


def test_a_refused_receipt_gives_the_release_back_and_the_next_try_reports(landscape: Landscape) -> None:
    bus = landscape.successor_buses[SUCCESSOR]
    bus.refusals[HUB_BUS] = "AccessDeniedException"
    with pytest.raises(RetryableError, match="receipt-refused"):
        starter(landscape)(landscape.releases[0])
    bus.refusals.clear()
    starter(landscape)(landscape.releases[0])
    assert len(landscape.machines.executions) == len(receipts(landscape)) == 1


def test_in_a_batch_one_releases_trouble_is_not_anothers(landscape: Landscape) -> None:
    release = landscape.releases[0]
    tampered = release.replace('"planVersion":1', '"planVersion":2', 1)
    first, refused, second = starter(landscape).batch([release, tampered, release])
    assert isinstance(refused, VerificationError)
    assert isinstance(first, Start)
    assert isinstance(second, Start)
    assert len(landscape.machines.executions) == 1
    assert len(receipts(landscape)) == 2


def test_in_a_batch_only_those_whose_receipts_were_refused_come_back(landscape: Landscape) -> None:
    release = landscape.releases[0]
    start = recomposed(starter(landscape), bus=SecondRefused())
    first, second = start.batch([release, release])
    assert isinstance(first, Start)
    assert isinstance(second, RetryableError)
    assert second.code == "receipt-refused"


def test_a_bus_that_cannot_be_reached_gives_back_what_was_started_and_refuses_what_was_refused(landscape: Landscape) -> None:
    release = landscape.releases[0]
    start = recomposed(starter(landscape), bus=Unreachable())
    tampered = release.replace('"planVersion":1', '"planVersion":2', 1)
    given_back, refused = start.batch([release, tampered])
    assert isinstance(given_back, ConnectionError)
    assert isinstance(refused, VerificationError)


def test_where_starting_takes_long_receipts_go_out_in_between(landscape: Landscape) -> None:
    bus = Counting()
    start = recomposed(starter(landscape), bus=bus, machines=Slow(landscape.clock))
    assert all(isinstance(one, Start) for one in start.batch(landscape.releases * 5))
    assert bus.calls == [2, 2, 1]


@dataclass(slots=True)
class Slow(MemoryMachines):
    """Each start takes three seconds."""

    def start(self, state_machine_arn: str, name: str, input_text: str) -> Started | NameTaken:
        cast("MemoryClock", self.clock).advance(3_000)
        return MemoryMachines.start(self, state_machine_arn, name, input_text)


class Counting(MemoryBus):
    """A bus that counts the events of each call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def put_all(self, bus_arn: str, source: str, detail_type: str, details: Sequence[str]) -> list[str | None]:
        self.calls.append(len(details))
        return super().put_all(bus_arn, source, detail_type, details)


class SecondRefused(MemoryBus):
    """A bus that takes the first event of a call only."""

    def put_all(self, bus_arn: str, source: str, detail_type: str, details: Sequence[str]) -> list[str | None]:
        return [None, *["ThrottlingException"] * (len(details) - 1)]


class Unreachable(MemoryBus):
    """A bus that nobody reaches."""

    def put_all(self, bus_arn: str, source: str, detail_type: str, details: Sequence[str]) -> list[str | None]:
        raise ConnectionError


def test_a_throttled_start_gives_the_release_back(landscape: Landscape) -> None:
    landscape.machines.throttled = True
    with pytest.raises(RetryableError, match="start-unavailable"):
        starter(landscape)(landscape.releases[0])
    assert receipts(landscape) == []


def test_a_state_machine_that_was_deleted_is_refused(landscape: Landscape) -> None:
    landscape.machines.missing.add(f"arn:aws:states:us-east-1:{SUCCESSOR}:stateMachine:daily-close")
    with pytest.raises(RejectedError, match="state-machine-missing"):
        starter(landscape)(landscape.releases[0])
    assert receipts(landscape) == []


def test_a_target_that_is_not_configured_here_is_refused(landscape: Landscape) -> None:
    start = starter(landscape)
    elsewhere = recomposed(start, successor=start.successor._replace(targets={}))
    with pytest.raises(RejectedError, match="target-not-configured"):
        elsewhere(landscape.releases[0])
    assert landscape.inputs() == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"planVersion":1', '"planVersion":2', "release-digest"),
        ('"key":"2026-03-31"', '"key":"2026-04-01"', "release-digest"),
        (f'"account": "{HUB}"', f'"account": "{OTHER}"', "release-account"),
        ('"source": "fanin.hub"', '"source": "fanin.hub2"', "release-source"),
        ('"v":1,', '"v":1,"v":1,', "release-duplicate-member"),
    ],
)
def test_nothing_is_started_by_a_release_that_was_tampered_with(landscape: Landscape, old: str, new: str, code: str) -> None:
    body = landscape.releases[0]
    assert old in body
    with pytest.raises(VerificationError) as caught:
        starter(landscape)(body.replace(old, new, 1))
    assert caught.value.code == code
    assert landscape.inputs() == []
    assert receipts(landscape) == []


def test_an_expired_release_is_refused_and_a_re_send_starts(landscape: Landscape) -> None:
    landscape.clock.advance(26 * 3_600_000)
    with pytest.raises(VerificationError, match="release-expired"):
        starter(landscape)(landscape.releases[0])
    landscape.releases.clear()
    landscape.until_quiet(waits_s=(0, 60))
    assert len(landscape.inputs()) == 1
    assert landscape.all_acknowledged()


def test_a_target_that_the_key_may_not_start_is_refused(landscape: Landscape) -> None:
    landscape.trust.published = trusting("report")
    with pytest.raises(SecurityError, match="release-target"):
        starter(landscape)(landscape.releases[0])
    assert landscape.inputs() == []


def test_a_rotated_key_is_known_after_one_reload() -> None:
    landscape = with_release(SoftwareSigner(OTHER_HUB_KEY))
    start = starter(landscape)
    with pytest.raises(SecurityError, match="release-kid-unknown"):
        start(landscape.releases[0])
    (entry,) = landscape.trust.published.keys
    rotated = replace(entry, kid=OTHER_HUB_KEY.kid(), jwk=OTHER_HUB_KEY.jwk())
    landscape.trust.published = replace(landscape.trust.published, keys=(entry, rotated))
    start(landscape.releases[0])
    assert len(landscape.inputs()) == 1


def test_a_refused_release_is_kept_unchanged_and_is_not_acknowledged(landscape: Landscape) -> None:
    landscape.trust.published = trusting("report")
    (body,) = landscape.releases
    landscape.start()
    assert [(kept.code, kept.body) for kept in landscape.releases_quarantine.kept] == [("release-target", body)]
    landscape.settle()
    assert not landscape.all_acknowledged()


def test_targets_are_pairs_of_names_and_arns() -> None:
    first, second = machine_arn("a"), machine_arn("b")
    assert pair_targets("daily-close,report", f"{first},{second}") == {"daily-close": first, "report": second}


@pytest.mark.parametrize(
    ("names", "arns"),
    [("", ""), ("a", ""), ("", "arn:1"), ("a", "x"), ("a,b", "arn:1"), ("a", "arn:1,arn:2"), ("a,a", "arn:1,arn:2"), ("a,", "arn:1,arn:2")],
)
def test_targets_that_do_not_pair_up_stop_the_starter(names: str, arns: str) -> None:
    with pytest.raises(ConfigurationError, match="targets-invalid"):
        pair_targets(names, arns)
