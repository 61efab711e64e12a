"""State machines in memory, with StartExecution's documented idempotency.

The same name with the same input, while the execution runs, succeeds and starts nothing; once it is closed, or with another input, the
name is taken, and the input is compared ("StartExecution" in the Step Functions API reference).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fanin.domain.errors import RejectedError, RetryableError
from fanin.ports import Clock, NameTaken, Started

_MACHINE_PARTS = 7


@dataclass(slots=True)
class MemoryExecution:
    """One execution of one machine."""

    input_text: str
    started_at_ms: int
    running: bool = True


@dataclass(slots=True)
class MemoryMachines:
    """The `StateMachines` port; `executions` holds every execution that was ever started, by its ARN."""

    clock: Clock
    executions: dict[str, MemoryExecution] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    throttled: bool = False

    def start(self, state_machine_arn: str, name: str, input_text: str) -> Started | NameTaken:
        """See the port."""
        if self.throttled:
            raise RetryableError("start-unavailable", "Step Functions was told to throttle")
        if state_machine_arn in self.missing:
            raise RejectedError("state-machine-missing", f"{state_machine_arn} does not exist")
        *machine, _, machine_name = state_machine_arn.split(":")[:_MACHINE_PARTS]
        arn = ":".join((*machine, "execution", machine_name, name))
        found = self.executions.get(arn)
        if found is None:
            found = self.executions[arn] = MemoryExecution(input_text, self.clock.now_ms())
            return Started(arn, found.started_at_ms, already=False)
        if found.input_text != input_text:
            return NameTaken(arn)
        return Started(arn, found.started_at_ms, already=not found.running)

    def close(self, execution_arn: str) -> None:
        """Let an execution end."""
        self.executions[execution_arn].running = False
