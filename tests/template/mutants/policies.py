"""What tests/template/test_policies.py must notice."""

from __future__ import annotations

from collections.abc import Mapping

from tests.template import test_policies
from tests.template.mutation import Mutant, also, condition, statement, to, without
from tests.template.templates import HUB, PREDECESSOR, SUCCESSOR

MUTANTS: Mapping[str, Mutant] = {
    "a resource of everything": Mutant(
        test_policies.test_every_wildcard_resource_is_a_listed_exception, HUB, statement("ForwarderRole", "ReceiveDepartures", Resource="*")
    ),
    "all executions of all accounts": Mutant(
        test_policies.test_every_wildcard_resource_is_a_listed_exception,
        SUCCESSOR,
        statement("StarterRole", "CompareWithWhatRuns", Resource="arn:aws:states:*:*:execution:*"),
    ),
    "an exception nobody needs": Mutant(
        test_policies.test_every_listed_exception_is_needed_and_says_why,
        SUCCESSOR,
        also("^.Metadata.fanin.Wildcards", {"Resource": "queue/*", "Actions": ["sqs:SendMessage"], "Reason": "x" * 50}),
    ),
    "an exception without a reason": Mutant(
        test_policies.test_every_listed_exception_is_needed_and_says_why,
        PREDECESSOR,
        to("^.Metadata.fanin.Wildcards.#0.Reason", "It is so."),
    ),
    "every action": Mutant(
        test_policies.test_no_policy_allows_a_wildcard_action, HUB, statement("OperatorRole", "ReadAndWritePlans", Action="dynamodb:*")
    ),
    "a bus for everybody": Mutant(
        test_policies.test_nobody_is_allowed_by_principal_star_but_by_membership_of_an_organization,
        SUCCESSOR,
        statement("HubReleases", "Statement", Principal="*"),
    ),
    "everybody, whatever the organization": Mutant(
        test_policies.test_nobody_is_allowed_by_principal_star_but_by_membership_of_an_organization,
        HUB,
        condition("PredecessorsForward", "Statement", "StringEquals", {"Fn::If": ["HasOrganization", {"Ref": "AWS::NoValue"}, {}]}),
    ),
    "any detail-type": Mutant(
        test_policies.test_putting_events_is_held_to_a_source_and_a_detail_type,
        HUB,
        condition("ForwarderRole", "PutReleases", "ForAllValues:StringEquals", {"events:source": "fanin.hub"}),
    ),
    "a condition that holds for an absent key": Mutant(
        test_policies.test_putting_events_is_held_to_a_source_and_a_detail_type,
        SUCCESSOR,
        condition("HubReleases", "Statement", "Null", None),
    ),
    "an exception for any event that nobody needs": Mutant(
        test_policies.test_putting_events_is_held_to_a_source_and_a_detail_type,
        PREDECESSOR,
        to("^.Metadata.fanin.AnyEvent", [{"In": "ObserverRole", "Reason": "x" * 50}]),
    ),
    "an ARN that is nowhere in China": Mutant(
        test_policies.test_no_arn_is_of_one_partition,
        SUCCESSOR,
        statement("StarterRole", "CompareWithWhatRuns", Resource="arn:aws:states:us-east-1:222222222222:execution:*:fanin-*"),
    ),
    "receipts from anybody": Mutant(test_policies.test_only_starters_say_what_has_started, HUB, without("OnlyStartersReport")),
    "notices from anybody": Mutant(test_policies.test_only_the_forwarder_says_what_the_hub_says, HUB, without("OnlyTheForwarderTells")),
    "notices from the collector": Mutant(
        test_policies.test_only_the_forwarder_says_what_the_hub_says,
        HUB,
        condition("OnlyTheForwarderTells", "Statement", "ArnNotEquals", {"aws:PrincipalArn": {"Fn::GetAtt": ["CollectorRole", "Arn"]}}),
    ),
    "a predecessor that puts on any bus": Mutant(
        test_policies.test_a_predecessors_role_puts_on_the_hub_bus_only,
        PREDECESSOR,
        statement("ForwardRole", "Forward", Resource=[{"Ref": "HubBusArn"}, "arn:aws:events:us-east-1:111111111111:event-bus/other"]),
    ),
    "a forwarding role for any rule": Mutant(
        test_policies.test_a_predecessors_role_is_assumed_for_its_own_rules_only,
        PREDECESSOR,
        condition("ForwardRole", "Trust", "ArnEquals", {"aws:SourceArn": ["arn:aws:events:us-east-1:333333333333:rule/any"]}),
    ),
    "a role from the successor's account, whatever its path": Mutant(
        test_policies.test_buses_admit_other_accounts_only_with_a_condition_on_who_puts,
        HUB,
        condition("SuccessorsReport", "Statement", "ArnLike", {"aws:PrincipalArn": "arn:aws:iam::*:role/any"}),
    ),
    "a source that customers can say": Mutant(
        test_policies.test_buses_admit_other_accounts_only_with_a_condition_on_who_puts,
        HUB,
        condition(
            "PredecessorsForward",
            "Statement",
            "ForAllValues:StringEquals",
            {"events:source": [{"Fn::If": ["HasEcs", "ecs", {"Ref": "AWS::NoValue"}]}], "events:detail-type": []},
        ),
    ),
    "a collector that signs": Mutant(
        test_policies.test_only_the_forwarder_signs,
        HUB,
        also(
            "CollectorRole.Properties.Policies.#0.PolicyDocument.Statement",
            {"Sid": "Sign", "Effect": "Allow", "Action": "kms:Sign", "Resource": {"Fn::GetAtt": ["SigningKey", "Arn"]}},
        ),
    ),
    "any algorithm": Mutant(
        test_policies.test_only_the_forwarder_signs,
        HUB,
        condition("SigningKey", "ForwarderSigns", "StringEquals", {"kms:SigningAlgorithm": "ECDSA_SHA_384"}),
    ),
    "an administrator who hands the key out": Mutant(
        test_policies.test_the_account_administers_the_key_but_can_neither_use_nor_grant_it,
        HUB,
        statement("SigningKey", "AccountAdministers", Action=["kms:PutKeyPolicy", "kms:CreateGrant"]),
    ),
    "a starter that starts anything": Mutant(
        test_policies.test_starters_start_what_is_configured_and_describe_what_they_named,
        SUCCESSOR,
        statement("StarterRole", "Start", Resource="arn:aws:states:us-east-1:222222222222:stateMachine:other"),
    ),
    "events on a bus of somebody's": Mutant(
        test_policies.test_events_are_put_on_named_buses_only,
        SUCCESSOR,
        statement("StarterRole", "PutReceipts", Resource="arn:aws:events:us-east-1:111111111111:event-bus/default"),
    ),
    "a function's role for people": Mutant(
        test_policies.test_functions_roles_are_assumed_by_lambda_only,
        HUB,
        statement("ViewerRole", "Trust", Principal={"AWS": "111111111111"}),
    ),
    "an observer that stops things": Mutant(
        test_policies.test_an_observer_may_look_and_nothing_else,
        PREDECESSOR,
        statement("ObserverRole", "DescribeTasks", Action=["ecs:DescribeTasks", "ecs:StopTask"]),
    ),
}
