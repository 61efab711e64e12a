"""The announcement: an event that says how often a counted predecessor completes for a key."""

from __future__ import annotations

from dataclasses import dataclass

ANNOUNCEMENT_SOURCE = "fanin.count"
ANNOUNCEMENT_DETAIL_TYPE = "Fan-in Count"


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announcement; `account` is the one EventBridge says it came from, `at_ms` when EventBridge says it was put."""

    account: str
    join: str
    key: str
    predecessor: str
    count: int
    at_ms: int
