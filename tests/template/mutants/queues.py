"""What tests/template/test_queues.py must notice."""

from __future__ import annotations

from collections.abc import Mapping

from tests.template import test_queues
from tests.template.mutation import Mutant, condition, statement, to
from tests.template.templates import HUB, PREDECESSOR, SUCCESSOR

_MAPPING = "CollectorFunctionArrivals.Properties"
_ARRIVALS, _DEAD = "ArrivalsQueue.Properties", "ArrivalsDeadLetterQueue.Properties"
_COLLECTOR = "CollectorFunction.Properties"

MUTANTS: Mapping[str, Mutant] = {
    "a queue without its reader": Mutant(
        test_queues.test_each_queue_that_is_read_has_its_reader,
        HUB,
        to(f"{_MAPPING}.EventSourceArn", {"Fn::GetAtt": ["ArrivalsDeadLetterQueue", "Arn"]}),
    ),
    "one bad message, ten lost tries": Mutant(
        test_queues.test_a_failed_message_goes_back_alone, HUB, to(f"{_MAPPING}.FunctionResponseTypes", [])
    ),
    "a batch that waits": Mutant(test_queues.test_batches_do_not_wait_to_fill, HUB, to(f"{_MAPPING}.MaximumBatchingWindowInSeconds", 5)),
    "bursts that are collected by tens": Mutant(
        test_queues.test_for_bursts_only_the_collector_gathers_large_batches_for_a_few_seconds, HUB, to(f"{_MAPPING}.BatchSize", 10)
    ),
    "reserved concurrency": Mutant(
        test_queues.test_concurrency_is_limited_at_the_mapping_and_not_reserved, HUB, to(f"{_COLLECTOR}.ReservedConcurrentExecutions", 5)
    ),
    "no limit at the mapping": Mutant(
        test_queues.test_concurrency_is_limited_at_the_mapping_and_not_reserved,
        SUCCESSOR,
        to("StarterFunctionReleases.Properties.ScalingConfig", {}),
    ),
    "messages that come again while they are handled": Mutant(
        test_queues.test_visibility_is_at_least_six_times_the_readers_timeout, HUB, to(f"{_COLLECTOR}.Timeout", 31)
    ),
    "no dead letters": Mutant(
        test_queues.test_each_queue_that_is_read_has_dead_letters_that_live_longer,
        SUCCESSOR,
        to("ReleasesQueue.Properties.RedrivePolicy.maxReceiveCount", 1),
    ),
    "dead letters that expire on arrival": Mutant(
        test_queues.test_each_queue_that_is_read_has_dead_letters_that_live_longer, HUB, to(f"{_DEAD}.MessageRetentionPeriod", 345_600)
    ),
    "a quarantine for four days": Mutant(
        test_queues.test_what_nobody_reads_is_kept_for_fourteen_days,
        HUB,
        to("ArrivalsQuarantineQueue.Properties.MessageRetentionPeriod", 345_600),
    ),
    "a queue in the clear": Mutant(
        test_queues.test_every_queue_is_encrypted_with_a_key_that_eventbridge_can_use, HUB, to(f"{_ARRIVALS}.SqsManagedSseEnabled", False)
    ),
    "a key that EventBridge cannot use": Mutant(
        test_queues.test_every_queue_is_encrypted_with_a_key_that_eventbridge_can_use,
        PREDECESSOR,
        to("ForwardDeadLetterQueue.Properties.KmsMasterKeyId", "alias/aws/sqs"),
    ),
    "a queue that takes from one more role": Mutant(
        test_queues.test_a_queue_that_is_read_takes_messages_from_its_rules_and_senders_only,
        HUB,
        condition(
            "DeparturesQueuePolicy",
            "NobodyElseSends",
            "ArnNotEquals",
            {"aws:PrincipalArn": [{"Fn::GetAtt": [f"{name}Role", "Arn"]} for name in ("Collector", "Sweeper", "Viewer")]},
        ),
    ),
    "a rule that the queue's Deny forgets": Mutant(
        test_queues.test_a_queue_that_is_read_takes_messages_from_its_rules_and_senders_only,
        HUB,
        condition(
            "ArrivalsQueuePolicy",
            "NobodyElseSends",
            "ArnNotEquals",
            {
                "aws:SourceArn": [{"Fn::GetAtt": ["CompletionsRule", "Arn"]}],
                "aws:PrincipalArn": [{"Fn::GetAtt": [f"{name}Role", "Arn"]} for name in ("Collector", "Sweeper")],
            },
        ),
    ),
    "a queue that takes from rules of others": Mutant(
        test_queues.test_eventbridge_may_send_only_for_rules_of_the_stack,
        SUCCESSOR,
        condition("ReleasesQueuePolicy", "RuleDelivers", "ArnEquals", {"aws:SourceArn": {"Fn::GetAtt": ["ReleasesQueue", "Arn"]}}),
    ),
    "dead letters that anybody plants": Mutant(
        test_queues.test_dead_letters_are_put_there_by_aws_only,
        SUCCESSOR,
        condition("ReleasesDeadLetterQueuePolicy", "OnlyAwsSends", "Bool", {}),
    ),
    "anybody's queue feeds ours": Mutant(
        test_queues.test_a_queue_takes_the_dead_letters_of_its_own_queue_only,
        HUB,
        to(f"{_ARRIVALS}.RedriveAllowPolicy", {"redrivePermission": "allowAll"}),
    ),
    "another queue's dead letters among ours": Mutant(
        test_queues.test_a_queue_takes_the_dead_letters_of_its_own_queue_only,
        HUB,
        to(f"{_DEAD}.RedriveAllowPolicy.sourceQueueArns", [{"Fn::Sub": "arn:aws:sqs:us-east-1:111111111111:other"}]),
    ),
    "a queue policy for a topic": Mutant(
        test_queues.test_queue_policies_let_in_nobody_but_rules,
        HUB,
        statement("ArrivalsQueuePolicy", "RulesDeliver", Principal={"Service": "sns.amazonaws.com"}),
    ),
}
