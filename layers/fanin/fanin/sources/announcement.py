"""Announcements of counts, as events on the hub bus (schemas/count.schema.json): source `fanin.count`, detail-type `Fan-in Count`."""

from __future__ import annotations

from fanin.domain.announcement import Announcement
from fanin.domain.counting import MAX_COUNT
from fanin.domain.errors import RejectedError
from fanin.sources.envelope import Envelope, text_of

_MEMBERS = frozenset({"v", "join", "key", "predecessor", "count"})


def announcement_of(envelope: Envelope) -> Announcement:
    """What such an event announces; RejectedError `count-malformed` unless it has exactly the members that it must have."""
    detail = envelope.detail
    if detail.keys() != _MEMBERS or detail["v"] != 1:
        raise RejectedError("count-malformed", f"the detail must have exactly the members {', '.join(sorted(_MEMBERS))}, and v must be 1")
    count = detail["count"]
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MAX_COUNT:
        raise RejectedError("count-malformed", f"the count is no whole number from 0 to {MAX_COUNT}")
    return Announcement(
        account=envelope.account,
        join=text_of(detail, "join"),
        key=text_of(detail, "key"),
        predecessor=text_of(detail, "predecessor"),
        count=count,
        at_ms=envelope.time_ms,
    )
