"""What roles were granted, and what they were used for: the deployed policies, and the local AWS's record of every decision."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from local import LocalAws


@dataclass(frozen=True, slots=True)
class Grant:
    """An action that a role may take, on resources that a pattern names."""

    role: str
    action: str
    resource: str = "*"

    def covers(self, call: Grant) -> bool:
        return (self.role, self.action) == (call.role, call.action) and fnmatchcase(call.resource, self.resource)


def role_of(aws: LocalAws, account: str, function: str) -> str:
    """The name of a function's role."""
    arn: str = aws.client(account, "lambda").get_function_configuration(FunctionName=function)["Role"]
    return arn.rsplit("/", 1)[-1]


def policies_of(aws: LocalAws, account: str, role: str) -> dict[str, dict[str, Any]]:
    """The policies of a role, by name. All are its own: a managed one would be somebody else's to change."""
    iam = aws.client(account, "iam")
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}


def granted(aws: LocalAws, account: str, role: str) -> set[Grant]:
    """Everything that a role's policies allow, one action and one resource at a time."""
    statements = [one for policy in policies_of(aws, account, role).values() for one in policy["Statement"] if one["Effect"] == "Allow"]
    return {
        Grant(role, action, resource)
        for statement in statements
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def calls(aws: LocalAws, *, allowed: bool) -> Iterator[Grant]:
    """Every call that a role made since the local AWS came up and that was allowed, or denied."""
    with aws.iam_calls.open(encoding="utf-8") as lines:
        for line in lines:
            call = json.loads(line)
            if call["role"] is not None and call["allowed"] is allowed:
                yield Grant(call["role"], call["action"], call["resource"])


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
