"""CodeBuild builds, asked: BatchGetBuilds, and ListBuildsForProject.

Builds are kept for a year ("Quotas for AWS CodeBuild") and listed by their ids alone, newest first, which is the order that the API has
when none is asked for; asking for one is refused where a project has over a hundred builds. Each has to be looked up, and is then
remembered. Events say times in whole seconds, and the start of the phase COMPLETED for the end. So are they read here, or one build would
end twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from fanin.adapters.source_answers import Said, ended_of, lies_before, meaning, milliseconds, remembered, running_since_ms
from fanin.composed import composed
from fanin.domain.watch import ListedPage, Watch
from fanin.sources.codebuild import build_input, status_of

if TYPE_CHECKING:
    from mypy_boto3_codebuild import CodeBuildClient
    from mypy_boto3_codebuild.type_defs import BuildTypeDef, ListBuildsForProjectInputTypeDef

    from fanin.domain.completion import Completion, Source
    from fanin.signing.strict_json import JsonValue

_SECOND_MS = 1000


@composed
class CodeBuildSource:
    """How projects are asked."""

    service: str = "codebuild"
    absent: frozenset[str] = frozenset({"ResourceNotFoundException", "InvalidInputException"})
    page_unknown: frozenset[str] = frozenset({"InvalidInputException"})

    def ask(self, client: CodeBuildClient, source: Source, execution_id: str) -> Completion | None:
        """See the protocol."""
        found = _builds(client, [f"{_project(source)}:{execution_id}"])
        return found[0].completion(source) if found else None

    def page(self, client: CodeBuildClient, watch: Watch) -> ListedPage:
        """See the protocol."""
        request: ListBuildsForProjectInputTypeDef = {"projectName": _project(watch.source)}
        if watch.passing is not None and watch.passing.page is not None:
            request["nextToken"] = watch.passing.page
        answer = client.list_builds_for_project(**request)
        listed = answer.get("ids", [])
        known = {one: digest for one in listed if (digest := remembered(watch, _id(one))) is not None}
        said = _builds(client, [one for one in listed if one not in known])
        over = bool(said) and lies_before(min(said, key=lambda one: one.begun_at_ms or 0), watch.listed_from_ms)
        following = None if over else answer.get("nextToken")
        return ListedPage(ended_of(watch.source, said), running_since_ms(said), following, tuple(known.values()), looked_up=True)


def _builds(client: CodeBuildClient, ids: Sequence[str]) -> list[Said]:
    return [_said(build) for build in client.batch_get_builds(ids=ids).get("builds", [])] if ids else []


def _said(build: BuildTypeDef) -> Said:
    variables: dict[str, JsonValue] = {one["name"]: one["value"] for one in build.get("environment", {}).get("environmentVariables", [])}
    word, version, initiator = build.get("buildStatus", ""), build.get("sourceVersion"), build.get("initiator")
    completed = [one.get("startTime") for one in build.get("phases", []) if one.get("phaseType") == "COMPLETED"]
    started_at_ms = _whole_seconds_ms(build.get("startTime"))
    return Said(
        execution_id=_id(build["id"]),
        status=meaning(lambda: status_of(word)),
        begun_at_ms=started_at_ms,
        started_at_ms=started_at_ms,
        stopped_at_ms=_whole_seconds_ms(completed[-1] if completed else build.get("endTime")),
        input=build_input(variables, version, initiator),
        detail={
            "build-status": word,
            "build-id": build.get("arn"),
            "project-name": build.get("projectName"),
            "additional-information": {
                "environment": {
                    "environment-variables": [dict(one) for one in build.get("environment", {}).get("environmentVariables", [])]
                },
                "source-version": version,
                "initiator": initiator,
            },
        },
    )


def _whole_seconds_ms(moment: datetime | None) -> int | None:
    at_ms = milliseconds(moment)
    return None if at_ms is None else at_ms // _SECOND_MS * _SECOND_MS


def _id(name: str) -> str:
    return name.rpartition(":")[2]


def _project(source: Source) -> str:
    return source.arn.rpartition(":project/")[2]
