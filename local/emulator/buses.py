"""Buses of other accounts: MiniStack refuses their ARNs in PutEvents and drops them as targets of rules.

An entry for a foreign bus is put there, in that account and Region, with the sender's account, if the bus's resource policy lets
the sender; the sender's identity policy was decided on before (local.emulator.decisions). A refused entry carries the code that
AWS documents for it: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
Entries are held to AWS's required members, to well-formed detail and to 256 KB a call (some pages say 1 MB by now; the lower counts).
"""

import json
import time
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, new_uuid, request_scope
from ministack.services import eventbridge

from local.emulator import condition_keys, decisions, record

_MAX_CALL_BYTES = 256 * 1024
_TIME_BYTES = 14


@dataclass(frozen=True, slots=True)
class Sender:
    """Who puts an event: the ARN that a policy's Principal is compared with, the account, and the condition keys it brings."""

    arn: str
    account: str
    keys: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an entry was not put, as PutEvents reports it."""

    code: str
    message: str


def install() -> None:
    eventbridge._put_events = _across_accounts(eventbridge._put_events)


def _across_accounts(put_events: Any) -> Any:
    def put(request: dict[str, Any], allow_aws_source: bool = False) -> Any:
        if allow_aws_source:  # an AWS service's own event
            return put_events(request, allow_aws_source=True)
        entries = request.get("Entries", [])
        if not 1 <= len(entries) <= 10 or sum(size_bytes(entry) for entry in entries) >= _MAX_CALL_BYTES:
            return error_response_json(
                "ValidationException", "1 to 10 entries, of less than 262144 bytes in total, are put in a call.", 400
            )
        results = [_put_one(put_events, entry) for entry in entries]
        return json_response({"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results})

    return put


def size_bytes(entry: dict[str, Any]) -> int:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html"""
    texts = [entry.get("Source"), entry.get("DetailType"), entry.get("Detail"), *entry.get("Resources", [])]
    return sum(len((text or "").encode()) for text in texts) + (_TIME_BYTES if entry.get("Time") else 0)


def _put_one(put_events: Any, entry: dict[str, Any]) -> dict[str, str]:
    refusal = _malformed(entry)
    name = entry.get("EventBusName") or "default"
    bus = foreign_bus(name)
    sender = Sender(iam_evaluator.caller_arn(), get_account_id(), condition_keys.of_event(entry))
    if refusal is None and bus is not None:
        refusal = _refused_source(entry) or refused_by(bus, sender)
        if refusal is None:
            event = event_of(entry)
            deliver(event, bus)
            return {"EventId": event["EventId"]}
    if refusal is None:
        refusal = denied_by(own_bus(name), sender)
    if refusal is not None:
        return {"ErrorCode": refusal.code, "ErrorMessage": refusal.message}
    answer = json.loads(put_events({"Entries": [entry]})[2])
    result: dict[str, str] = answer["Entries"][0]
    return result


def foreign_bus(name_or_arn: str) -> Any:
    """The parsed ARN of another account's bus in this Region; None for a bus of this account, which MiniStack handles."""
    if not name_or_arn.startswith("arn:"):
        return None
    arn = parse_arn(name_or_arn)
    return arn if arn.account_id != get_account_id() and arn.region == get_region() else None


def own_bus(name_or_arn: str) -> Any:
    """The parsed ARN of a bus of this account."""
    arn = name_or_arn if name_or_arn.startswith("arn:") else f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{name_or_arn}"
    return parse_arn(arn)


def _malformed(entry: dict[str, Any]) -> Refusal | None:
    for member in ("Source", "DetailType", "Detail"):
        if not entry.get(member):
            return Refusal("InvalidArgument", f"Parameter {member} is not valid. Reason: {member} is a required argument.")
    try:
        well_formed = isinstance(json.loads(entry["Detail"]), dict)
    except (ValueError, RecursionError):
        well_formed = False
    return None if well_formed else Refusal("MalformedDetail", "Detail is malformed.")


def _refused_source(entry: dict[str, Any]) -> Refusal | None:
    return Refusal("NotAuthorizedForSourceException", "Not authorized for the source.") if entry["Source"].startswith("aws.") else None


def refused_by(bus: Any, sender: Sender) -> Refusal | None:
    """What the resource policy of another account's bus says to the sender; None lets it."""
    if _decision(bus, sender) == "Allow":
        return None
    return _refused(bus, sender, "because no resource-based policy allows the events:PutEvents action")


def denied_by(bus: Any, sender: Sender) -> Refusal | None:
    """What the resource policy of a bus says to its own account, whose identity policies are enough unless it denies; None lets it."""
    return _refused(bus, sender, "with an explicit deny in a resource-based policy") if _decision(bus, sender) == "Deny" else None


def _decision(bus: Any, sender: Sender) -> str:
    name = bus.resource.partition("/")[2]
    policy = eventbridge._event_bus_policies.get_scoped(bus.account_id, bus.region, name)
    context = iam_evaluator.EvalContext(
        principal_arn=sender.arn,
        principal_type="AssumedRole" if ":assumed-role/" in sender.arn else "Root",
        principal_account=sender.account,
        action="events:PutEvents",
        resource_arn=str(bus),
        region=bus.region,
        service_context=sender.keys,
    )
    return str(iam_evaluator.evaluate_resource_policy(policy, context).decision) if policy else "ImplicitDeny"


def _refused(bus: Any, sender: Sender, why: str) -> Refusal:
    record.decision(sender.account, decisions.role_name(sender.arn), "events:PutEvents", str(bus), allowed=False)
    message = f"User: {sender.arn} is not authorized to perform: events:PutEvents on resource: {bus} {why}"
    return Refusal("AccessDeniedException", message)


def deliver(event: dict[str, Any], bus: Any) -> None:
    """Match the event against the rules of the bus, in the account and Region of the bus. The event keeps its own account and Region."""
    name = bus.resource.partition("/")[2]
    with request_scope(bus.account_id, bus.region):
        eventbridge._ensure_default_bus()
        arrived = {**event, "EventBusName": name, "_DispatchPath": [], "_Crossed": True}
        eventbridge._dispatch_event(arrived)
        eventbridge._archive_event({key: value for key, value in arrived.items() if not key.startswith("_")})


def event_of(entry: dict[str, Any]) -> dict[str, Any]:
    """The event that an entry becomes, with the account and Region of whoever puts it."""
    return {
        "EventId": new_uuid(),
        "Source": entry["Source"],
        "DetailType": entry["DetailType"],
        "Detail": entry["Detail"],
        "Time": int(time.time()),
        "Resources": entry.get("Resources", []),
        "Account": get_account_id(),
        "Region": get_region(),
    }
