"""Every IAM decision: corrected where MiniStack decides on something else than AWS does, then recorded.

MiniStack evaluates Action, Resource and Condition of identity, boundary, session and resource policies. Corrected here: a batch
call is decided under the action that AWS names (sqs:SendMessageBatch is not an IAM action), a KMS alias under its key's ARN;
`aws:PrincipalArn` is the role and not its session, and `aws:PrincipalIsAWSService` is there. The condition keys of events and keys, which
MiniStack lacks as well, are in local.emulator.condition_keys.
"""

from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam, kms, sts

from local.emulator import condition_keys, record

_BATCHES = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
# These act on the alias itself; every other action on an alias acts on its key.
_ALIAS_ACTIONS = frozenset({"kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"})


def install() -> None:
    iam_evaluator.enforce = _recording(iam_evaluator.enforce)
    iam_evaluator._resolve_condition_key = _with_role_as_principal(iam_evaluator._resolve_condition_key)


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
        for keys in condition_keys.of_events(action, resource, region):
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


def _with_role_as_principal(resolve: Any) -> Any:
    def resolved(key: str, context: Any) -> Any:
        if key.lower() == "aws:principalisawsservice":
            return str(context.principal_type == "Service").lower()
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
