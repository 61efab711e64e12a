"""The starter's target map: two lists of parameters of one order, paired by the starter."""

from __future__ import annotations

import pytest

from fanin.domain.errors import ConfigurationError
from fanin.use_cases.start_successor import pair_targets
from tests.template.resolved import resolved
from tests.template.templates import SUCCESSOR, template


def deployed(names: list[str], arns: list[str]) -> tuple[str, str]:
    """What CloudFormation makes of the two lists."""
    lists = {"TargetNames": ",".join(names), "TargetStateMachineArns": ",".join(arns)}
    variables = resolved(template(SUCCESSOR), **lists)["StarterFunction"]["Environment"]["Variables"]
    return variables["FANIN_TARGET_NAMES"], variables["FANIN_TARGET_STATE_MACHINES"]


def pairs(number: int) -> tuple[list[str], list[str]]:
    names = [f"job-{index}" for index in range(number)]
    return names, [f"arn:aws:states:us-east-1:222222222222:stateMachine:{name}" for name in names]


@pytest.mark.parametrize("number", [1, 2, 10, 40])
def test_each_name_gets_the_state_machine_of_its_place(number: int) -> None:
    names, arns = pairs(number)
    assert pair_targets(*deployed(names, arns)) == dict(zip(names, arns, strict=True))


@pytest.mark.parametrize(("named", "given"), [(2, 1), (1, 2), (3, 1), (1, 3)])
def test_lists_of_unequal_length_stop_the_starter(named: int, given: int) -> None:
    with pytest.raises(ConfigurationError):
        pair_targets(*deployed(pairs(named)[0], pairs(given)[1]))


@pytest.mark.parametrize(("names", "arns"), [("", ""), ("a,a", "arn:1,arn:2"), ("a", "not-an-arn"), ("a,", "arn:1,arn:2")])
def test_what_does_not_pair_up_stops_the_starter(names: str, arns: str) -> None:
    with pytest.raises(ConfigurationError):
        pair_targets(names, arns)
