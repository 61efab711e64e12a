"""Glue job runs, asked: GetJobRun and GetJobRuns.

Runs are listed for 90 days, newest first ("Job runs" in the Glue developer guide), with their arguments, so that nothing about them has to
be looked up again. A retry is a run of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fanin.adapters.source_answers import Said, ended_of, lies_before, meaning, milliseconds, running_since_ms
from fanin.composed import composed
from fanin.domain.watch import ListedPage, Watch
from fanin.sources.glue import status_of
from fanin.sources.kind import Text, as_json

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_glue.type_defs import GetJobRunsRequestTypeDef, JobRunTypeDef

    from fanin.domain.completion import Completion, Source

PAGE_SIZE = 50


@composed
class GlueSource:
    """How jobs are asked."""

    service: str = "glue"
    absent: frozenset[str] = frozenset({"EntityNotFoundException"})
    page_unknown: frozenset[str] = frozenset({"InvalidInputException"})

    def ask(self, client: GlueClient, source: Source, execution_id: str) -> Completion | None:
        """See the protocol."""
        return _said(client.get_job_run(JobName=_job(source), RunId=execution_id)["JobRun"]).completion(source)

    def page(self, client: GlueClient, watch: Watch) -> ListedPage:
        """See the protocol."""
        request: GetJobRunsRequestTypeDef = {"JobName": _job(watch.source), "MaxResults": PAGE_SIZE}
        if watch.passing is not None and watch.passing.page is not None:
            request["NextToken"] = watch.passing.page
        answer = client.get_job_runs(**request)
        said = [_said(run) for run in answer["JobRuns"]]
        over = bool(said) and lies_before(said[-1], watch.listed_from_ms)
        return ListedPage(ended_of(watch.source, said), running_since_ms(said), None if over else answer.get("NextToken"))


def _said(run: JobRunTypeDef) -> Said:
    state, started_at_ms = run.get("JobRunState", ""), milliseconds(run.get("StartedOn"))
    return Said(
        execution_id=run["Id"],
        status=meaning(lambda: status_of(state)),
        begun_at_ms=started_at_ms,
        started_at_ms=started_at_ms,
        stopped_at_ms=milliseconds(run.get("CompletedOn")),
        input=Text(as_json({"arguments": dict(run.get("Arguments", {}))})),
        detail={"jobName": run.get("JobName"), "jobRunId": run["Id"], "state": state, "message": run.get("ErrorMessage")},
    )


def _job(source: Source) -> str:
    return source.arn.rpartition(":job/")[2]
