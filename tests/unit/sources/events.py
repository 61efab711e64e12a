"""Events as the arrivals queue holds them: honest ones, and changes to make dishonest ones of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

NOW_MS = 1_774_983_600_000
HUB, OTHER, REGION = "111111111111", "333333333333", "us-east-1"


class _Removed:
    """Stands for a member that is left out; its name in a test's name is the same in every process."""

    def __repr__(self) -> str:
        return "REMOVED"


REMOVED = _Removed()


def brief(value: object) -> str:
    """A parameter's name in a test's name: some are endless."""
    return "removed" if value is REMOVED else ascii(value)[:24]


def machine_arn(name: str = "ledger", account: str = HUB, region: str = REGION, partition: str = "aws") -> str:
    return f"arn:{partition}:states:{region}:{account}:stateMachine:{name}"


def execution_arn(machine: str, execution: str) -> str:
    return f"{machine.replace(':stateMachine:', ':execution:', 1)}:{execution}"


def event(detail: object, **members: object) -> dict[str, object]:
    """An event around a detail; a member given as REMOVED is left out."""
    whole: dict[str, object] = {
        "version": "0",
        "id": "3f3c2f9e-6b0c-4a56-9d3c-1c8a5d1f7a10",
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": HUB,
        "time": "2026-03-31T18:59:59Z",
        "region": REGION,
        "resources": [],
        "detail": detail,
        **{name.replace("_", "-"): value for name, value in members.items()},
    }
    return {name: value for name, value in whole.items() if value is not REMOVED}


def detail(
    machine: str = machine_arn(),
    execution: str = "close",
    status: str = "SUCCEEDED",
    input: object = '{"businessDate": "2026-03-31"}',  # noqa: A002 the event's own name for it
    changes: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """The detail of a status change; a member changed to REMOVED is left out."""
    whole: dict[str, object] = {
        "executionArn": execution_arn(machine, execution),
        "stateMachineArn": machine,
        "name": execution,
        "status": status,
        "startDate": NOW_MS - 180_000,
        "stopDate": NOW_MS - 2_000,
        "input": input,
        "output": '{"entries": 12841}' if status == "SUCCEEDED" else None,
        "inputDetails": {"included": input is not None},
        "outputDetails": {"included": True} if status == "SUCCEEDED" else None,
        "error": None,
        "cause": None,
        **(changes or {}),
    }
    return {name: value for name, value in whole.items() if value is not REMOVED}


def status_change(
    machine: str = machine_arn(),
    execution: str = "close",
    status: str = "SUCCEEDED",
    *,
    key: str | None = "2026-03-31",
    stopped_at_ms: int = NOW_MS - 2_000,
    reported_at_ms: int | None = None,
    changes: Mapping[str, object] | None = None,
) -> str:
    """The body of a status change, from the account and Region of the machine."""
    parts = machine.split(":")
    body = detail(
        machine,
        execution,
        status,
        None if key is None else json.dumps({"businessDate": key}),
        {"startDate": stopped_at_ms - 1000, "stopDate": stopped_at_ms, **(changes or {})},
    )
    reported = datetime.fromtimestamp((stopped_at_ms if reported_at_ms is None else reported_at_ms) / 1000, UTC)
    return json.dumps(event(body, account=parts[4], region=parts[3], time=f"{reported:%Y-%m-%dT%H:%M:%SZ}"))
