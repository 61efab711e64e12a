"""Asking: whom this deployment may ask, and how much of an account's API quotas it takes for that. Pure.

Quotas are per account and Region, and others need them too: of the documented refill rate of each, a fifth is ours. Rates are from "Step
Functions service quotas" ("Quotas related to API action throttling"), "Request throttling for the Amazon ECS API" and, for Batch, the
knowledge center's "Too Many Requests" page; Glue and CodeBuild publish none, so a cautious five a second is assumed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from fanin.domain.completion import Source, SourceKind

SHARE = 0.2
SWEEP_S = 60


class Api(StrEnum):
    """What shares one quota: an API action, or a group of them."""

    LIST_EXECUTIONS = "states:ListExecutions"
    DESCRIBE_EXECUTION = "states:DescribeExecution"
    ECS_READS = "ecs: cluster resource read actions"
    GLUE_READS = "glue:GetJobRuns, glue:GetJobRun"
    BATCH_CALLS = "batch: all actions"
    CODEBUILD_READS = "codebuild:ListBuildsForProject, codebuild:BatchGetBuilds"


_UNPUBLISHED_PER_S = 5
_LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
_REFILL_PER_S: Mapping[Api, tuple[int, int]] = {
    # in the three large Regions, and in all others
    Api.LIST_EXECUTIONS: (5, 2),
    Api.DESCRIBE_EXECUTION: (15, 10),
    Api.ECS_READS: (20, 20),
    Api.BATCH_CALLS: (50, 50),
    Api.GLUE_READS: (_UNPUBLISHED_PER_S, _UNPUBLISHED_PER_S),
    Api.CODEBUILD_READS: (_UNPUBLISHED_PER_S, _UNPUBLISHED_PER_S),
}
_PAGE: Mapping[SourceKind, tuple[Api, ...]] = {
    SourceKind.STEP_FUNCTIONS: (Api.LIST_EXECUTIONS,),
    # a list of ids alone, and then each of them
    SourceKind.ECS: (Api.ECS_READS, Api.ECS_READS),
    SourceKind.CODEBUILD: (Api.CODEBUILD_READS, Api.CODEBUILD_READS),
    SourceKind.GLUE: (Api.GLUE_READS,),
    SourceKind.BATCH: (Api.BATCH_CALLS,),
}
_LOOK_UP: Mapping[SourceKind, Api] = {
    SourceKind.STEP_FUNCTIONS: Api.DESCRIBE_EXECUTION,
    SourceKind.ECS: Api.ECS_READS,
    SourceKind.CODEBUILD: Api.CODEBUILD_READS,
    SourceKind.GLUE: Api.GLUE_READS,
    SourceKind.BATCH: Api.BATCH_CALLS,
}
ASKED_KINDS = frozenset(_PAGE)
# The kinds whose executions may succeed after they failed, under the same id.
CHANGE_THEIR_MINDS = frozenset({SourceKind.STEP_FUNCTIONS})


class Observed(NamedTuple):
    """Where may be asked: the hub's own account and Region, and the accounts that gave the hub a role to observe them with.

    None is every account that has given one: which they are only asking tells.
    """

    hub_account: str
    hub_region: str
    accounts: frozenset[str] | None = frozenset()

    def covers(self, source: Source) -> bool:
        """Whether a source can be asked at all: its kind has an API for it, and its account lets the hub look."""
        own = (source.account, source.region) == (self.hub_account, self.hub_region)
        return source.kind in ASKED_KINDS and (own or self.accounts is None or source.account in self.accounts)


@dataclass(slots=True)
class Budget:
    """What one sweep may still ask, by account, Region and API; not for several sweeps."""

    spent: Counter[tuple[str | None, str | None, Api]] = field(default_factory=Counter)
    _handed_over: set[tuple[str | None, str | None, Api]] = field(default_factory=set)

    def allows_page(self, source: Source) -> bool:
        """Take the calls for one page of a source's list; False, and nothing taken, when they are not there."""
        return self._take(source, Counter(_PAGE[source.kind]))

    def allows_news(self, source: Source, number: int) -> bool:
        """Take the look-ups that the collector will need for so many reports; the first ones always may, or nothing would ever move."""
        wanted = Counter({_LOOK_UP[source.kind]: number})
        quota = source.account, source.region, _LOOK_UP[source.kind]
        if quota in self._handed_over:
            return self._take(source, wanted)
        self._handed_over.add(quota)
        self._spend(source, wanted)
        return True

    def _take(self, source: Source, calls: Counter[Api]) -> bool:
        account, region = source.account, source.region
        if any(self.spent[account, region, api] + number > allowance(api, region) for api, number in calls.items()):
            return False
        self._spend(source, calls)
        return True

    def _spend(self, source: Source, calls: Counter[Api]) -> None:
        self.spent.update({(source.account, source.region, api): number for api, number in calls.items()})


def allowance(api: Api, region: str | None) -> int:
    """How many calls a sweep may make, or cause, in one account and Region."""
    return int(refill_per_s(api, region) * SHARE * SWEEP_S)


def refill_per_s(api: Api, region: str | None) -> int:
    """The documented refill rate of a quota."""
    return _REFILL_PER_S[api][region not in _LARGE_REGIONS]


def look_up_spacing_s(source: Source) -> float:
    """How far apart reports of a source are handed over, so that looking them up stays inside the share."""
    return 1 / (refill_per_s(_LOOK_UP[source.kind], source.region) * SHARE)
