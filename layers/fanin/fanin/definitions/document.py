"""The definition document: the shape of the language, field by field.

Strict and closed: a field not named here is refused, nothing is converted. The JSON Schema is generated from these models. What one value
must be is in `fields`; keys and windows are in `key_document`, counts in `count_document`, times and calendars in `time_document`,
conditions in `require_document`.
What two values, or two documents, must not be together is in `conflicts` and its neighbours; what becomes of them is in `compiler`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from fanin.definitions.closed import Closed, exactly_one
from fanin.definitions.count_document import Count, FailuresDocument
from fanin.definitions.fields import (
    BusArn,
    Expiry,
    Flag,
    JoinName,
    PredecessorName,
    Projection,
    Settle,
    TargetName,
    YesOrBusinessDays,
    ZoneName,
    refusal,
)
from fanin.definitions.key_document import KeyDocument
from fanin.definitions.names import PREDECESSOR_PATTERN
from fanin.definitions.problems import Code
from fanin.definitions.require_document import Require
from fanin.definitions.source_document import KINDS, WITHOUT_ANCHOR, BatchJobDocument, EcsTaskDocument, EventDocument
from fanin.definitions.source_fields import FunctionArn, GlueJobArn, ProjectArn, StateMachineArn
from fanin.definitions.time_document import MAX_DEADLINES, CalendarDocument, DeadlineDocument, NotBefore

MAX_PREDECESSORS = 1000
MAX_SUCCESSORS = 10
MAX_DESCRIPTION_CHARS = 1024

OnFailureWord = Literal["wait", "fail", "ignore"]
OutcomeWord = Literal["released", "failed"]


class PredecessorDocument(Closed):
    """A named slot, ready when its source has completed successfully for the key; exactly one kind of source."""

    model_config = ConfigDict(json_schema_extra=exactly_one(KINDS))

    state_machine: StateMachineArn | None = Field(
        default=None,
        description="The ARN of a Standard state machine, without version or alias.",
        examples=["arn:aws:states:us-east-1:111111111111:stateMachine:ledger"],
    )
    ecs_task: EcsTaskDocument | None = Field(default=None, description="An ECS task, be it started by Step Functions or by anything else.")
    glue_job: GlueJobArn | None = Field(
        default=None, description="The ARN of a Glue job.", examples=["arn:aws:glue:us-east-1:111111111111:job/load"]
    )
    batch_job: BatchJobDocument | None = Field(default=None, description="A job of AWS Batch.")
    code_build_project: ProjectArn | None = Field(
        default=None, description="The ARN of a CodeBuild project.", examples=["arn:aws:codebuild:us-east-1:111111111111:project/report"]
    )
    lambda_function: FunctionArn | None = Field(
        default=None,
        description="The ARN of a Lambda function whose destinations, on success and on failure, are an event bus that the hub hears.",
        examples=["arn:aws:lambda:us-east-1:111111111111:function:prices"],
    )
    join: JoinName | None = Field(default=None, description="Another join of this hub, whose release is waited for.", examples=["chain"])
    event: EventDocument | None = Field(default=None, description="An event of any other source.")
    trust: Literal["account"] | None = Field(
        default=None,
        description="With lambdaFunction and event: everybody who may put events into that account is believed.",
    )
    key: KeyDocument | None = Field(default=None, description="How its executions say the key, if not as the join's do.")
    on_failure: OnFailureWord | None = Field(
        default=None, description="What its failure means: wait for a rerun, fail the run, or ignore it. The join's own if left out."
    )
    optional: Flag = Field(default=False, description="Ready also if it has not started when the first deadline passes.")
    count: Count | None = Field(
        default=None,
        description="It completes so many times for a key: a number, what another predecessor's output says, or what an event announces.",
        examples=[1000, {"from": "dispatcher", "output": "started"}, "announced"],
    )
    failures: FailuresDocument | None = Field(default=None, description="How many of the counted executions may fail; none if left out.")

    @model_validator(mode="after")
    def _fits_together(self) -> PredecessorDocument:
        kind = self.one_of(KINDS, Code.SOURCE_CHOICE, "the predecessor")
        if kind in WITHOUT_ANCHOR and self.trust is None:
            what = f"anybody who may put events into that account can say this for {kind}"
            raise refusal(Code.TRUST_MISSING, what, "accept that with trust: account, or wait for something else")
        if kind not in WITHOUT_ANCHOR and self.trust is not None:
            raise refusal(Code.TRUST_MISPLACED, f"only AWS can report {kind}, so nobody has to be trusted", "remove trust")
        return self


class PayloadDocument(Closed):
    """What a release carries besides the executions and their times."""

    outputs: Flag = Field(default=False, description="Send the predecessors' outputs along, as the JSON texts they are.")
    project: Projection | None = Field(
        default=None,
        description="A JMESPath expression over the release and its outputs; its value is sent along as a JSON text.",
        examples=["{day: key, total: predecessors.ledger.output.total}"],
    )


class SuccessorDocument(Closed):
    """Where a release goes."""

    target: TargetName = Field(description="A name that the successor's account maps to a state machine.", examples=["daily-close"])
    bus: BusArn = Field(
        description="The event bus of the successor stack.", examples=["arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"]
    )
    payload: PayloadDocument = Field(default=PayloadDocument(), description="What the release carries.")
    on: list[OutcomeWord] = Field(
        default=["released"],
        min_length=1,
        description="Which outcomes it is told of: released, failed, or both.",
        json_schema_extra={"uniqueItems": True},
    )

    @field_validator("on")
    @classmethod
    def _each_once(cls, outcomes: list[OutcomeWord]) -> list[OutcomeWord]:
        if len(outcomes) != len(set(outcomes)):
            raise refusal(Code.OUTCOME_DUPLICATE, "an outcome stands here twice", "name each once")
        return outcomes


class Definition(Closed):
    """When the predecessors have completed for a key, release the successors, once."""

    join: JoinName = Field(description="The name of the join.", examples=["daily-close"])
    description: str = Field(default="", max_length=MAX_DESCRIPTION_CHARS, description="What the join is for, for people.")
    zone: ZoneName = Field(default="UTC", description="The time zone of wall times, and of times shown.", examples=["Asia/Tokyo"])
    key: KeyDocument | None = Field(default=None, description="What ties completions together; without it, latest.")
    calendar: CalendarDocument | None = Field(default=None, description="Which days are business days; without it, Monday to Friday.")
    predecessors: dict[PredecessorName, PredecessorDocument] = Field(
        min_length=1,
        max_length=MAX_PREDECESSORS,
        description="The slots of the join by name.",
        json_schema_extra={"propertyNames": {"pattern": PREDECESSOR_PATTERN}},
    )
    require: Require = Field(default="all", description="Which predecessors must be ready: all, any, at least some, or groups of them.")
    on_failure: OnFailureWord = Field(default="wait", description="What the failure of a predecessor means, unless that says otherwise.")
    not_before: NotBefore | None = Field(default=None, description="A wall time before which nothing is released.", examples=["06:00"])
    deadlines: list[DeadlineDocument] = Field(default=[], max_length=MAX_DEADLINES, description="What happens when it gets late.")
    expect: YesOrBusinessDays | None = Field(
        default=None, description="Open the run when its window opens, on every day or on business days, even if nothing arrives."
    )
    expire_after: Expiry = Field(default="P30D", description="How long a run stays open before it is abandoned.", examples=["P45D"])
    settle: Settle | None = Field(
        default=None, description="How long nothing new may have arrived before a release, at most 15 minutes.", examples=["PT30S"]
    )
    after_release: Literal["ignore", "report", "again"] = Field(
        default="ignore", description="What a late or repeated arrival means: nothing, a notice, or a release again."
    )
    successors: list[SuccessorDocument] = Field(min_length=1, max_length=MAX_SUCCESSORS, description="Where a release goes.")
