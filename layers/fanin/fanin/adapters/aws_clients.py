"""The one place that makes boto3 clients: short timeouts, standard retries, one session a process.

A Lambda must give up on a call before it is itself given up on; what botocore does not bring about in three tries goes back to the queue.
Sources are tried twice only: whoever asks them asks again, and others are waiting.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
    max_pool_connections=16,
    # Two fifths of a call's processor time (docs/adr/0020): botocore makes its own user agent anew for every request, and checks again
    # what mypy has checked and the service checks anyway.
    user_agent="fanin",
    parameter_validation=False,
)
_SOURCECONFIG = CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 2}))


@cache
def _session() -> boto3.Session:
    return boto3.Session()


def aws_client(service: str, region: str | None = None) -> Any:
    """A client of a service, in the function's own Region or another."""
    return _session().client(service, region_name=region, config=CONFIG)  # type: ignore[call-overload]  # the name is not a literal here


def events_client(region: str) -> EventBridgeClient:
    """An EventBridge client of a Region."""
    client: EventBridgeClient = aws_client("events", region)
    return client


def source_client(service: str, region: str, credentials: CredentialsTypeDef | None = None) -> Any:
    """A client of a service that is asked about executions, with the function's own credentials or those of a role."""
    keys = (
        {}
        if credentials is None
        else {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }
    )
    return _session().client(service, region_name=region, config=_SOURCECONFIG, **keys)  # type: ignore[call-overload]  # as above
