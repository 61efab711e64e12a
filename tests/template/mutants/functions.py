"""What tests/template/test_functions.py must notice."""

from __future__ import annotations

from collections.abc import Mapping

from tests.template import test_functions
from tests.template.mutation import Mutant, to, without
from tests.template.templates import HUB, PREDECESSOR

_OTHER_RULE = "arn:aws:events:us-east-1:111111111111:rule/somebodys"
_COLLECTOR = "CollectorFunction.Properties"
_OF_COLLECTOR = {"function": "CollectorFunction"}
_A_NEW_FUNCTION = {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "new", "Role": {"Fn::GetAtt": ["CollectorRole", "Arn"]}}}

MUTANTS: Mapping[str, Mutant] = {
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
}
