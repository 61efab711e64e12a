"""The example state machines for the three ways to run a task, their joins, and what lint says of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.hub import run
from tests.unit.cli.test_definitions import GOOD, written

pytestmark = pytest.mark.unit

ECS = Path(__file__).parents[3] / "examples" / "ecs"
WAYS = ("run-task-sync", "run-task", "sdk-run-task")
ON_THE_STATE_MACHINE = "arn:aws:states:us-east-1:111111111111:stateMachine:ecs-ways-"


@pytest.mark.parametrize("way", WAYS)
def test_the_join_of_each_way_waits_for_what_has_to_be_waited_for(way: str) -> None:
    join = str(ECS / f"{way}.join.yaml")
    machine = f"{ON_THE_STATE_MACHINE}{way}={ECS / f'{way}.asl.json'}"
    assert run("validate", join).exit_code == 0
    result = run("lint", join, "--state-machine", machine)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(("way", "key"), [("run-task", "environment.BUSINESS_DATE"), ("sdk-run-task", "startedBy")])
def test_a_join_on_a_state_machine_that_does_not_wait_is_told_what_to_wait_for(tmp_path: Path, way: str, key: str) -> None:
    arn = f"{ON_THE_STATE_MACHINE}{way}"
    join = written(tmp_path / "close.yaml", GOOD.replace("arn:aws:states:us-east-1:111111111111:stateMachine:ledger", arn))
    result = run("lint", join, "--state-machine", f"{arn}={ECS / f'{way}.asl.json'}")
    assert result.exit_code == 1
    assert ": fire-and-forget: States.Load.Resource: " in result.stdout
    assert result.stdout.splitlines()[2].strip() == "ledger:"
    assert result.stdout.splitlines()[-1].strip() == f"key: {{input: {key}}}"


def test_a_join_on_the_state_machine_that_waits_is_right(tmp_path: Path) -> None:
    arn = f"{ON_THE_STATE_MACHINE}run-task-sync"
    join = written(tmp_path / "close.yaml", GOOD.replace("arn:aws:states:us-east-1:111111111111:stateMachine:ledger", arn))
    assert run("lint", join, "--state-machine", f"{arn}={ECS / 'run-task-sync.asl.json'}").exit_code == 0
