"""Event buses of any account and Region. PutEvents succeeds as a call while its entry fails: both are looked at.

A call to a bus goes to that bus's own Region's endpoint ("Sending events between accounts", EventBridge user guide).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsResponseTypeDef

_MAX_ENTRIES = 10
_MAX_CALL_BYTES = 250_000


@dataclass(slots=True)
class EventBridgeBus:
    """The `Bus` port; `client_for` makes a client of a Region, and one is kept per Region."""

    client_for: Callable[[str], EventBridgeClient]
    _clients: dict[str, EventBridgeClient] = field(default_factory=dict, init=False)

    def put_all(self, bus_arn: str, source: str, detail_type: str, details: Sequence[str]) -> list[str | None]:
        """See the port. All of a call is for one bus: one that refuses whole calls delays nobody else's events.

        A lost answer counts as a refusal: what is sent twice is recognised, what is not sent at all would be lost.
        """
        return [
            refusal
            for calling in _calls(details, len(source.encode()) + len(detail_type.encode()))
            for refusal in self._put(bus_arn, source, detail_type, calling)
        ]

    def _put(self, bus_arn: str, source: str, detail_type: str, details: Sequence[str]) -> list[str | None]:
        region = bus_arn.split(":")[3]
        client = self._clients.get(region)
        if client is None:
            client = self._clients[region] = self.client_for(region)
        try:
            answer = client.put_events(
                Entries=[{"EventBusName": bus_arn, "Source": source, "DetailType": detail_type, "Detail": detail} for detail in details],
            )
        except ClientError as error:
            return [str(error.response["Error"]["Code"])] * len(details)
        except BotoCoreError as error:
            return [type(error).__name__] * len(details)
        return _refusals(answer, len(details))


def _refusals(answer: PutEventsResponseTypeDef, number: int) -> list[str | None]:
    """What became of each entry; an answer that does not say so of each, or counts a failure that it does not show, is not believed."""
    entries = answer["Entries"]
    refusals: list[str | None] = [
        None if "EventId" in entry and "ErrorCode" not in entry else entry.get("ErrorCode", "Unknown") for entry in entries
    ]
    if len(entries) == number and answer["FailedEntryCount"] == number - refusals.count(None):
        return refusals
    return [*(refusal or "Unknown" for refusal in refusals), *["Unknown"] * (number - len(entries))]


def _calls(details: Sequence[str], other_bytes: int) -> Iterator[list[str]]:
    """As many details as one call takes, in their order ("PutEvents", EventBridge API reference; sizes: "Calculating event entry size")."""
    calling: list[str] = []
    size = 0
    for detail in details:
        entry_bytes = len(detail.encode()) + other_bytes
        if calling and (len(calling) == _MAX_ENTRIES or size + entry_bytes > _MAX_CALL_BYTES):
            yield calling
            calling, size = [], 0
        calling.append(detail)
        size += entry_bytes
    if calling:
        yield calling
