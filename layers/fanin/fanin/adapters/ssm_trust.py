"""The pinned keys, in a Systems Manager parameter of the successor's stack: changed by a deployment, read without one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from fanin.domain.errors import RetryableError
from fanin.signing.trust import TrustDocument, parse_trust

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

    from fanin.ports import Clock

RELOAD_AFTER_MS = 60_000  # anybody can name an unknown key: a flood of them reads the parameter once a minute
STALE_AFTER_MS = 300_000  # a key that was taken out is refused everywhere after five minutes


@dataclass(slots=True)
class SsmTrust:
    """The `TrustSource` port."""

    client: SSMClient
    name: str
    clock: Clock
    _document: TrustDocument | None = field(default=None, init=False)
    _read_at_ms: int = field(default=0, init=False)

    def load(self) -> TrustDocument:
        """See the port."""
        return self._read(STALE_AFTER_MS)

    def reload(self) -> TrustDocument:
        """See the port."""
        return self._read(RELOAD_AFTER_MS)

    def _read(self, at_most_ms: int) -> TrustDocument:
        now_ms = self.clock.now_ms()
        if self._document is not None and now_ms - self._read_at_ms < at_most_ms:
            return self._document
        try:
            text = self.client.get_parameter(Name=self.name)["Parameter"]["Value"]
        except (ClientError, BotoCoreError) as error:
            raise RetryableError("trust-unavailable", f"the parameter {self.name} with the pinned keys could not be read") from error
        self._document, self._read_at_ms = parse_trust(text), now_ms
        return self._document
