"""The contract of `TrustSource`: a reload sees what was pinned since, at most once in a while."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import boto3
import pytest

from fanin.adapters.memory_clock import MemoryClock
from fanin.adapters.memory_trust import MemoryTrust
from fanin.adapters.ssm_trust import RELOAD_AFTER_MS, STALE_AFTER_MS, SsmTrust
from fanin.domain.errors import ConfigurationError, RetryableError
from fanin.ports import TrustSource
from fanin.signing.trust import TrustDocument, TrustedKey
from tests.contract.conftest import MEMORY, MOTO, ON_LOCAL_AWS, session_of
from tests.unit.signing.keys import HUB_KEY, OTHER_HUB_KEY, SoftwareKey


def pinned(*keys: SoftwareKey) -> TrustDocument:
    issuer = "urn:fanin:aws:us-east-1:111111111111:fanin"
    return TrustDocument(tuple(TrustedKey(key.kid(), key.jwk(), issuer, ("111111111111",), ("*",)) for key in keys))


@dataclass(frozen=True, slots=True)
class Trust:
    """A source that has been read, and a way to publish another document."""

    source: TrustSource
    publish: Callable[[TrustDocument], object]
    clock: MemoryClock


def ssm_trust(session: boto3.Session) -> Trust:
    client, name, clock = session.client("ssm"), f"/contract/{uuid.uuid4().hex}/trust", MemoryClock(1)

    def publish(document: TrustDocument) -> None:
        client.put_parameter(Name=name, Type="String", Value=document.text(), Overwrite=True)

    publish(pinned(HUB_KEY))
    return Trust(SsmTrust(client, name, clock), publish, clock)


@pytest.fixture(params=[MEMORY, MOTO, ON_LOCAL_AWS])
def trust(request: pytest.FixtureRequest) -> Iterator[Trust]:
    if request.param == MEMORY:
        twin = MemoryTrust(pinned(HUB_KEY))
        yield Trust(twin, lambda document: setattr(twin, "published", document), MemoryClock(1))
        return
    with session_of(request.param, request) as session:
        yield ssm_trust(session)


def test_a_load_gives_what_was_read_until_it_is_reloaded(trust: Trust) -> None:
    assert trust.source.load() == pinned(HUB_KEY)
    trust.publish(pinned(HUB_KEY, OTHER_HUB_KEY))
    trust.clock.advance(RELOAD_AFTER_MS)
    assert trust.source.load() == pinned(HUB_KEY)
    assert set(trust.source.reload().keys) == set(pinned(HUB_KEY, OTHER_HUB_KEY).keys)
    assert trust.source.load().find(OTHER_HUB_KEY.kid()) is not None


def test_a_flood_of_unknown_keys_reads_once_a_minute(aws: boto3.Session) -> None:
    trust = ssm_trust(aws)
    trust.source.load()
    trust.publish(pinned(OTHER_HUB_KEY))
    trust.clock.advance(RELOAD_AFTER_MS - 1)
    assert trust.source.reload() == pinned(HUB_KEY)
    trust.clock.advance(1)
    assert trust.source.reload() == pinned(OTHER_HUB_KEY)


def test_a_key_that_was_taken_out_is_forgotten_after_a_while(aws: boto3.Session) -> None:
    trust = ssm_trust(aws)
    trust.source.load()
    trust.publish(pinned(OTHER_HUB_KEY))
    trust.clock.advance(STALE_AFTER_MS)
    assert trust.source.load() == pinned(OTHER_HUB_KEY)


def test_a_parameter_that_is_missing_is_a_retry_and_one_that_is_no_trust_document_is_a_wrong_configuration(aws: boto3.Session) -> None:
    client = aws.client("ssm")
    name = f"/contract/{uuid.uuid4().hex}/trust"
    source = SsmTrust(client, name, MemoryClock(1))
    with pytest.raises(RetryableError, match="trust-unavailable"):
        source.load()
    client.put_parameter(Name=name, Type="String", Value="{}")
    with pytest.raises(ConfigurationError, match="trust-members"):
        source.load()
