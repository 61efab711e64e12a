"""What a role may do when AWS acts for it: MiniStack makes such calls in its own process and asks nobody.

The decision is the one that a call with the role's credentials would meet: identity policies, permissions boundary, and the
resource's policy where the service keeps one. It is recorded like any other.
"""

from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam

from local.emulator import record


def role_may(role_arn: str, action: str, resource: str, keys: dict[str, Any] | None = None, *, recorded: bool = True) -> bool:
    """Whether the role may do this on the resource, in the account that the role is of. `keys`: condition keys, in lower case."""
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    context = _context(role_arn, action, resource, keys or {})
    limits = iam_evaluator._permissions_boundary(iam._roles, name, account)
    result = iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(name, account), *limits)
    found = iam_evaluator._resource_policy(action.partition(":")[0], resource)
    if found is not None:
        result = iam_evaluator.combine_resource_policy(result, context, *found, limits=limits)
    allowed = bool(result.decision == "Allow")
    if recorded:
        record.decision(account, name, action, resource, allowed=allowed)
    return allowed


def trusts(role_arn: str, service: str, keys: dict[str, Any] | None = None) -> bool:
    """Whether the role's trust policy lets the AWS service assume it. `keys`: condition keys, in lower case (aws:SourceArn of a rule)."""
    role = iam._roles.get_scoped(role_arn.split(":")[4], None, role_arn.rsplit("/", 1)[-1]) or {}
    return service_may(role.get("AssumeRolePolicyDocument"), service, "sts:AssumeRole", role_arn, keys or {})


def service_may(policy: Any, service: str, action: str, resource: str, keys: dict[str, Any]) -> bool:
    """Whether a resource's policy lets an AWS service, by its principal, do this. `keys`: condition keys, in lower case."""
    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=_region_of(resource),
        service_context=keys,
    )
    return bool(policy and iam_evaluator.evaluate_resource_policy(policy, context, service=service).decision == "Allow")


def _context(role_arn: str, action: str, resource: str, keys: dict[str, Any]) -> Any:
    return iam_evaluator.EvalContext(
        principal_arn=role_arn,
        principal_type="AssumedRole",
        principal_account=role_arn.split(":")[4],
        action=action,
        resource_arn=resource,
        region=_region_of(resource),
        service_context=keys,
    )


def _region_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[3] if len(parts) > 3 else ""
