"""What tests/template/test_predecessors.py must notice."""

from __future__ import annotations

from collections.abc import Mapping

from tests.template import test_predecessors
from tests.template.mutation import Mutant, condition, to, without
from tests.template.templates import HUB, PREDECESSOR

_ALWAYS = {"Fn::Equals": ["", ""]}
_ACCOUNTS = {"PredecessorAccounts": "333333333333"}

MUTANTS: Mapping[str, Mutant] = {
    "one more source": Mutant(
        test_predecessors.test_predecessors_may_say_what_the_hub_listens_to_and_nothing_else,
        HUB,
        condition(
            "PredecessorsCount",
            "Statement",
            "ForAllValues:StringEquals",
            {"events:source": ["fanin.count", "fanin.hub"], "events:detail-type": "Fan-in Count"},
        ),
        {"given": _ACCOUNTS},
    ),
    "an organization's id that nobody compares": Mutant(
        test_predecessors.test_an_organization_is_admitted_by_its_id_and_its_accounts_need_no_list,
        HUB,
        condition("PredecessorsTellResults", "Statement", "StringEquals", {"aws:PrincipalOrgID": "o-anyone"}),
    ),
    "a policy that is longer": Mutant(
        test_predecessors.test_the_bus_has_room_for_as_many_accounts_as_the_guide_says,
        HUB,
        to("PredecessorsCount.Properties.StatementId", "x" * 9000),
        {"number": 80, "more": {}},
    ),
    "an organization asked of a list": Mutant(
        test_predecessors.test_a_list_of_accounts_asks_for_no_organization,
        HUB,
        condition("PredecessorsForward", "Statement", "StringEquals", {"aws:PrincipalOrgID": "o-exampleorgid"}),
    ),
    "a list beside an organization": Mutant(
        test_predecessors.test_beside_an_organization_a_list_is_not_looked_at,
        HUB,
        to("ForwardedCompletionsRule.Properties.EventPattern.account", {"Ref": "PredecessorAccounts"}),
    ),
    "a kind that is always on": Mutant(
        test_predecessors.test_a_kind_that_is_not_named_has_no_rule_and_is_not_admitted,
        HUB,
        without("EcsTasksRule.Condition"),
        {"kind": "ecs"},
    ),
    "a kind that is looked for under another name": Mutant(
        test_predecessors.test_a_kind_that_is_not_named_has_no_rule_and_is_not_admitted,
        HUB,
        to("^.Conditions.HasGlue", {"Condition": "HasBatch"}),
        {"kind": "glue"},
    ),
    "events of AWS for a hub of joins": Mutant(
        test_predecessors.test_a_hub_that_only_chains_joins_takes_no_event_of_aws, HUB, to("^.Conditions.HasStepFunctions", _ALWAYS)
    ),
    "a kind in a kind": Mutant(
        test_predecessors.test_no_kinds_name_is_part_of_anothers,
        HUB,
        to("^.Parameters.Kinds.AllowedPattern", "^(stepfunctions|ecs|glue|batch|batchjob|codebuild|lambda|join)$"),
        {"path": HUB},
    ),
    "listening to oneself": Mutant(
        test_predecessors.test_nobody_can_be_told_to_listen_to_what_fanin_says_of_itself,
        PREDECESSOR,
        to("^.Parameters.EventSources.AllowedPattern", "^[a-z.0-9]*$"),
        {"path": PREDECESSOR},
    ),
    "looking into any account": Mutant(
        test_predecessors.test_a_hub_looks_into_the_accounts_that_it_was_told_of,
        HUB,
        condition("SweeperRole", "LookIntoOtherAccounts", "StringEquals", {"aws:ResourceAccount": "444444444444"}),
    ),
    "a predecessor that cannot be narrowed": Mutant(
        test_predecessors.test_a_predecessor_forwards_everything_or_what_it_is_told,
        PREDECESSOR,
        without("ForwardRule.Properties.EventPattern.detail.stateMachineArn"),
    ),
    "a pattern that differs from the hub's": Mutant(
        test_predecessors.test_a_predecessor_forwards_the_kinds_that_run_there,
        PREDECESSOR,
        to("ForwardBatchJobsRule.Properties.EventPattern.detail.status", ["SUCCEEDED"]),
    ),
    "an observer whom nobody asked": Mutant(
        test_predecessors.test_nobody_looks_into_a_predecessor_that_does_not_say_so, PREDECESSOR, without("ObserverRole.Condition")
    ),
    "an observer for anybody of the hub's account": Mutant(
        test_predecessors.test_an_observer_is_the_hub_that_gives_its_bus_and_looks_at_the_kinds_that_run_there,
        PREDECESSOR,
        condition("ObserverRole", "Trust", "ArnLike", None),
    ),
    "an observer of kinds that do not run there": Mutant(
        test_predecessors.test_an_observer_is_the_hub_that_gives_its_bus_and_looks_at_the_kinds_that_run_there,
        PREDECESSOR,
        to("^.Conditions.HasCodeBuild", _ALWAYS),
    ),
    "a role's name that two Regions share": Mutant(
        test_predecessors.test_names_of_a_predecessor_stack_do_not_collide_in_other_regions,
        PREDECESSOR,
        to("ForwardRole.Properties.RoleName", "fanin-forward"),
    ),
}
