"""Batch jobs, asked: DescribeJobs, and ListJobs of a queue by the name of the job definition.

Jobs that ended are listed for 7 days ("Job states" in the Batch user guide), in the order in which they were created, newest first; with
that filter jobs of every status come, whatever their definition's revision (ListJobs in the API reference). What a job was submitted with
is not in the list. Children of array jobs and nodes are in no list of a queue, and count for nothing here as they do in events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from fanin.adapters.source_answers import Said, as_event, ended_of, lies_before, meaning, running_since_ms
from fanin.composed import composed
from fanin.domain.watch import ListedPage, Watch
from fanin.sources.batch import input_of, is_part, status_of

if TYPE_CHECKING:
    from mypy_boto3_batch import BatchClient
    from mypy_boto3_batch.type_defs import JobDetailTypeDef, JobSummaryTypeDef, ListJobsRequestTypeDef

    from fanin.domain.completion import Completion, Source
    from fanin.signing.strict_json import JsonValue

PAGE_SIZE = 100  # the most that ListJobs gives with a filter


@composed
class BatchSource:
    """How job definitions in a job queue are asked."""

    service: str = "batch"
    absent: frozenset[str] = frozenset({"ClientException"})
    page_unknown: frozenset[str] = frozenset({"ClientException"})

    def ask(self, client: BatchClient, source: Source, execution_id: str) -> Completion | None:
        """See the protocol."""
        found = client.describe_jobs(jobs=[execution_id])["jobs"]
        return _described(found[0]).completion(source) if found else None

    def page(self, client: BatchClient, watch: Watch) -> ListedPage:
        """See the protocol."""
        queue, _, definition = watch.source.arn.rpartition("/")
        request: ListJobsRequestTypeDef = {
            "jobQueue": queue,
            "filters": [{"name": "JOB_DEFINITION", "values": [definition]}],
            "maxResults": PAGE_SIZE,
        }
        if watch.passing is not None and watch.passing.page is not None:
            request["nextToken"] = watch.passing.page
        answer = client.list_jobs(**request)
        said = [_listed(job) for job in answer["jobSummaryList"] if not is_part(job["jobId"])]
        over = bool(said) and lies_before(said[-1], watch.listed_from_ms)
        return ListedPage(ended_of(watch.source, said), running_since_ms(said), None if over else answer.get("nextToken"))


def _listed(job: JobSummaryTypeDef) -> Said:
    detail: dict[str, JsonValue] = {"status": job.get("status", "")}
    return Said(
        job["jobId"], meaning(lambda: status_of(detail)), job.get("createdAt"), job.get("startedAt") or None, job.get("stoppedAt") or None
    )


def _described(job: JobDetailTypeDef) -> Said:
    detail = cast("Mapping[str, JsonValue]", as_event(job))
    return Said(
        execution_id=job["jobId"],
        status=meaning(lambda: status_of(detail)),
        begun_at_ms=job.get("createdAt"),
        started_at_ms=job.get("startedAt") or None,
        stopped_at_ms=job.get("stoppedAt") or None,
        input=input_of(detail),
        detail=detail,
        tags=dict(job.get("tags", {})),
    )
