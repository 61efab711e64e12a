"""Condition keys of a request that MiniStack does not know: what an event says of itself, and how a key is used.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

import contextvars
import json
from typing import Any

from ministack.core import iam_actions
from ministack.core.responses import get_account_id

_entries: contextvars.ContextVar[list[dict[str, Any]]] = contextvars.ContextVar("fanin_put_events_entries")


def install() -> None:
    iam_actions.eventbridge_resource_arns = _remembering_entries(iam_actions.eventbridge_resource_arns)
    iam_actions.request_tag_context = _with_key_use(iam_actions.request_tag_context)


def of_events(action: str, bus_arn: str, region: str) -> list[dict[str, Any]]:
    """The keys of each event that a PutEvents call puts on the bus, to be decided on one by one; for any other call, one set of none."""
    if action != "events:PutEvents":
        return [{}]
    here = f"arn:aws:events:{region}:{get_account_id()}:event-bus/"
    names = ((entry.get("EventBusName") or "default", entry) for entry in _entries.get([]))
    return [of_event(entry) for name, entry in names if bus_arn in (name, f"{here}{name}")] or [{}]


def of_event(entry: dict[str, Any]) -> dict[str, Any]:
    return {"events:source": entry.get("Source", ""), "events:detail-type": entry.get("DetailType", "")}


def _remembering_entries(resource_arns: Any) -> Any:
    """The decision is asked for bus by bus, without the request; this is called just before, with it."""

    def remember(body: bytes, region: str, account_id: str) -> Any:
        entries = _document(body).get("Entries")
        _entries.set([entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else [])
        return resource_arns(body, region, account_id)

    return remember


def _with_key_use(request_tags: Any) -> Any:
    def found(service: str, iam_action: str, body: bytes, params: Any) -> dict[str, Any]:
        keys: dict[str, Any] = request_tags(service, iam_action, body, params)
        return {**keys, **of_key_use(_document(body))} if service == "kms" else keys

    return found


def of_key_use(request: dict[str, Any]) -> dict[str, Any]:
    alias = str(request.get("KeyId", "")).rpartition(":")[2]
    keys = {
        "kms:SigningAlgorithm": request.get("SigningAlgorithm"),
        "kms:MessageType": request.get("MessageType", "RAW") if "SigningAlgorithm" in request else None,
        "kms:RequestAlias": alias if alias.startswith("alias/") else None,
    }
    return {key: value for key, value in keys.items() if value is not None}


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
