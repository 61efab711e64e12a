"""The envelope that EventBridge puts around an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime


def event_body(source: str, detail_type: str, account: str, region: str, at_ms: int, event_id: str, detail: Mapping[str, object]) -> str:
    """An event as the arrivals queue holds it; `at_ms` is epoch milliseconds."""
    time = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()
    members = {"version": "0", "id": event_id, "detail-type": detail_type, "source": source, "account": account, "time": time}
    return json.dumps({**members, "region": region, "resources": [], "detail": detail})
