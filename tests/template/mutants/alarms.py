"""What tests/template/test_alarms.py must notice."""

from __future__ import annotations

from collections.abc import Mapping

from tests.template import test_alarms
from tests.template.mutation import Mutant, to, without
from tests.template.templates import HUB, PREDECESSOR, SUCCESSOR

_A_NEW_QUEUE = {
    "Type": "AWS::SQS::Queue",
    "DeletionPolicy": "Delete",
    "UpdateReplacePolicy": "Delete",
    "Properties": {"QueueName": "new-dlq", "SqsManagedSseEnabled": True, "MessageRetentionPeriod": 1_209_600},
}
_A_NEW_FUNCTION = {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "new", "Role": {"Fn::GetAtt": ["CollectorRole", "Arn"]}}}

MUTANTS: Mapping[str, Mutant] = {
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
}
