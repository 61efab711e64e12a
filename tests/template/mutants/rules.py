"""What tests/template/test_rules.py must notice."""

from __future__ import annotations

from collections.abc import Mapping

from tests.template import test_rules
from tests.template.mutation import Mutant, condition, to
from tests.template.templates import HUB, PREDECESSOR, SUCCESSOR

_TARGET = "CompletionsRule.Properties.Targets.#0"

MUTANTS: Mapping[str, Mutant] = {
    "a target without dead letters": Mutant(
        test_rules.test_every_target_has_dead_letters_and_a_retry_policy, HUB, to(f"{_TARGET}.DeadLetterConfig", {"Arn": None})
    ),
    "a target with half a retry policy": Mutant(
        test_rules.test_every_target_has_dead_letters_and_a_retry_policy,
        SUCCESSOR,
        to("ReleasesRule.Properties.Targets.#0.RetryPolicy", {}),
    ),
    "retries for an hour": Mutant(
        test_rules.test_events_are_retried_for_as_long_as_eventbridge_can,
        PREDECESSOR,
        to("ForwardEcsTasksRule.Properties.Targets.#0.RetryPolicy.MaximumEventAgeInSeconds", 3600),
    ),
    "dead letters that the queue refuses": Mutant(
        test_rules.test_the_dead_letter_queue_of_a_target_admits_its_rule,
        HUB,
        condition(
            "SweeperDeadLetterQueuePolicy", "ScheduleDelivers", "ArnEquals", {"aws:SourceArn": {"Fn::GetAtt": ["CompletionsRule", "Arn"]}}
        ),
    ),
    "executions that started are not told": Mutant(
        test_rules.test_completions_are_executions_that_started_or_ended,
        HUB,
        to("CompletionsRule.Properties.EventPattern.detail.status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]),
        {"path": HUB, "rule": "CompletionsRule"},
    ),
    "releases from any account": Mutant(
        test_rules.test_what_other_accounts_send_is_pinned_to_their_accounts,
        SUCCESSOR,
        to("ReleasesRule.Properties.EventPattern.account", [{"exists": True}]),
        {"path": SUCCESSOR, "rule": "ReleasesRule", "account": [{"Ref": "HubAccountId"}]},
    ),
    "a forward without its role": Mutant(
        test_rules.test_what_is_forwarded_to_another_bus_goes_with_a_role,
        PREDECESSOR,
        to("ForwardGlueJobsRule.Properties.Targets.#0.RoleArn", "arn:aws:iam::333333333333:role/other"),
    ),
    "an event that is rewritten on its way": Mutant(
        test_rules.test_no_target_changes_the_event, HUB, to(f"{_TARGET}.InputPath", "$.detail")
    ),
    "a predecessor that needs a transform": Mutant(
        test_rules.test_the_predecessor_stack_is_plain_cloudformation_for_stack_sets,
        PREDECESSOR,
        to("^.Transform", "AWS::Serverless-2016-10-31"),
    ),
}
