"""The starter's target map: two lists of parameters, zipped by CloudFormation, read by the starter."""

from __future__ import annotations

import pytest

from fanin.domain.errors import ConfigurationError
from fanin.use_cases.start_successor import parse_targets
from tests.template.resolved import resolved
from tests.template.templates import SUCCESSOR, template

LIMIT = 20


def deployed(names: list[str], arns: list[str]) -> str:
    """What CloudFormation makes of the two lists."""
    lists = {"TargetNames": ",".join(names), "TargetStateMachineArns": ",".join(arns)}
    targets: str = resolved(template(SUCCESSOR), **lists)["StarterFunction"]["Environment"]["Variables"]["FANIN_TARGETS"]
    return targets


def pairs(number: int) -> tuple[list[str], list[str]]:
    names = [f"job-{index}" for index in range(number)]
    return names, [f"arn:aws:states:us-east-1:222222222222:stateMachine:{name}" for name in names]


@pytest.mark.parametrize("number", [1, 2, 10, LIMIT - 1, LIMIT])
def test_each_name_gets_the_state_machine_of_its_place(number: int) -> None:
    names, arns = pairs(number)
    assert deployed(names, arns) == ",".join(f"{name}={arn}" for name, arn in zip(names, arns, strict=True))
    assert parse_targets(deployed(names, arns)) == dict(zip(names, arns, strict=True))


@pytest.mark.parametrize(("named", "given"), [(2, 1), (1, 2), (LIMIT, LIMIT - 1), (LIMIT - 1, LIMIT), (3, 1), (1, 3)])
def test_lists_of_unequal_length_stop_the_starter(named: int, given: int) -> None:
    with pytest.raises(ConfigurationError):
        parse_targets(deployed(pairs(named)[0], pairs(given)[1]))
