"""Executions by name: what AWS, or else fanin, calls one execution of a source, as it stands in releases and on screens.

Forms: "Actions, resources, and condition keys" of each service in the Service Authorization Reference. Glue job runs, Lambda requests,
releases and events have no ARN there; they are named by their source and their own id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fanin.domain.completion import Source, SourceKind


def execution_arn(source: Source, execution_id: str) -> str:
    """The name of an execution of a source: its ARN where it has one."""
    return _NAMED[source.kind](source.arn, execution_id)


def _of_step_functions(arn: str, execution_id: str) -> str:
    return f"{arn.replace(':stateMachine:', ':execution:', 1)}:{execution_id}"


def _of_ecs(arn: str, execution_id: str) -> str:
    cluster = arn.rpartition("/")[0]
    return f"{cluster.replace(':cluster/', ':task/', 1)}/{execution_id}"


def _of_glue(arn: str, execution_id: str) -> str:
    return f"{arn}/run/{execution_id}"


def _of_batch(arn: str, execution_id: str) -> str:
    return f"{arn.partition(':job-queue/')[0]}:job/{execution_id}"


def _of_codebuild(arn: str, execution_id: str) -> str:
    return f"{arn.replace(':project/', ':build/', 1)}:{execution_id}"


def _of_lambda(arn: str, execution_id: str) -> str:
    return f"{arn}/request/{execution_id}"


def _of_join(arn: str, execution_id: str) -> str:
    return f"{arn}/{execution_id}"


def _of_event(arn: str, execution_id: str) -> str:
    return f"{arn.partition('#')[0]}/{execution_id}"


_NAMED: Mapping[SourceKind, Callable[[str, str], str]] = {
    SourceKind.STEP_FUNCTIONS: _of_step_functions,
    SourceKind.ECS: _of_ecs,
    SourceKind.GLUE: _of_glue,
    SourceKind.BATCH: _of_batch,
    SourceKind.CODEBUILD: _of_codebuild,
    SourceKind.LAMBDA: _of_lambda,
    SourceKind.JOIN: _of_join,
    SourceKind.EVENT: _of_event,
}
