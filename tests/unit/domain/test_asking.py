"""Asking: whose sources may be asked, and how much of the API quotas a sweep takes."""

from __future__ import annotations

import pytest

from fanin.domain.asking import Api, Budget, Observed, allowance, look_up_spacing_s
from fanin.domain.completion import Source, SourceKind

pytestmark = pytest.mark.unit

HUB, OTHER, REGION = "111111111111", "333333333333", "us-east-1"


def machine(name: str = "ledger", account: str = HUB, region: str = REGION) -> Source:
    return Source(SourceKind.STEP_FUNCTIONS, f"arn:aws:states:{region}:{account}:stateMachine:{name}")


def test_the_hubs_own_account_and_region_are_asked_and_every_region_of_the_observed_ones() -> None:
    observed = Observed(HUB, REGION, frozenset({OTHER}))
    assert observed.covers(machine())
    assert not observed.covers(machine(region="ap-northeast-1"))
    assert observed.covers(machine(account=OTHER, region="ap-northeast-1"))
    assert not observed.covers(machine(account="444444444444"))
    assert not Observed(HUB, REGION).covers(machine(account=OTHER))
    assert Observed(HUB, REGION, None).covers(machine(account=OTHER))
    assert Observed(HUB, REGION, frozenset({HUB})).covers(machine(region="ap-northeast-1"))
    assert not observed.covers(Source(SourceKind.LAMBDA, f"arn:aws:lambda:{REGION}:{HUB}:function:load"))
    assert not observed.covers(Source(SourceKind.JOIN, "daily-close"))
    assert not observed.covers(Source(SourceKind.EVENT, f"{HUB}:{REGION}:ours.jobs/Done#x"))


@pytest.mark.parametrize(
    ("api", "region", "calls"),
    [
        (Api.LIST_EXECUTIONS, "us-east-1", 60),
        (Api.LIST_EXECUTIONS, "eu-central-1", 24),
        (Api.DESCRIBE_EXECUTION, "us-west-2", 180),
        (Api.DESCRIBE_EXECUTION, "ap-northeast-1", 120),
    ],
)
def test_a_sweep_may_take_a_fifth_of_what_a_quota_gives_in_a_minute(api: Api, region: str, calls: int) -> None:
    assert allowance(api, region) == calls


def test_the_pages_of_an_account_and_region_share_one_quota_and_no_other() -> None:
    budget = Budget()
    assert all(budget.allows_page(machine(str(number))) for number in range(60))
    assert not budget.allows_page(machine())
    assert budget.allows_page(machine(account=OTHER))
    assert budget.allows_page(machine(region="us-west-2"))


def test_news_is_handed_over_as_long_as_it_can_be_looked_up_and_the_first_always() -> None:
    budget = Budget()
    assert budget.allows_news(machine(), 1_000)
    assert not budget.allows_news(machine(), 1)
    assert budget.allows_news(machine(account=OTHER), 100)
    assert budget.allows_news(machine(account=OTHER), 80)
    assert not budget.allows_news(machine(account=OTHER), 1)


def test_builds_of_a_whole_page_are_handed_over_though_their_quota_is_smaller() -> None:
    budget, builds = Budget(), Source(SourceKind.CODEBUILD, f"arn:aws:codebuild:{REGION}:{HUB}:project/report")
    assert budget.allows_page(builds)
    assert budget.allows_news(builds, 100)
    assert not budget.allows_page(builds)


def test_look_ups_are_spread_so_that_they_stay_inside_the_share() -> None:
    assert look_up_spacing_s(machine()) == pytest.approx(1 / 3)
    assert look_up_spacing_s(machine(region="eu-central-1")) == pytest.approx(1 / 2)
