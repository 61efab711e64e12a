"""What tests/template/test_matching.py must notice."""

from __future__ import annotations

from collections.abc import Mapping

from tests.template import test_matching
from tests.template.mutation import Mutant, to, without
from tests.template.templates import HUB, PREDECESSOR

_SUCCEEDED = {"name": "succeeded", "rule": "CompletionsRule"}
_PATTERN = "Properties.EventPattern"

MUTANTS: Mapping[str, Mutant] = {
    "a source spelled wrong": Mutant(
        test_matching.test_an_event_of_the_hubs_account_is_let_in_by_the_rule_of_its_kind,
        HUB,
        to(f"EcsTasksRule.{_PATTERN}.source", ["aws.esc"]),
        {"name": "ecs-stopped", "rule": "EcsTasksRule"},
    ),
    "two rules for one event": Mutant(
        test_matching.test_an_event_of_the_hubs_account_is_let_in_by_the_rule_of_its_kind,
        HUB,
        to(f"EventsRule.{_PATTERN}.source", ["aws.s3", "aws.states"]),
        _SUCCEEDED,
    ),
    "a kind that is not forwarded": Mutant(
        test_matching.test_an_event_of_another_account_or_region_is_forwarded_once_and_let_in_once,
        PREDECESSOR,
        to(f"ForwardRule.{_PATTERN}.detail-type", ["Step Functions Execution Changed"]),
        {**_SUCCEEDED, "account": "333333333333"},
    ),
    "other Regions forgotten": Mutant(
        test_matching.test_an_event_of_another_account_or_region_is_forwarded_once_and_let_in_once,
        HUB,
        to(f"ForwardedCompletionsRule.{_PATTERN}.account", ["333333333333"]),
        {**_SUCCEEDED, "account": "111111111111"},
    ),
    "any account": Mutant(
        test_matching.test_an_event_of_an_account_that_is_not_listed_is_matched_by_nothing,
        HUB,
        without(f"ForwardedCompletionsRule.{_PATTERN}.account"),
        {"name": "succeeded"},
    ),
    "an organization held to a list": Mutant(
        test_matching.test_an_organization_is_matched_whatever_the_account,
        HUB,
        to(f"ForwardedCompletionsRule.{_PATTERN}.account", [{"Ref": "AWS::AccountId"}]),
    ),
    "releases of joins from any account": Mutant(
        test_matching.test_receipts_and_releases_of_joins_come_on_the_hub_bus_from_their_accounts,
        HUB,
        without(f"JoinsRule.{_PATTERN}.account"),
    ),
    "every notice a completion": Mutant(
        test_matching.test_receipts_and_releases_of_joins_come_on_the_hub_bus_from_their_accounts,
        HUB,
        without(f"JoinsRule.{_PATTERN}.detail"),
    ),
    "counts from anybody": Mutant(
        test_matching.test_a_count_comes_from_the_hub_or_a_predecessor,
        HUB,
        without(f"CountsRule.{_PATTERN}.account"),
        {"account": "222222222222", "rules": set()},
    ),
    "counts that are not forwarded": Mutant(
        test_matching.test_a_count_comes_from_the_hub_or_a_predecessor,
        PREDECESSOR,
        without("ForwardCountsRule"),
        {"account": "333333333333", "rules": {"CountsRule"}},
    ),
    "every task of every service": Mutant(
        test_matching.test_tasks_of_services_and_steps_on_the_way_are_left_out,
        PREDECESSOR,
        without(f"ForwardEcsTasksRule.{_PATTERN}.detail.group"),
        {"detail": {"group": "service:web"}},
    ),
    "only tasks with a group": Mutant(
        test_matching.test_a_task_without_a_group_is_let_in,
        HUB,
        to(f"EcsTasksRule.{_PATTERN}.detail.group", [{"anything-but": {"prefix": "service:"}}]),
    ),
}
