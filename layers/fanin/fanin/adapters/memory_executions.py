"""The sources in memory: what a look-up of an execution would tell."""

from __future__ import annotations

from dataclasses import dataclass, field

from fanin.domain.completion import Completion
from fanin.domain.errors import RetryableError


@dataclass(slots=True)
class MemoryExecutions:
    """The `Executions` port; `known` maps an execution's ARN to what the source knows of it, the rest may not be asked about."""

    known: dict[str, Completion] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    throttled: bool = False

    def describe(self, completion: Completion) -> Completion | None:
        """See the port."""
        self.asked.append(completion.execution_arn)
        if self.throttled:
            raise RetryableError("source-unavailable", "the source was told to throttle")
        return self.known.get(completion.execution_arn)
