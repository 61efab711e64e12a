"""What tests/template/test_choices.py must notice."""

from __future__ import annotations

from collections.abc import Mapping

from tests.template import test_choices
from tests.template.mutation import Mutant, condition, statement, to, without
from tests.template.templates import HUB, SUCCESSOR

_ALWAYS = {"Fn::Equals": ["", ""]}
_ROLES = [{"Fn::GetAtt": [f"{name}Role", "Arn"]} for name in ("Sweeper", "Collector")]

MUTANTS: Mapping[str, Mutant] = {
    "a hub that admits before it is told whom": Mutant(
        test_choices.test_a_hub_alone_admits_nobody_and_sends_nowhere, HUB, without("PredecessorsCount.Condition")
    ),
    "rules that are not there in the queue's policy": Mutant(
        test_choices.test_the_arrivals_queue_of_a_hub_alone_takes_its_rules_its_sweeper_and_its_collector,
        HUB,
        condition(
            "ArrivalsQueuePolicy",
            "NobodyElseSends",
            "ArnNotEquals",
            {"aws:SourceArn": [{"Fn::GetAtt": ["EcsTasksRule", "Arn"]}], "aws:PrincipalArn": _ROLES},
        ),
    ),
    "nobody may redrive": Mutant(
        test_choices.test_a_hub_with_others_admits_just_these, HUB, to("^.Conditions.HasRedrivePrincipals", {"Fn::Not": [_ALWAYS]})
    ),
    "an action that is nothing": Mutant(
        test_choices.test_alarms_of_a_stack_without_a_topic_have_no_action,
        HUB,
        to("ArrivalsAgeAlarm.Properties.AlarmActions", [{"Ref": "AlarmTopicArn"}]),
    ),
    "a bus of a name of its own": Mutant(
        test_choices.test_a_successor_makes_a_bus_of_its_name, SUCCESSOR, to("Bus.Properties.Name", "releases")
    ),
    "a rule on another bus": Mutant(
        test_choices.test_a_successor_listens_on_a_bus_that_there_is,
        SUCCESSOR,
        to("ReleasesRule.Properties.EventBusName", {"Ref": "SuccessorName"}),
    ),
    "releases from the account's administrators": Mutant(
        test_choices.test_nobody_may_put_releases_into_the_queue_unless_somebody_is_named,
        SUCCESSOR,
        statement(
            "ReleasesQueuePolicy",
            "NobodyElseSends",
            Condition={"ArnNotEquals": {"aws:PrincipalArn": ["arn:aws:iam::222222222222:role/admin"]}},
        ),
    ),
}
