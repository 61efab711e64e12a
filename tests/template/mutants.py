"""Every assertion on the templates, and at least one way to break a template that it must notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.template import test_alarms, test_data, test_functions, test_policies, test_queues, test_rules
from tests.template.templates import HUB, PREDECESSOR, SUCCESSOR, template

ASSERTIONS = (test_alarms, test_data, test_functions, test_policies, test_queues, test_rules)

Change = Callable[[dict[str, Any]], None]
Path = str


@dataclass(frozen=True)
class Mutant:
    """A template that is broken by `change`, and the test that fails on it."""

    test: Callable[..., None]
    path: str
    change: Change
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def run(self) -> None:
        """The test, as pytest would call it on this template."""
        wanted = self.test.__code__.co_varnames[: self.test.__code__.co_argcount]
        function = self.arguments.get("function")
        given: dict[str, Any] = {**self.arguments}
        if "stack" in wanted:
            given["stack"] = template(self.path)
        if function is not None:
            given["function"] = (template(self.path), {"name": function, **template(self.path).properties(function)})
        self.test(**given)


def to(path: Path, value: Any) -> Change:
    """Set what stands at a dotted path under Resources, where `#` is the place in a list."""

    def change(sections: dict[str, Any]) -> None:
        holder, last = _at(sections, path)
        holder[last] = value

    return change


def without(path: Path) -> Change:
    """Take away what stands there."""

    def change(sections: dict[str, Any]) -> None:
        holder, last = _at(sections, path)
        del holder[last]

    return change


def also(path: Path, value: Any) -> Change:
    """Add to the list that stands there."""

    def change(sections: dict[str, Any]) -> None:
        holder, last = _at(sections, path)
        holder[last] = [*(holder[last] if isinstance(holder[last], list) else [holder[last]]), value]

    return change


def _at(sections: dict[str, Any], path: Path) -> tuple[Any, Any]:
    *steps, last = [int(step[1:]) if step.startswith("#") else step for step in path.split(".")]
    holder: Any = sections["Resources"]
    if steps and steps[0] == "^":
        holder, steps = sections, steps[1:]
    for step in steps:
        holder = holder[step]
    return holder, last


def _statement(sections: dict[str, Any], holder: str, sid: str) -> dict[str, Any]:
    properties = sections["Resources"][holder]["Properties"]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])] or [
        properties.get("PolicyDocument") or properties.get("KeyPolicy") or {"Statement": [properties.get("Statement")]}
    ]
    if sid == "Trust":
        documents = [properties["AssumeRolePolicyDocument"]]
    bodies = [body["Fn::If"][1] if "Fn::If" in body else body for document in documents for body in document["Statement"]]
    found: dict[str, Any] = next(body for body in bodies if sid in (body.get("Sid"), "Trust", "Statement"))
    return found


def statement(holder: str, sid: str, **members: Any) -> Change:
    """Set members of a statement; None takes one away."""

    def change(sections: dict[str, Any]) -> None:
        body = _statement(sections, holder, sid)
        for name, value in members.items():
            if value is None:
                body.pop(name)
            else:
                body[name] = value

    return change


def condition(holder: str, sid: str, operator: str, value: Any) -> Change:
    """Set what an operator of a statement's condition compares; None takes it away."""

    def change(sections: dict[str, Any]) -> None:
        found = _statement(sections, holder, sid)["Condition"]
        if value is None:
            found.pop(operator)
        else:
            found[operator] = value

    return change


def every(kind: str, path: Path, value: Any) -> Change:
    """Set a property of all resources of a type."""

    def change(sections: dict[str, Any]) -> None:
        for name, resource in sections["Resources"].items():
            if resource["Type"] == kind:
                to(f"{name}.{path}", value)(sections)

    return change


_OTHER_RULE = "arn:aws:events:us-east-1:111111111111:rule/somebodys"
_MAPPING = "CollectorFunctionArrivals.Properties"
_ARRIVALS, _DEAD = "ArrivalsQueue.Properties", "ArrivalsDeadLetterQueue.Properties"
_TARGET = "CompletionsRule.Properties.Targets.#0"
_COLLECTOR = "CollectorFunction.Properties"
_OF_COLLECTOR = {"function": "CollectorFunction"}
_A_NEW_QUEUE = {
    "Type": "AWS::SQS::Queue",
    "DeletionPolicy": "Delete",
    "UpdateReplacePolicy": "Delete",
    "Properties": {"QueueName": "new-dlq", "SqsManagedSseEnabled": True, "MessageRetentionPeriod": 1_209_600},
}
_A_NEW_FUNCTION = {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "new", "Role": {"Fn::GetAtt": ["CollectorRole", "Arn"]}}}

MUTANTS: Mapping[str, Mutant] = {
    # alarms
    "a dead-letter queue nobody watches": Mutant(
        test_alarms.test_every_dead_letter_queue_has_an_alarm_on_its_depth, HUB, to("NewDeadLetterQueue", _A_NEW_QUEUE)
    ),
    "nobody is told of what is quarantined": Mutant(
        test_alarms.test_what_is_quarantined_and_what_looks_like_an_attack_are_alarms, HUB, without("MessagesQuarantinedAlarm")
    ),
    "nobody is told of attacks": Mutant(
        test_alarms.test_what_is_quarantined_and_what_looks_like_an_attack_are_alarms, SUCCESSOR, without("SecurityRefusalsAlarm")
    ),
    "a queue that may grow old": Mutant(
        test_alarms.test_every_queue_that_is_read_has_an_alarm_on_its_oldest_message, HUB, without("DeparturesAgeAlarm")
    ),
    "a function whose errors nobody sees": Mutant(
        test_alarms.test_every_function_has_alarms_on_errors_and_throttles, HUB, to("NewFunction", _A_NEW_FUNCTION)
    ),
    "throttles nobody sees": Mutant(
        test_alarms.test_every_function_has_alarms_on_errors_and_throttles, SUCCESSOR, without("StarterThrottlesAlarm")
    ),
    "a sweeper that may stop": Mutant(
        test_alarms.test_silence_of_the_sweeper_is_an_alarm, HUB, to("SweeperHeartbeatAlarm.Properties.TreatMissingData", "notBreaching")
    ),
    "an alarm on a metric that nobody emits": Mutant(
        test_alarms.test_metrics_of_our_own_are_emitted_by_the_function_that_the_alarm_watches,
        HUB,
        to("MessagesQuarantinedAlarm.Properties.MetricName", "MessagesQuarantinedd"),
    ),
    "an alarm on a function that is not there": Mutant(
        test_alarms.test_metrics_of_our_own_are_emitted_by_the_function_that_the_alarm_watches,
        HUB,
        to("MessagesQuarantinedAlarm.Properties.Dimensions", [{"Name": "service", "Value": "fanin-colector"}]),
    ),
    "an alarm that tells nobody": Mutant(
        test_alarms.test_every_alarm_says_what_it_means_and_tells_the_topic,
        PREDECESSOR,
        to("ForwardDeadLetterAlarm.Properties.AlarmActions", []),
    ),
    "an alarm the runbook does not know": Mutant(
        test_alarms.test_every_alarm_is_in_the_runbook, HUB, to("ArrivalsAgeAlarm.Properties.AlarmName", {"Fn::Sub": "${HubName}-slow"})
    ),
    "no word when releases are not acknowledged": Mutant(
        test_alarms.test_releases_without_an_acknowledgement_and_sources_that_are_not_asked_are_alarms,
        HUB,
        without("UnacknowledgedReleasesAlarm"),
    ),
    "a broken dashboard": Mutant(test_alarms.test_the_dashboard_is_well_formed, HUB, to("Dashboard.Properties.DashboardBody", "{]")),
    # data
    "no restore": Mutant(
        test_data.test_the_table_can_be_restored_to_any_second_of_the_last_weeks,
        HUB,
        without("Table.Properties.PointInTimeRecoverySpecification"),
    ),
    "a table in the clear": Mutant(
        test_data.test_the_table_is_encrypted_and_paid_by_use, HUB, to("Table.Properties.SSESpecification", {"SSEEnabled": False})
    ),
    "items for ever": Mutant(test_data.test_the_table_expires_items_by_ttl, HUB, without("Table.Properties.TimeToLiveSpecification")),
    "payloads in the index": Mutant(
        test_data.test_the_due_index_holds_keys_only,
        HUB,
        to("Table.Properties.GlobalSecondaryIndexes.#0.Projection", {"ProjectionType": "ALL"}),
    ),
    "a table that goes with its stack": Mutant(
        test_data.test_what_cannot_be_made_again_is_retained, HUB, to("Table.DeletionPolicy", "Delete"), {"name": "Table"}
    ),
    "a key that a replacement takes away": Mutant(
        test_data.test_what_cannot_be_made_again_is_retained, HUB, to("SigningKey.UpdateReplacePolicy", "Delete"), {"name": "SigningKey"}
    ),
    "a table that anybody deletes": Mutant(
        test_data.test_deleting_the_table_is_refused_unless_a_parameter_says_otherwise,
        HUB,
        to("Table.Properties.DeletionProtectionEnabled", False),
    ),
    "a key that encrypts": Mutant(
        test_data.test_the_key_signs_on_p256_and_nothing_else, HUB, to("SigningKey.Properties.KeyUsage", "ENCRYPT_DECRYPT")
    ),
    "a queue whose end nobody chose": Mutant(
        test_data.test_what_becomes_of_everything_that_holds_something_is_said, SUCCESSOR, without("ReleasesQueue.DeletionPolicy")
    ),
    # functions
    "a seventh function": Mutant(test_functions.test_there_are_six, HUB, to("NewFunction", _A_NEW_FUNCTION)),
    "a function in another's role": Mutant(
        test_functions.test_each_has_its_own_role, HUB, to(f"{_COLLECTOR}.Role", {"Fn::GetAtt": ["ForwarderRole", "Arn"]})
    ),
    "a role with a policy of somebody else's": Mutant(
        test_functions.test_roles_use_no_managed_policies_and_live_under_one_path,
        HUB,
        to("ViewerRole.Properties.ManagedPolicyArns", ["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
    ),
    "a role outside the path": Mutant(
        test_functions.test_roles_use_no_managed_policies_and_live_under_one_path, PREDECESSOR, to("ForwardRole.Properties.Path", "/")
    ),
    "memory by default": Mutant(
        test_functions.test_name_timeout_memory_and_tracing_are_explicit, HUB, without(f"{_COLLECTOR}.MemorySize"), _OF_COLLECTOR
    ),
    "no traces": Mutant(
        test_functions.test_name_timeout_memory_and_tracing_are_explicit,
        HUB,
        to(f"{_COLLECTOR}.TracingConfig", {"Mode": "PassThrough"}),
        _OF_COLLECTOR,
    ),
    "an old runtime": Mutant(
        test_functions.test_runtime_and_architecture_are_parameters, HUB, to(f"{_COLLECTOR}.Runtime", "python3.9"), _OF_COLLECTOR
    ),
    "logs for ever": Mutant(
        test_functions.test_its_log_group_has_its_name_and_a_retention,
        HUB,
        to("CollectorLogGroup.Properties.RetentionInDays", {"Ref": "AWS::NoValue"}),
        _OF_COLLECTOR,
    ),
    "a setting nobody gives": Mutant(
        test_functions.test_its_environment_is_what_its_settings_are_read_from,
        HUB,
        without(f"{_COLLECTOR}.Environment.Variables.FANIN_TABLE"),
        _OF_COLLECTOR,
    ),
    "sweeps that overlap": Mutant(
        test_functions.test_the_sweep_is_shorter_than_its_minute_and_is_not_repeated, HUB, to("SweeperFunction.Properties.Timeout", 120)
    ),
    "a function anybody's rule may invoke": Mutant(
        test_functions.test_only_the_schedule_may_invoke_a_function_by_its_policy,
        HUB,
        to("SweepPermission.Properties.SourceArn", _OTHER_RULE),
    ),
    # policies
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
    # queues
    "a queue without its reader": Mutant(
        test_queues.test_each_queue_that_is_read_has_its_reader,
        HUB,
        to(f"{_MAPPING}.EventSourceArn", {"Fn::GetAtt": ["ArrivalsDeadLetterQueue", "Arn"]}),
    ),
    "one bad message, ten lost tries": Mutant(
        test_queues.test_a_failed_message_goes_back_alone, HUB, to(f"{_MAPPING}.FunctionResponseTypes", [])
    ),
    "a batch that waits": Mutant(test_queues.test_batches_do_not_wait_to_fill, HUB, to(f"{_MAPPING}.MaximumBatchingWindowInSeconds", 5)),
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
    # rules
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
