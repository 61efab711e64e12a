"""The completion: the normalised terminal report of one execution, whatever its source.

It says what a source said. It does not know joins, keys or slots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class SourceKind(StrEnum):
    """The kinds of thing whose completions count. The value is stored in routes: never rename one."""

    STEP_FUNCTIONS = "stepfunctions"


class Status(StrEnum):
    """How an execution ended, in the words of Step Functions; other kinds are mapped to these."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that completes: a kind and the unqualified ARN of it (for Step Functions the state machine's)."""

    kind: SourceKind
    arn: str

    @property
    def route(self) -> str:
        """The text that routes are stored under: `<kind>:<arn>`."""
        return f"{self.kind.value}:{self.arn}"


@dataclass(frozen=True, slots=True)
class Completion:
    """One execution's terminal report.

    Times are epoch milliseconds, None where the source left them out; `reported_at_ms` is when the report itself was made. `input`
    and `output` stay the JSON texts that AWS gave, never parsed here; None means absent, and `input_included` tells an absent input
    from one that was too large for the event (Step Functions leaves it out when input and output exceed 248 KB together). `detail` is the
    event's own, as JSON values, where a key is read from it.
    """

    source: Source
    account: str
    region: str
    execution_id: str
    execution_arn: str
    status: Status
    reported_at_ms: int
    started_at_ms: int | None
    stopped_at_ms: int | None
    input: str | None
    input_included: bool
    output: str | None
    output_included: bool
    detail: Mapping[str, object] | None = None
