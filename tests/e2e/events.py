"""Events as EventBridge would deliver them to the hub's arrivals queue, made by hand where no execution could bring them about."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from local.aws import DEFAULT_REGION


def completion(machine: str, name: str, status: str = "SUCCEEDED", **given: Any) -> dict[str, Any]:
    """The event of an execution's end, just now; `given` is its input."""
    now_ms = time.time_ns() // 1_000_000
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    output = {"output": json.dumps({"rows": 42}), "outputDetails": {"included": True}} if status == "SUCCEEDED" else {}
    detail = {
        "executionArn": execution,
        "stateMachineArn": machine,
        "name": name,
        "status": status,
        "startDate": now_ms - 5000,
        "stopDate": now_ms,
        "input": json.dumps(given),
        "inputDetails": {"included": True},
        "output": None,
        "outputDetails": None,
        **output,
    }
    return event("aws.states", "Step Functions Execution Status Change", detail, machine.split(":")[4], [execution])


def event(source: str, detail_type: str, detail: Any, account: str, resources: list[str] | None = None) -> dict[str, Any]:
    """The envelope that EventBridge puts around a detail."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": DEFAULT_REGION,
        "resources": resources or [],
        "detail": detail,
    }


def changed(base: dict[str, Any], detail: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    """An event that differs in members of its detail, or in its own."""
    return {**base, "detail": {**base["detail"], **(detail or {})}, **members}


def without(base: dict[str, Any], *names: str) -> dict[str, Any]:
    """An event whose detail lacks members."""
    return {**base, "detail": {name: value for name, value in base["detail"].items() if name not in names}}


def body(of: Any) -> str:
    """The text that the queue holds."""
    return json.dumps(of)
