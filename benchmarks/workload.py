"""What arrives: definitions of joins of a width, and the completions of their runs, as EventBridge delivers them to the arrivals queue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

HUB, SUCCESSOR, REGION = "111111111111", "222222222222", "us-east-1"
SUCCESSOR_BUS = f"arn:aws:events:{REGION}:{SUCCESSOR}:event-bus/fanin-successor"
MOST_NAMED = 128
NOW_MS = 1_774_983_600_000
TARGET = "daily-close"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Join:
    """A join keyed by a business date in its predecessors' input.

    Up to 128 predecessors are state machines of their own; a wider join counts the executions of one.
    """

    width: int
    name: str = "daily-close"

    @property
    def is_counted(self) -> bool:
        """Whether it waits for so many executions of one state machine."""
        return self.width > MOST_NAMED

    @property
    def machines(self) -> int:
        """How many state machines it names."""
        return 1 if self.is_counted else self.width

    def definition(self) -> dict[str, object]:
        """As people write it."""
        counted = {"count": self.width} if self.is_counted else {}
        names = [f"job-{slot}" for slot in range(self.machines)]
        return {
            "join": self.name,
            "key": {"input": "businessDate"},
            "predecessors": {name: {"stateMachine": machine_arn(f"{self.name}-{name}"), **counted} for name in names},
            "successors": [{"target": TARGET, "bus": SUCCESSOR_BUS}],
        }

    def completion(self, key: str, number: int) -> str:
        """The body of the message that reports the `number`th completion of a run."""
        machine = f"{self.name}-job-{number % self.machines}"
        return completion(machine, self.execution(key, number), key, NOW_MS - 1000 + number % 1000)

    def execution(self, key: str, number: int) -> str:
        """The name of the `number`th execution of a run."""
        return f"{self.name}-{key}-{number}"


def machine_arn(name: str, account: str = HUB) -> str:
    return f"arn:aws:states:{REGION}:{account}:stateMachine:{name}"


def completion(machine: str, execution: str, key: str, stopped_at_ms: int, status: str = "SUCCEEDED", account: str = HUB) -> str:
    """A `Step Functions Execution Status Change` event with every member that AWS gives it."""
    arn = f"arn:aws:states:{REGION}:{account}:execution:{machine}:{execution}"
    return json.dumps(
        {
            "version": "0",
            "id": "3f3c2f9e-6b0c-4a56-9d3c-1c8a5d1f7a10",
            "detail-type": "Step Functions Execution Status Change",
            "source": "aws.states",
            "account": account,
            "time": "2026-03-31T18:59:59Z",
            "region": REGION,
            "resources": [arn],
            "detail": {
                "executionArn": arn,
                "stateMachineArn": machine_arn(machine, account),
                "name": execution,
                "status": status,
                "startDate": stopped_at_ms - 180_000,
                "stopDate": stopped_at_ms,
                "input": json.dumps({"businessDate": key, "region": "eu", "requestedBy": "scheduler"}),
                "output": json.dumps({"rows": 12841, "checksum": "b1946ac92492d2347c6235b4d2611184"}),
                "stateMachineVersionArn": None,
                "stateMachineAliasArn": None,
                "redriveCount": 0,
                "redriveDate": None,
                "redriveStatus": "NOT_REDRIVABLE",
                "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
                "inputDetails": {"included": True},
                "outputDetails": {"included": True},
                "error": None,
                "cause": None,
            },
        }
    )


def key_of(number: int) -> str:
    """A key that looks like what people use, and is no date after the first few thousand."""
    return f"2026-03-31/{number:05d}"


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """In order, `size` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))
