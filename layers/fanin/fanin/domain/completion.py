"""The completion: the normalised terminal report of one execution, whatever its source.

It says what a source said. It does not know joins, keys or slots.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

_REGION, _ACCOUNT = 3, 4  # of an ARN
_EVENT_PARTS = {_ACCOUNT: 0, _REGION: 1}


class SourceKind(StrEnum):
    """The kinds of thing whose completions count. The value is stored in routes: never rename one."""

    STEP_FUNCTIONS = "stepfunctions"
    ECS = "ecs"
    GLUE = "glue"
    BATCH = "batch"
    CODEBUILD = "codebuild"
    LAMBDA = "lambda"
    JOIN = "join"
    EVENT = "event"

    __hash__ = str.__hash__  # it is equal to its value, and hashed several times for each completion: Enum's own hash is Python


UNANCHORED = frozenset({SourceKind.LAMBDA, SourceKind.EVENT})
"""Kinds whose events anybody may put who may put events into the account at all."""


class Status(StrEnum):
    """How an execution ended, in the words of Step Functions; other kinds are mapped to these."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"

    __hash__ = str.__hash__


class Source(NamedTuple):
    """One thing that completes: a kind, and what names the thing among all of its kind.

    stepfunctions  the ARN of the state machine, unqualified
    ecs            <ARN of the cluster>/<task definition family>
    glue           the ARN of the job
    batch          <ARN of the job queue>/<name of the job definition>
    codebuild      the ARN of the project
    lambda         the ARN of the function, unqualified
    join           the name of the join
    event          <account>:<region>:<event source>/<detail-type>#<digest of what else its rule says>
    """

    kind: SourceKind
    arn: str

    @property
    def route(self) -> str:
        """The text that routes are stored under: `<kind>:<arn>`. All rules for events of one source and detail-type share a route."""
        return f"{self.kind.value}:{self.arn.partition('#')[0] if self.kind is SourceKind.EVENT else self.arn}"

    @property
    def account(self) -> str | None:
        """The account it is in; None for a join, which is the hub's."""
        return self._part(_ACCOUNT)

    @property
    def region(self) -> str | None:
        """The Region it is in; None for a join."""
        return self._part(_REGION)

    def _part(self, number: int) -> str | None:
        if self.kind is SourceKind.JOIN:
            return None
        return self.arn.split(":", _ACCOUNT + 1)[_EVENT_PARTS[number] if self.kind is SourceKind.EVENT else number]


class Completion(NamedTuple):
    """One execution's terminal report.

    Times are epoch milliseconds, None where the source left them out; `reported_at_ms` is when the report itself was made. `input`
    and `output` stay the JSON texts that AWS gave, never parsed here; None means absent, and `input_included` tells an absent input
    from one that was too large for the event (Step Functions leaves it out when input and output exceed 248 KB together). `detail` is the
    event's own, as JSON values, where a key is read from it. `tags` are the execution's own, None when nobody has looked them up.
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
    tags: Mapping[str, str] | None = None
