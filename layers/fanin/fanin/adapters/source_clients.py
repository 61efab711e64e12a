"""Clients for asking sources: with the function's own role in the hub's account and Region, with an observer's role anywhere else.

The observer's role is what stacks/predecessor.yaml makes for its account and Region; it lets this hub in by its bus as external id, and
reads only. Its credentials last an hour and are renewed a few minutes before. An account that does not let the hub in may not be asked,
which is an answer and no failure; it is asked again after a while.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from fanin.adapters.aws_clients import aws_client, source_client
from fanin.domain.errors import RetryableError

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

    from fanin.domain.completion import Source
    from fanin.ports import Clock

RENEW_BEFORE_MS = 300_000
REFUSED_FOR_MS = 300_000
_REFUSED = frozenset({"AccessDenied", "AccessDeniedException", "RegionDisabledException"})


@dataclass(slots=True)
class SourceClients:
    """Makes a client for each service, account and Region once, and again when its credentials are about to expire."""

    hub_bus_arn: str
    accounts: frozenset[str] | None
    clock: Clock
    sts: Callable[[], STSClient] = lambda: aws_client("sts")
    make: Callable[[str, str, CredentialsTypeDef | None], Any] = source_client
    _clients: dict[tuple[str, str, str], tuple[int | None, Any]] = field(default_factory=dict, init=False)
    _roles: dict[tuple[str, str], tuple[int, CredentialsTypeDef | None]] = field(default_factory=dict, init=False)

    def client(self, service: str, source: Source) -> Any | None:
        """A client of a service where a source is; None where the hub may not look, RetryableError when that could not be found out."""
        account, region = source.account, source.region
        if account is None or region is None:
            return None
        name, now_ms = (service, account, region), self.clock.now_ms()
        until_ms, client = self._clients.get(name, (0, None))
        if until_ms is None or now_ms < until_ms:
            return client
        if [region, account] == self.hub_bus_arn.split(":")[3:5]:
            until_ms, credentials = None, None
        else:
            until_ms, credentials = self._role(account, region, now_ms)
            if credentials is None:
                return None
        client = self.make(service, region, credentials)
        self._clients[name] = until_ms, client
        return client

    def _role(self, account: str, region: str, now_ms: int) -> tuple[int, CredentialsTypeDef | None]:
        """The observer's credentials in an account and Region (None: it does not let the hub in), and until when that holds."""
        if self.accounts is not None and account not in self.accounts:
            return now_ms, None
        until_ms, credentials = self._roles.get((account, region), (0, None))
        if now_ms >= until_ms:
            until_ms, credentials = self._assumed(account, region, now_ms)
            self._roles[account, region] = until_ms, credentials
        return until_ms, credentials

    def _assumed(self, account: str, region: str, now_ms: int) -> tuple[int, CredentialsTypeDef | None]:
        # No role is assumed across partitions, so theirs is the hub's.
        partition, hub = self.hub_bus_arn.split(":")[1], self.hub_bus_arn.rsplit("/", 1)[-1]
        role = f"arn:{partition}:iam::{account}:role/fanin/fanin-observer-{hub}-{region}"
        try:
            answer = self.sts().assume_role(RoleArn=role, RoleSessionName=f"fanin-{hub}", ExternalId=self.hub_bus_arn)
        except ClientError as error:
            if error.response["Error"]["Code"] in _REFUSED:
                return now_ms + REFUSED_FOR_MS, None
            raise RetryableError("source-unavailable", f"the observer's role could not be assumed in {account}") from error
        except BotoCoreError as error:
            raise RetryableError("source-unavailable", f"the observer's role could not be assumed in {account}") from error
        credentials = answer["Credentials"]
        return round(credentials["Expiration"].timestamp() * 1000) - RENEW_BEFORE_MS, credentials
