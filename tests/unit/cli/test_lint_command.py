"""lint: which state machines it looks at, what it prints, and how it ends."""

import json
import os
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from fanin_cli.aws_clients import AwsClients, StepFunctionsMachines
from fanin_cli.clients import Deployment, DescribedMachine
from fanin_cli.failures import CommandError
from tests.unit.cli.hub import FakeHub, FakeStateMachines, run
from tests.unit.cli.test_definitions import BAD, GOOD, written

pytestmark = pytest.mark.unit

LEDGER = "arn:aws:states:us-east-1:111111111111:stateMachine:ledger"
POSITIONS = "arn:aws:states:us-east-1:333333333333:stateMachine:positions"
FORGETS = """{"StartAt": "Load", "States": {
  "Load": {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask",
    "Parameters": {"Cluster": "batch", "TaskDefinition": "load"}, "End": true}}}"""
WAITS = FORGETS.replace("runTask", "runTask.sync")


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return written(Path("close.yaml"), GOOD)


def hub(**machines: str) -> FakeHub:
    arns = {"ledger": LEDGER, "positions": POSITIONS}
    return FakeHub(machines=FakeStateMachines({arns[name]: DescribedMachine(text, express=False) for name, text in machines.items()}))


def test_a_file_is_taken_for_the_state_machine_of_its_name_and_nobody_is_asked(good: str) -> None:
    written(Path("ledger.asl.json"), FORGETS)
    result = run("lint", good, "--state-machine", "ledger.asl.json")
    first, *snippet = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (1, "")
    assert first.startswith("ledger.asl.json:2:40: fire-and-forget: States.Load.Resource: ecs:runTask starts an ECS task and ends at once")
    assert "daily-close.ledger (close.yaml:" in first
    assert snippet[:5] == [
        "    predecessors:",
        "      ledger:",
        "        ecsTask:",
        "          cluster: arn:aws:ecs:us-east-1:111111111111:cluster/batch",
        "          family: load",
    ]


def test_nothing_found_is_silent(good: str) -> None:
    written(Path("ledger.asl.json"), WAITS)
    result = run("lint", good, "--state-machine", "ledger.asl.json")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert json.loads(run("lint", "--json", good, "--state-machine", "ledger.asl.json").stdout) == {
        "ok": True,
        "findings": [],
        "unread": [],
    }


def test_without_state_machines_those_of_all_predecessors_are_read(good: str) -> None:
    asked = hub(ledger=FORGETS, positions=WAITS)
    result = run("lint", good, hub=asked)
    assert (result.exit_code, asked.machines.asked) == (1, [LEDGER, POSITIONS])
    assert result.stdout.startswith(f"{LEDGER}: fire-and-forget: States.Load.Resource: ")


def test_a_state_machine_that_cannot_be_read_hides_nothing(good: str) -> None:
    result = run("lint", good, hub=hub(ledger=FORGETS))
    assert (result.exit_code, result.stderr) == (1, f"fanin: not-found: the state machine {POSITIONS} does not exist\n")
    nothing = run("lint", good, hub=hub(ledger=WAITS))
    assert (nothing.exit_code, nothing.stdout) == (3, "")
    (unread,) = json.loads(run("lint", "--json", good, hub=hub(ledger=WAITS)).stdout)["unread"]
    assert (unread["stateMachine"], unread["code"]) == (POSITIONS, "not-found")


def test_a_definition_that_is_no_json_is_told(good: str) -> None:
    result = run("lint", good, "--state-machine", LEDGER, hub=hub(ledger="{"))
    assert (result.exit_code, len(result.stderr.splitlines())) == (3, 1)
    assert f"the definition of {LEDGER[:20]}" in result.stderr


def test_an_express_state_machine_is_told(good: str) -> None:
    express = FakeHub(machines=FakeStateMachines({LEDGER: DescribedMachine(WAITS, express=True)}))
    result = run("lint", good, "--state-machine", LEDGER, hub=express)
    assert (result.exit_code, result.stdout.split(": ")[1]) == (1, "express")


def test_a_file_may_be_said_to_be_an_arn(good: str) -> None:
    written(Path("x.json"), FORGETS)
    assert "daily-close.positions" in run("lint", good, "--state-machine", f"{POSITIONS}=x.json").stdout


def test_a_file_that_could_be_several_is_looked_at_by_itself(good: str) -> None:
    written(Path("x.json"), FORGETS)
    result = run("lint", good, "--state-machine", "x.json")
    assert result.exit_code == 1
    assert "a predecessor on this state machine is ready too early" in result.stdout
    assert (
        result.stderr
        == "fanin: which predecessor is x.json? Name it as its state machine, or write ARN=x.json; it is looked at by itself\n"
    )


def test_the_only_state_machine_needs_no_name(good: str) -> None:
    written(Path("x.json"), FORGETS)
    one = written(Path("one.yaml"), "\n".join(line for line in GOOD.splitlines() if "positions" not in line))
    assert "daily-close.ledger" in run("lint", one, "--state-machine", "x.json").stdout


def test_json_has_the_finding_its_place_and_what_to_paste(good: str) -> None:
    written(Path("ledger.json"), FORGETS)
    result = run("lint", "--json", good, "--state-machine", "ledger.json")
    answer = json.loads(result.stdout)
    (finding,) = answer["findings"]
    assert (answer["ok"], result.exit_code) == (False, 1)
    assert {name: finding[name] for name in ("file", "line", "column", "stateMachine", "code", "path", "state")} == {
        "file": "ledger.json",
        "line": 2,
        "column": 40,
        "stateMachine": LEDGER,
        "code": "fire-and-forget",
        "path": ["States", "Load", "Resource"],
        "state": "Load",
    }
    assert finding["instead"].startswith("predecessors:\n  ledger:\n    ecsTask:\n")
    assert [(one["join"], one["predecessor"]) for one in finding["predecessors"]] == [("daily-close", "ledger")]


def test_a_code_may_be_ignored(good: str) -> None:
    written(Path("ledger.json"), FORGETS.replace("ecs:runTask", "sqs:sendMessage"))
    assert run("lint", good, "--state-machine", "ledger.json").exit_code == 1
    assert run("lint", good, "--state-machine", "ledger.json", "--ignore", "message-sent").exit_code == 0
    assert run("lint", good, "--state-machine", "ledger.json", "--ignore", "message").exit_code == 2


def test_wrong_definitions_are_told_as_validate_tells_them(tmp_path: Path) -> None:
    bad = written(tmp_path / "bad.yaml", BAD)
    result = run("lint", bad)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{bad}:")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"nonsense", "x.json:1:1: asl-not-json: "),
        (b'{"join": "x"}', "x.json:1:1: asl-no-states: "),
        (b"[" * 500_000, "x.json:1:101: asl-too-deep: "),
        (b"\xc3", "x.json:1:1: file-not-utf8: "),
        (b" " * 1_000_001, "x.json:1:1: file-too-large: "),
    ],
)
def test_a_hostile_file_is_one_line_and_wrong_use(good: str, content: bytes, told: str) -> None:
    Path("x.json").write_bytes(content)
    result = run("lint", good, "--state-machine", "x.json")
    assert (result.exit_code, result.stdout) == (2, "")
    lines = [line for line in result.stderr.splitlines() if not line.startswith("fanin: which predecessor")]
    assert len(lines) == 1
    assert lines[0].startswith(told)


def test_a_pipe_is_not_waited_for(good: str) -> None:
    os.mkfifo("ledger.json")
    assert run("lint", good, "--state-machine", "ledger.json").exit_code == 2


@pytest.mark.parametrize(
    "given", ["arn:aws:states:us-east-1:1:stateMachine:x", f"{LEDGER}:1", "arn:aws:sns:us-east-1:111111111111:x=x.json"]
)
def test_what_is_no_state_machine_is_wrong_use(good: str, given: str) -> None:
    assert run("lint", good, "--state-machine", given).exit_code == 2


def test_names_from_a_file_cannot_act_on_a_terminal(good: str) -> None:
    written(Path("ledger.json"), FORGETS.replace('"Load"', '"Lo\\u001b[31m\\u202ead"'))
    stdout = run("lint", good, "--state-machine", "ledger.json").stdout
    assert "\x1b" not in stdout
    assert "\u202e" not in stdout


def test_a_state_machine_is_asked_in_its_own_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    session = boto3.Session("testing", "testing", region_name="eu-west-1")
    client = session.client("stepfunctions", region_name="us-east-1")
    regions = []

    def made(service: str, *, region_name: str, config: object) -> object:
        regions.append((service, region_name))
        return client

    monkeypatch.setattr(session, "client", made)
    with Stubber(client) as stub:
        described = {"stateMachineArn": LEDGER, "name": "x", "definition": WAITS, "roleArn": "x", "type": "EXPRESS", "creationDate": 0}
        stub.add_response("describe_state_machine", described, {"stateMachineArn": LEDGER})
        stub.add_client_error("describe_state_machine", "StateMachineDoesNotExist", "State Machine Does Not Exist")
        assert StepFunctionsMachines(session).describe(LEDGER) == DescribedMachine(WAITS, express=True)
        with pytest.raises(CommandError) as caught:
            StepFunctionsMachines(session).describe(LEDGER)
    assert (caught.value.code, regions) == ("not-found", [("stepfunctions", "us-east-1")] * 2)
    assert caught.value.hint == "choose credentials of account 111111111111 with --profile, or give the definition as a file, ARN=FILE"


def test_the_way_to_state_machines_has_the_profile_of_the_command() -> None:
    with pytest.raises(CommandError, match="profile"):
        AwsClients().state_machines(Deployment("fanin", "us-east-1", "no-such-profile"))
