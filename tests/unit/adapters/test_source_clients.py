"""Clients for asking sources: whose credentials, for how long, and what it means to be let in nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from fanin.adapters.memory_clock import MemoryClock
from fanin.adapters.source_clients import REFUSED_FOR_MS, RENEW_BEFORE_MS, SourceClients
from fanin.domain.completion import Source, SourceKind
from fanin.domain.errors import RetryableError

pytestmark = pytest.mark.unit

NOW_MS = 1_774_983_600_000
HUB, OTHER = "111111111111", "333333333333"
HUB_BUS = f"arn:aws:events:us-east-1:{HUB}:event-bus/fanin"
HOUR_MS = 3_600_000


def machine(account: str = OTHER, region: str = "us-east-1", partition: str = "aws") -> Source:
    return Source(SourceKind.STEP_FUNCTIONS, f"arn:{partition}:states:{region}:{account}:stateMachine:ledger")


@dataclass
class Sts:
    """Grants every role for an hour, unless it was told to fail."""

    clock: MemoryClock
    error: Exception | None = None
    asked: list[dict[str, str]] = field(default_factory=list)

    def assume_role(self, **request: str) -> dict[str, Any]:
        self.asked.append(request)
        if self.error is not None:
            raise self.error
        expires = datetime.fromtimestamp((self.clock.at_ms + HOUR_MS) / 1000, UTC)
        return {"Credentials": {"AccessKeyId": f"key {len(self.asked)}", "Expiration": expires}}


@pytest.fixture
def clock() -> MemoryClock:
    return MemoryClock(NOW_MS)


@pytest.fixture
def sts(clock: MemoryClock) -> Sts:
    return Sts(clock)


@pytest.fixture
def clients(clock: MemoryClock, sts: Sts) -> SourceClients:
    def make(service: str, region: str, credentials: Any) -> tuple[str, str, str]:
        return service, region, "own" if credentials is None else credentials["AccessKeyId"]

    return SourceClients(HUB_BUS, frozenset({OTHER}), clock, sts=lambda: sts, make=make)  # type: ignore[arg-type,return-value]  # a twin


def test_the_hubs_own_account_is_asked_with_its_own_role_in_its_region_alone(clients: SourceClients, sts: Sts) -> None:
    assert clients.client("stepfunctions", machine(HUB)) == ("stepfunctions", "us-east-1", "own")
    assert clients.client("ecs", machine(HUB, "ap-northeast-1")) is None
    assert sts.asked == []
    clients.accounts = frozenset({HUB})
    assert clients.client("ecs", machine(HUB, "ap-northeast-1")) == ("ecs", "ap-northeast-1", "key 1")


def test_of_an_organization_any_account_is_tried(clients: SourceClients) -> None:
    clients.accounts = None
    assert clients.client("ecs", machine("444444444444")) == ("ecs", "us-east-1", "key 1")


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_another_account_is_asked_with_the_observers_role_of_its_region(clients: SourceClients, sts: Sts, partition: str) -> None:
    clients.hub_bus_arn = HUB_BUS.replace("arn:aws:", f"arn:{partition}:")
    source = machine(region="eu-west-1", partition=partition)
    assert clients.client("glue", source) == ("glue", "eu-west-1", "key 1")
    (asked,) = sts.asked
    role = f"arn:{partition}:iam::{OTHER}:role/fanin/fanin-observer-fanin-eu-west-1"
    assert asked == {"RoleArn": role, "RoleSessionName": "fanin-fanin", "ExternalId": clients.hub_bus_arn}


def test_a_role_is_assumed_once_and_again_shortly_before_it_expires(clients: SourceClients, sts: Sts, clock: MemoryClock) -> None:
    first = clients.client("stepfunctions", machine())
    clock.advance(HOUR_MS - RENEW_BEFORE_MS - 1)
    assert clients.client("stepfunctions", machine()) is first
    assert clients.client("glue", machine()) == ("glue", "us-east-1", "key 1")
    clock.advance(1)
    assert clients.client("stepfunctions", machine()) == ("stepfunctions", "us-east-1", "key 2")
    assert len(sts.asked) == 2


def test_what_is_in_no_account_has_no_client(clients: SourceClients) -> None:
    assert clients.client("stepfunctions", Source(SourceKind.JOIN, "daily-close")) is None


def test_an_account_that_is_not_observed_is_not_even_knocked_at(clients: SourceClients, sts: Sts) -> None:
    assert clients.client("stepfunctions", machine("444444444444")) is None
    assert sts.asked == []


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "AssumeRole")


def test_an_account_that_lets_nobody_in_may_not_be_asked_and_is_knocked_at_again_later(
    clients: SourceClients, sts: Sts, clock: MemoryClock
) -> None:
    sts.error = refusal("AccessDenied")
    assert clients.client("stepfunctions", machine()) is None
    sts.error = None
    clock.advance(REFUSED_FOR_MS - 1)
    assert clients.client("stepfunctions", machine()) is None
    clock.advance(1)
    assert clients.client("stepfunctions", machine()) is not None
    assert len(sts.asked) == 2


@pytest.mark.parametrize("error", [refusal("ThrottlingException"), ConnectTimeoutError(endpoint_url="https://sts")], ids=repr)
def test_a_role_that_cannot_be_assumed_now_is_a_retry(clients: SourceClients, sts: Sts, error: Exception) -> None:
    sts.error = error
    for _ in range(2):
        with pytest.raises(RetryableError, match="source-unavailable"):
            clients.client("stepfunctions", machine())
    assert len(sts.asked) == 2
