"""Work that a state machine may start without waiting for its end, as a table: what it is, how to wait, and which predecessor waits for it.

The integrations that can wait are those with "Run a Job (.sync)" in "Integrating optimized services with Step Functions". Messages
are their own kind: whoever gets them works on, and no state can wait for that but by a token. What is published to a topic is taken
for a notification: in most state machines it is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fanin_cli.lint import predecessors
from fanin_cli.lint.parameters import Parameters
from fanin_cli.lint.predecessors import Instead, Place


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work. `looks` are the calls by which a state machine may ask how it goes."""

    what: str
    instead: Callable[[Parameters, Place], Instead] | None = None
    looks: frozenset[str] = frozenset()
    can_wait: bool = True


def _named(what: str, *looks: str) -> Work:
    return Work(what, looks=frozenset(looks))


WORK: Mapping[str, Work] = {
    "ecs:runTask": Work("an ECS task", predecessors.ecs_task, frozenset({"ecs:describeTasks", "ecs:listTasks"})),
    "glue:startJobRun": Work("a Glue job run", predecessors.glue_job, frozenset({"glue:getJobRun", "glue:getJobRuns"})),
    "batch:submitJob": Work("a Batch job", predecessors.batch_job, frozenset({"batch:describeJobs", "batch:listJobs"})),
    "codebuild:startBuild": Work("a build", predecessors.build, frozenset({"codebuild:batchGetBuilds"})),
    "states:startExecution": Work("another execution", predecessors.execution, frozenset({"states:describeExecution"})),
    "lambda:invoke": Work("a function", predecessors.function, can_wait=False),
    "lambda:invokeAsync": Work("a function", predecessors.function, can_wait=False),
    "codebuild:startBuildBatch": _named("a batch of builds", "codebuild:batchGetBuildBatches"),
    "athena:startQueryExecution": _named("a query", "athena:getQueryExecution"),
    "databrew:startJobRun": _named("a DataBrew job run", "databrew:describeJobRun"),
    "elasticmapreduce:addStep": _named("a step of a cluster", "elasticmapreduce:describeStep"),
    "emr-containers:startJobRun": _named("an EMR job run", "emr-containers:describeJobRun"),
    "emr-serverless:startJobRun": _named("an EMR job run", "emr-serverless:getJobRun"),
    "eks:runJob": _named("a Kubernetes job"),
    "mediaconvert:createJob": _named("a MediaConvert job", "mediaconvert:getJob"),
    "sagemaker:createTrainingJob": _named("a training job", "sagemaker:describeTrainingJob"),
    "sagemaker:createTransformJob": _named("a transform job", "sagemaker:describeTransformJob"),
    "sagemaker:createProcessingJob": _named("a processing job", "sagemaker:describeProcessingJob"),
}

MESSAGES: Mapping[str, str] = {
    "events:putEvents": "an event",
    "sqs:sendMessage": "a message",
    "sqs:sendMessageBatch": "messages",
}
