"""What an execution is called, kind by kind, in any partition."""

import pytest

from fanin.domain.completion import Source, SourceKind
from fanin.domain.execution_arn import execution_arn

pytestmark = pytest.mark.unit

NAMED = {
    SourceKind.STEP_FUNCTIONS: (
        "arn:aws-cn:states:cn-north-1:111111111111:stateMachine:stateMachine",
        "arn:aws-cn:states:cn-north-1:111111111111:execution:stateMachine:x",
    ),
    SourceKind.ECS: (
        "arn:aws:ecs:us-east-1:111111111111:cluster/batch/nightly-load",
        "arn:aws:ecs:us-east-1:111111111111:task/batch/x",
    ),
    SourceKind.GLUE: ("arn:aws:glue:us-east-1:111111111111:job/load", "arn:aws:glue:us-east-1:111111111111:job/load/run/x"),
    SourceKind.BATCH: (
        "arn:aws-us-gov:batch:us-gov-west-1:111111111111:job-queue/nightly/load",
        "arn:aws-us-gov:batch:us-gov-west-1:111111111111:job/x",
    ),
    SourceKind.CODEBUILD: (
        "arn:aws:codebuild:us-east-1:111111111111:project/report",
        "arn:aws:codebuild:us-east-1:111111111111:build/report:x",
    ),
    SourceKind.LAMBDA: (
        "arn:aws:lambda:us-east-1:111111111111:function:prices",
        "arn:aws:lambda:us-east-1:111111111111:function:prices/request/x",
    ),
    SourceKind.JOIN: ("daily-close", "daily-close/x"),
    SourceKind.EVENT: ("111111111111:us-east-1:aws.s3/Object Created#0123456789abcdef", "111111111111:us-east-1:aws.s3/Object Created/x"),
}


@pytest.mark.parametrize("kind", SourceKind)
def test_an_execution_is_of_its_source(kind: SourceKind) -> None:
    arn, named = NAMED[kind]
    assert execution_arn(Source(kind, arn), "x") == named


@pytest.mark.parametrize("kind", SourceKind)
def test_a_source_is_in_an_account_and_a_region(kind: SourceKind) -> None:
    source = Source(kind, NAMED[kind][0])
    assert (source.account, source.region is None) == (None if kind is SourceKind.JOIN else "111111111111", kind is SourceKind.JOIN)
    assert source.region is None or source.region in source.arn


def test_rules_for_the_same_events_share_a_route() -> None:
    one, other = (Source(SourceKind.EVENT, f"111111111111:us-east-1:aws.s3/Object Created#{digest}") for digest in "12")
    assert one != other
    assert one.route == other.route == "event:111111111111:us-east-1:aws.s3/Object Created"


def test_a_route_is_the_kind_and_the_arn() -> None:
    arn = NAMED[SourceKind.GLUE][0]
    assert Source(SourceKind.GLUE, arn).route == f"glue:{arn}"
