"""Events of fanin's own: receipts of successors, and notices as they come back to the hub."""

from __future__ import annotations

import json

from fanin.domain.announcement import ANNOUNCEMENT_DETAIL_TYPE, ANNOUNCEMENT_SOURCE
from fanin.domain.delivery import Delivery
from fanin.domain.receipt import RECEIPT_DETAIL_TYPE, RECEIPT_SOURCE
from fanin.sources.join import DETAIL_TYPE, EVENT_SOURCE
from fanin_cli.scenario.envelope import event_body

HUB_ACCOUNT, HUB_REGION = "000000000000", "us-east-1"


def receipt(delivery: Delivery, issuer: str, at_ms: int) -> str:
    """The event by which a successor reports that it has started what a release asked for."""
    _, partition, _, region, account, _ = delivery.bus_arn.split(":", 5)
    detail = {
        "v": 1,
        "jti": delivery.jti,
        "iss": issuer,
        "sub": delivery.sub,
        "target": delivery.target,
        "executionArn": f"arn:{partition}:states:{region}:{account}:execution:{delivery.target}:scenario",
        "outcome": "started",
        "verifiedAt": at_ms,
        "startedAt": at_ms,
    }
    return event_body(RECEIPT_SOURCE, RECEIPT_DETAIL_TYPE, account, region, at_ms, f"receipt-{delivery.jti}", detail)


def told_back(notice: Delivery, at_ms: int) -> str:
    """The event that a notice is on the hub's bus, for joins that wait for another's release."""
    _, _, _, region, account, _ = notice.bus_arn.split(":", 5)
    return event_body(EVENT_SOURCE, DETAIL_TYPE, account, region, at_ms, f"notice-{notice.id.name}", json.loads(notice.payload))


def announcement(join: str, predecessor: str, key: str, count: int, at_ms: int, event_id: str) -> str:
    """The event by which somebody in the hub's account says how often a counted predecessor completes."""
    detail = {"v": 1, "join": join, "key": key, "predecessor": predecessor, "count": count}
    return event_body(ANNOUNCEMENT_SOURCE, ANNOUNCEMENT_DETAIL_TYPE, HUB_ACCOUNT, HUB_REGION, at_ms, event_id, detail)
