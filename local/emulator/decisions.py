"""Every IAM decision: corrected where MiniStack decides on something else than AWS does, then recorded.

MiniStack evaluates Action, Resource and Condition of identity, boundary, session and resource policies. Corrected here: a batch
call is decided under the action that AWS names (sqs:SendMessageBatch is not an IAM action), a KMS alias under its key's ARN,
`aws:PrincipalArn` is the role and not its session, PutEvents knows events:source and events:detail-type of each entry, and Sign
knows kms:SigningAlgorithm.
"""

import contextvars
import json
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam, kms, sts

from local.emulator import record

_BATCHES = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
# These act on the alias itself; every other action on an alias acts on its key.
_ALIAS_ACTIONS = frozenset({"kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"})

_entries: contextvars.ContextVar[list[dict[str, Any]]] = contextvars.ContextVar("fanin_put_events_entries", default=[])  # noqa: B039  # never mutated

_algorithm: contextvars.ContextVar[str] = contextvars.ContextVar("fanin_signing_algorithm", default="")


def install() -> None:
    iam_evaluator.enforce = _recording(iam_evaluator.enforce)
    iam_evaluator._resolve_condition_key = _with_role_as_principal(iam_evaluator._resolve_condition_key)
    iam_actions.extract_resource_arn = _remembering_algorithm(iam_actions.extract_resource_arn)
    iam_actions.eventbridge_resource_arns = _remembering_entries(iam_actions.eventbridge_resource_arns)


def _recording(enforce: Any) -> Any:
    def decide(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        action = _BATCHES.get(iam_action, iam_action)
        resource = _key_of_alias(action, resource_arn)
        denied = None
        for keys in request_keys(action, resource, region):
            denied = enforce(access_key_id, action, service, region, resource, {**(service_context or {}), **keys})
            if denied:
                break
        account, role = _caller(access_key_id)
        record.decision(account, role, action, resource, allowed=denied is None)
        return denied

    return decide


def _caller(access_key_id: str) -> tuple[str, str | None]:
    """The caller's account and, for a role's session, the role's name."""
    arn = str((sts._sessions.get(access_key_id) or {}).get("Arn", ""))
    name = role_name(arn)
    return (arn.split(":")[4], name) if name else (get_account_id(), None)


def _key_of_alias(action: str, resource: str) -> str:
    if ":alias/" not in resource or not action.startswith("kms:") or action in _ALIAS_ACTIONS:
        return resource
    key = kms._resolve_key(resource)
    return str(key["Arn"]) if key else resource


def request_keys(action: str, resource: str, region: str) -> list[dict[str, Any]]:
    """The condition keys that a call brings itself, a set for each thing it does: PutEvents one for each event.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    if action == "kms:Sign":
        return [{"kms:signingalgorithm": _algorithm.get()}]
    return event_keys(resource, region) if action == "events:PutEvents" else [{}]


def event_keys(bus_arn: str, region: str) -> list[dict[str, Any]]:
    """The condition keys of each event that a PutEvents call puts on the bus."""
    buses = (
        (f"arn:aws:events:{region}:{get_account_id()}:event-bus/{entry.get('EventBusName') or 'default'}", entry)
        for entry in _entries.get()
    )
    found = [keys_of(entry) for arn, entry in buses if bus_arn in (arn, entry.get("EventBusName"))]
    return found or [{}]


def keys_of(entry: dict[str, Any]) -> dict[str, Any]:
    return {"events:source": entry.get("Source", ""), "events:detail-type": entry.get("DetailType", "")}


def _remembering_algorithm(extract: Any) -> Any:
    def remember(service: str, method: str, path: str, headers: Any, body: bytes, *others: Any) -> Any:
        if service == "kms":
            try:
                _algorithm.set(str(json.loads(body or b"{}").get("SigningAlgorithm", "")))
            except (ValueError, AttributeError):
                _algorithm.set("")
        return extract(service, method, path, headers, body, *others)

    return remember


def _remembering_entries(resource_arns: Any) -> Any:
    def remember(body: bytes, region: str, account_id: str) -> Any:
        try:
            entries = json.loads(body or b"{}").get("Entries", [])
        except (ValueError, AttributeError):
            entries = []
        _entries.set([entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else [])
        return resource_arns(body, region, account_id)

    return remember


def _with_role_as_principal(resolve: Any) -> Any:
    def resolved(key: str, context: Any) -> Any:
        value = resolve(key, context)
        return role_arn_of(str(value)) if key.lower() == "aws:principalarn" else value

    return resolved


def role_name(session_arn: str) -> str | None:
    """The name of the role that a session's ARN is of; None for any other ARN."""
    resource = session_arn.rpartition(":")[2].split("/")
    return resource[1] if resource[0] == "assumed-role" else None


def role_arn_of(session_arn: str) -> str:
    """The role behind a session's ARN, with its path; any other ARN as it is."""
    name = role_name(session_arn)
    if name is None:
        return session_arn
    _, partition, _, _, account, _ = session_arn.split(":", 5)
    role = iam._roles.get_scoped(account, None, name)
    return str(role["Arn"]) if role else f"arn:{partition}:iam::{account}:role/{name}"
