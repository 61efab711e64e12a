"""The kinds of field that name a source: ARNs, and the names that AWS gives to what has no ARN of its own.

A source may be in the accounts that the hub listens to, and nowhere else.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo

from fanin.definitions import arns, names
from fanin.definitions.fields import checked, options, refusal
from fanin.definitions.problems import Code


def _allowed(account: str, info: ValidationInfo) -> None:
    allowed = options(info).allowed_accounts
    if allowed is not None and account not in allowed:
        hint = f"deploy the predecessor stack in {account} and add it to the hub stack's predecessor accounts"
        raise refusal(Code.ACCOUNT_NOT_ALLOWED, f"the hub takes no completions from the account {account}", hint)


def _arn_allowed(arn: str, info: ValidationInfo) -> str:
    _allowed(arns.account_of(arn), info)
    return arn


def _account_allowed(account: str, info: ValidationInfo) -> str:
    _allowed(account, info)
    return account


def _pattern(pattern: str) -> Any:  # what Field() itself says it gives
    return Field(json_schema_extra={"pattern": pattern})


_IN_ALLOWED_ACCOUNT = AfterValidator(_arn_allowed)

StateMachineArn = Annotated[str, checked(arns.state_machine_arn), _IN_ALLOWED_ACCOUNT, _pattern(arns.STATE_MACHINE.pattern)]
ClusterArn = Annotated[str, checked(arns.CLUSTER.checked), _IN_ALLOWED_ACCOUNT, _pattern(arns.CLUSTER.pattern)]
FamilyName = Annotated[str, checked(names.family_name), _pattern(names.FAMILY_PATTERN)]
GlueJobArn = Annotated[str, checked(arns.GLUE_JOB.checked), _IN_ALLOWED_ACCOUNT, _pattern(arns.GLUE_JOB.pattern)]
JobQueueArn = Annotated[str, checked(arns.JOB_QUEUE.checked), _IN_ALLOWED_ACCOUNT, _pattern(arns.JOB_QUEUE.pattern)]
JobDefinitionName = Annotated[str, checked(names.job_definition_name), _pattern(names.JOB_DEFINITION_PATTERN)]
ProjectArn = Annotated[str, checked(arns.PROJECT.checked), _IN_ALLOWED_ACCOUNT, _pattern(arns.PROJECT.pattern)]
FunctionArn = Annotated[str, checked(arns.FUNCTION.checked), _IN_ALLOWED_ACCOUNT, _pattern(arns.FUNCTION.pattern)]
AccountId = Annotated[str, checked(names.account_id), AfterValidator(_account_allowed), _pattern(names.ACCOUNT_PATTERN)]
RegionName = Annotated[str, checked(names.region_name), _pattern(names.REGION_PATTERN)]
EventSource = Annotated[str, checked(names.event_source), _pattern(names.EVENT_TEXT_PATTERN)]
EventDetailType = Annotated[str, checked(names.event_detail_type), _pattern(names.EVENT_TEXT_PATTERN)]
