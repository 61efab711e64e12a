"""Sources in a definition: what a predecessor waits for, where that takes more than an ARN."""

from __future__ import annotations

from pydantic import Field, model_validator

from fanin.definitions.closed import Closed
from fanin.definitions.fields import EventPath, EventPattern, StatusWord, refusal
from fanin.definitions.problems import Code, quoted
from fanin.definitions.source_fields import (
    AccountId,
    ClusterArn,
    EventDetailType,
    EventSource,
    FamilyName,
    JobDefinitionName,
    JobQueueArn,
    RegionName,
)

MAX_STATUS_WORDS = 32
KINDS = ("stateMachine", "ecsTask", "glueJob", "batchJob", "codeBuildProject", "lambdaFunction", "join", "event")
WITHOUT_ANCHOR = ("lambdaFunction", "event")

_WITH_KIND = {
    ("aws.states", "Step Functions Execution Status Change"): "stateMachine",
    ("aws.ecs", "ECS Task State Change"): "ecsTask",
    ("aws.glue", "Glue Job State Change"): "glueJob",
    ("aws.batch", "Batch Job State Change"): "batchJob",
    ("aws.codebuild", "CodeBuild Build State Change"): "codeBuildProject",
    ("lambda", "Lambda Function Invocation Result - Success"): "lambdaFunction",
    ("lambda", "Lambda Function Invocation Result - Failure"): "lambdaFunction",
    ("fanin.hub", "Fan-in Notice"): "join",
}


class EcsTaskDocument(Closed):
    """Tasks of a family of task definitions in a cluster, however they are started."""

    cluster: ClusterArn = Field(description="The ARN of the cluster.", examples=["arn:aws:ecs:us-east-1:111111111111:cluster/batch"])
    family: FamilyName = Field(description="The family of task definitions; every revision counts.", examples=["nightly-load"])


class BatchJobDocument(Closed):
    """Jobs of a job definition in a job queue."""

    queue: JobQueueArn = Field(description="The ARN of the job queue.", examples=["arn:aws:batch:us-east-1:111111111111:job-queue/nightly"])
    definition: JobDefinitionName = Field(description="The name of the job definition; every revision counts.", examples=["load"])


class StatusDocument(Closed):
    """How an event says that something succeeded or failed."""

    path: EventPath = Field(description="A JMESPath expression on the event, which gives the status.", examples=["detail.state"])
    succeeded: list[StatusWord] = Field(min_length=1, max_length=MAX_STATUS_WORDS, description="What it is of a success.")
    failed: list[StatusWord] = Field(
        default=[], max_length=MAX_STATUS_WORDS, description="What it is of a failure. Anything else is no end, and ignored."
    )

    @model_validator(mode="after")
    def _each_means_one_thing(self) -> StatusDocument:
        words = [*self.succeeded, *self.failed]
        repeated = sorted({word for word in words if words.count(word) > 1})
        if repeated:
            raise refusal(Code.STATUS_REPEATED, f"{quoted(repeated[0])} stands here twice", "let each word mean one thing")
        return self


class EventDocument(Closed):
    """Any events of one source and detail-type: which of them, and where in them everything is."""

    account: AccountId = Field(description="The account that the events come from.", examples=["111111111111"])
    region: RegionName = Field(description="The Region that they come from.", examples=["us-east-1"])
    source: EventSource = Field(description="Their source.", examples=["aws.s3", "com.example.ledger"])
    detail_type: EventDetailType = Field(description="Their detail-type.", examples=["Object Created"])
    pattern: EventPattern | None = Field(
        default=None,
        description="An event pattern, in the form of EventBridge, that they match; all of them if left out.",
        examples=[{"detail": {"bucket": {"name": ["inbox"]}, "object": {"key": [{"prefix": "prices/"}]}}}],
    )
    id: EventPath = Field(
        description="A JMESPath expression on the event: what names the execution, the same in each report of it.",
        examples=["detail.object.key", "id"],
    )
    status: StatusDocument | None = Field(default=None, description="How they say success and failure; if left out, each is a success.")
    started_at: EventPath | None = Field(
        default=None, description="Where they say when it started: as ISO 8601, or in epoch seconds or milliseconds."
    )
    stopped_at: EventPath | None = Field(default=None, description="Likewise when it stopped; the event's own time if left out.")
    input: EventPath | None = Field(default=None, description="What in them is the input; the event's detail if left out.")

    @model_validator(mode="after")
    def _has_no_kind(self) -> EventDocument:
        kind = _WITH_KIND.get((self.source, self.detail_type))
        if kind is not None:
            what = f"{quoted(self.detail_type)} of {quoted(self.source)} has a kind of its own"
            raise refusal(Code.EVENT_HAS_KIND, what, f"write {kind}: … instead of event")
        return self
