"""Event buses of any account and Region. PutEvents succeeds as a call while its entry fails: both are looked at.

A call to a bus goes to that bus's own Region's endpoint ("Sending events between accounts", EventBridge user guide).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


@dataclass(slots=True)
class EventBridgeBus:
    """The `Bus` port; `client_for` makes a client of a Region, and one is kept per Region."""

    client_for: Callable[[str], EventBridgeClient]
    _clients: dict[str, EventBridgeClient] = field(default_factory=dict, init=False)

    def put(self, bus_arn: str, source: str, detail_type: str, detail: str) -> str | None:
        """See the port. A lost answer counts as a refusal: what is sent twice is recognised, what is not sent at all would be lost."""
        region = bus_arn.split(":")[3]
        client = self._clients.get(region)
        if client is None:
            client = self._clients[region] = self.client_for(region)
        try:
            answer = client.put_events(
                Entries=[{"EventBusName": bus_arn, "Source": source, "DetailType": detail_type, "Detail": detail}],
            )
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        except BotoCoreError as error:
            return type(error).__name__
        entry = answer["Entries"][0]
        if answer["FailedEntryCount"] or "EventId" not in entry:
            return entry.get("ErrorCode", "Unknown")
        return None
