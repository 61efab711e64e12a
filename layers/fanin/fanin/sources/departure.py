"""The departures queue's message: which delivery to look at. Only our own functions send there, and it is parsed as if anybody did."""

from __future__ import annotations

from fanin.domain.delivery import DeliveryId
from fanin.domain.run import RunId
from fanin.sources.envelope import parse_body, text_of


def parse_departure(body: str) -> DeliveryId:
    """The delivery a message names; RejectedError when it names none."""
    value = parse_body(body)
    return DeliveryId(RunId(text_of(value, "join"), text_of(value, "key")), text_of(value, "delivery"))
