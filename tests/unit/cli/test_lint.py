"""What lint finds in state machines of many shapes, and what it does not."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.definitions.compiler import compile_documents
from fanin.definitions.locations import Position
from fanin.definitions.source_file import RefusedFileError
from fanin.definitions.yaml_source import parse_definitions
from fanin_cli.lint.codes import LintCode, MachineCode
from fanin_cli.lint.findings import Finding
from fanin_cli.lint.inspection import MAX_MACHINES, Inspection
from fanin_cli.lint.json_source import parse_json
from fanin_cli.lint.machines import MAX_STATES, Machine, machine_of
from fanin_cli.lint.waiting import Waiting

pytestmark = pytest.mark.unit

JsonObject = dict[str, Any]
HERE = "us-east-1:111111111111"
LOAD = f"arn:aws:states:{HERE}:stateMachine:load"
STATES = "arn:aws:states:::"


def child_arn(name: str) -> str:
    return f"arn:aws:states:{HERE}:stateMachine:{name}"


def task(resource: str, parameters: JsonObject | None = None, **rest: Any) -> JsonObject:
    prefix = "" if resource.startswith("arn:") else STATES
    return {"Type": "Task", "Resource": prefix + resource, "Parameters": parameters or {}, "End": True, **rest}


def machine(states: JsonObject, arn: str | None = LOAD, *, express: bool | None = None, **rest: Any) -> Machine:
    text = json.dumps({"StartAt": next(iter(states)), "States": states, **rest})
    return machine_of(parse_json(arn or "x.json", text), arn, express=express)


def waiting(
    predecessor: str = "load", *, given: JsonObject | None = None, key: JsonObject | None = None, beside: Sequence[JsonObject] = ()
) -> Waiting:
    """A predecessor of the join `close`, which waits for LOAD unless said otherwise."""
    itself = {"stateMachine": LOAD} if given is None else given
    effective = {"input": "businessDate"} if key is None else key
    return Waiting("close.yaml", Position(4, 3), "close", predecessor, itself, effective, [itself, *beside])


def look(one: Machine, *others: Machine, predecessors: Sequence[Waiting] = ()) -> list[Finding]:
    by_arn = {other.arn or "": other for other in others}
    return Inspection(predecessors, by_arn.get).look_at([one])


def codes(*args: Any, **kwargs: Any) -> list[tuple[str, str | None]]:
    return [(str(one.code), one.state) for one in look(*args, **kwargs)]


def snippet(parameters: JsonObject, resource: str, **rest: Any) -> list[str]:
    (finding,) = look(machine({"Start It": task(resource, parameters)}, **rest))
    return list(finding.snippet)


FORGOTTEN = [
    "ecs:runTask",
    "aws-sdk:ecs:runTask",
    "glue:startJobRun",
    "aws-sdk:glue:startJobRun",
    "batch:submitJob",
    "aws-sdk:batch:submitJob",
    "codebuild:startBuild",
    "aws-sdk:codebuild:startBuild",
    "codebuild:startBuildBatch",
    "states:startExecution",
    "aws-sdk:sfn:startExecution",
    "athena:startQueryExecution",
    "emr-serverless:startJobRun",
    "aws-sdk:emrserverless:startJobRun",
    "elasticmapreduce:addStep",
    "aws-sdk:emr:addStep",
    "sagemaker:createTrainingJob",
    "aws-sdk:lambda:invokeAsync",
]


@pytest.mark.parametrize("resource", FORGOTTEN)
def test_work_that_is_not_waited_for_is_found(resource: str) -> None:
    (finding,) = look(machine({"Load": task(resource)}))
    assert (finding.code, finding.state, finding.path) == ("fire-and-forget", "Load", ("States", "Load", "Resource"))
    assert finding.message.startswith(f"{resource} starts ")


@pytest.mark.parametrize(
    "resource",
    [
        *(f"{resource}.sync" for resource in FORGOTTEN if not resource.startswith("aws-sdk")),
        "states:startExecution.sync:2",
        "lambda:invoke",
        f"arn:aws:lambda:{HERE}:function:load",
        f"arn:aws:states:{HERE}:activity:approve",
        "dynamodb:putItem",
        "aws-sdk:s3:copyObject",
        "aws-sdk:sfn:startSyncExecution",
        "http:invoke",
        "${LoadFunctionArn}",
        "not an arn at all",
        "",
    ],
)
def test_work_that_is_waited_for_is_not(resource: str) -> None:
    state = {**task("x"), "Resource": resource if resource[:4] in ("arn:", "${Lo", "not ", "") else STATES + resource}
    assert codes(machine({"Load": state})) == []


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "${AWS::Partition}"])
def test_every_partition_is_read(partition: str) -> None:
    assert codes(machine({"Load": task(f"arn:{partition}:states:::ecs:runTask")})) == [("fire-and-forget", "Load")]


@pytest.mark.parametrize(
    ("language", "given", "found"),
    [
        ("JSONPath", {"Parameters": {"InvocationType": "Event"}}, "starts"),
        ("JSONPath", {"Parameters": {"InvocationType.$": "$.how"}}, "may start"),
        ("JSONPath", {"Parameters": {"InvocationType": "RequestResponse"}}, None),
        ("JSONPath", {"Parameters": {"InvocationType": "DryRun"}}, None),
        ("JSONPath", {"Parameters": {}}, None),
        ("JSONata", {"Arguments": {"InvocationType": "Event"}}, "starts"),
        ("JSONata", {"Arguments": {"InvocationType": "{% 'Event' %}"}}, "starts"),
        ("JSONata", {"Arguments": {"InvocationType": "{% $states.input.how %}"}}, "may start"),
        ("JSONata", {"Arguments": {"InvocationType": '{% "RequestResponse" %}'}}, None),
        ("JSONata", {"Arguments": "{% $states.input %}"}, None),
        ("JSONata", {"Parameters": {"InvocationType": "Event"}}, None),
    ],
)
@pytest.mark.parametrize("resource", ["lambda:invoke", "aws-sdk:lambda:invoke"])
def test_a_function_is_forgotten_when_it_is_invoked_as_an_event(resource: str, language: str, given: JsonObject, found: str | None) -> None:
    state = {"Type": "Task", "Resource": STATES + resource, "QueryLanguage": language, "End": True, **given}
    findings = look(machine({"Tell": state}))
    assert [one.message.partition(" a function")[0].removeprefix(resource).strip() for one in findings] == ([found] if found else [])


def test_states_are_found_wherever_they_are_nested() -> None:
    inner = {"StartAt": "Run", "States": {"Run": task("ecs:runTask")}}
    old = {"Type": "Map", "Iterator": inner, "End": True}
    new = {"Type": "Map", "ItemProcessor": {**inner, "ProcessorConfig": {"Mode": "DISTRIBUTED"}}, "End": True}
    branches = {"Type": "Parallel", "Branches": [inner, {"StartAt": "New", "States": {"New": new}}], "End": True}
    found = look(machine({"Old": old, "Both": branches}))
    assert [(one.state, one.path) for one in found] == [
        ("Old > Run", ("States", "Old", "Iterator", "States", "Run", "Resource")),
        ("Both > Run", ("States", "Both", "Branches", 0, "States", "Run", "Resource")),
        ("Both > New > Run", ("States", "Both", "Branches", 1, "States", "New", "ItemProcessor", "States", "Run", "Resource")),
    ]
    counted = ["count" in "\n".join(one.snippet) for one in found]
    assert counted == [True, False, True]


def test_a_finding_is_told_in_one_line_with_its_predecessors() -> None:
    (finding,) = look(
        machine({"Load": task("ecs:runTask")}), predecessors=[waiting(), waiting("other", given={"stateMachine": "x"}), waiting("again")]
    )
    assert str(finding) == (
        f"{LOAD}:1:69: fire-and-forget: States.Load.Resource: ecs:runTask starts an ECS task and ends at once, so the execution succeeds "
        "while that still runs: close.load (close.yaml:4:3), close.again (close.yaml:4:3) are ready too early "
        "(use ecs:runTask.sync, or wait for ecsTask instead)"
    )


@pytest.mark.parametrize(
    ("parameters", "lines"),
    [
        (
            {"Cluster": "batch", "TaskDefinition": "nightly-load:3"},
            [f"cluster: arn:aws:ecs:{HERE}:cluster/batch", "family: nightly-load"],
        ),
        (
            {"TaskDefinition": f"arn:aws:ecs:{HERE}:task-definition/nightly-load:3"},
            [f"cluster: arn:aws:ecs:{HERE}:cluster/default", "family: nightly-load"],
        ),
        (
            {"Cluster": "${Cluster}", "TaskDefinition": "${Definition}"},
            ["cluster: ${Cluster}", "family: FAMILY  # the state machine says ${Definition}"],
        ),
        (
            {"Cluster.$": "$.cluster", "TaskDefinition.$": "$.a\n#b"},
            [
                f"cluster: arn:aws:ecs:{HERE}:cluster/NAME  # the state machine says $.cluster",
                "family: FAMILY  # the state machine says $.a #b",
            ],
        ),
    ],
)
def test_the_task_to_wait_for_is_written_out(parameters: JsonObject, lines: list[str]) -> None:
    assert snippet(parameters, "ecs:runTask")[:5] == ["predecessors:", "  start-it:", "    ecsTask:", *(f"      {line}" for line in lines)]


@pytest.mark.parametrize(
    ("resource", "parameters", "lines"),
    [
        ("glue:startJobRun", {"JobName": "load"}, [f"glueJob: arn:aws:glue:{HERE}:job/load"]),
        ("glue:startJobRun", {"JobName": "Load all #2"}, [f"glueJob: 'arn:aws:glue:{HERE}:job/Load all #2'"]),
        (
            "batch:submitJob",
            {"JobQueue": "night", "JobDefinition": "load:7"},
            ["batchJob:", f"  queue: arn:aws:batch:{HERE}:job-queue/night", "  definition: load"],
        ),
        (
            "batch:submitJob",
            {"JobQueue": "night", "JobDefinition": f"arn:aws:batch:{HERE}:job-definition/load:7"},
            ["batchJob:", f"  queue: arn:aws:batch:{HERE}:job-queue/night", "  definition: load"],
        ),
        ("codebuild:startBuild", {"ProjectName": "site"}, [f"codeBuildProject: arn:aws:codebuild:{HERE}:project/site"]),
        (
            "lambda:invoke",
            {"FunctionName": f"arn:aws:lambda:{HERE}:function:f:live", "InvocationType": "Event"},
            [f"lambdaFunction: arn:aws:lambda:{HERE}:function:f", "trust: account"],
        ),
        (
            "lambda:invoke",
            {"FunctionName": "f:live", "InvocationType": "Event"},
            [f"lambdaFunction: arn:aws:lambda:{HERE}:function:f", "trust: account"],
        ),
        ("states:startExecution", {"StateMachineArn": f"{LOAD}:live"}, [f"stateMachine: {LOAD}"]),
    ],
)
def test_the_other_work_to_wait_for_is_written_out(resource: str, parameters: JsonObject, lines: list[str]) -> None:
    assert [line.removeprefix("    ") for line in snippet(parameters, resource)[2 : 2 + len(lines)]] == lines


def test_a_place_that_is_not_known_is_left_to_fill_in() -> None:
    assert snippet({"JobName": "load"}, "glue:startJobRun", arn=None)[2] == "    glueJob: arn:aws:glue:REGION:ACCOUNT:job/load"


@pytest.mark.parametrize(
    ("resource", "parameters", "key"),
    [
        (
            "ecs:runTask",
            {
                "Overrides": {
                    "ContainerOverrides": [{"Environment": [{"Name": "RUN", "Value.$": "$.r"}, {"Name": "DAY", "Value.$": "$.d"}]}]
                }
            },
            "{input: environment.DAY}",
        ),
        ("ecs:runTask", {"StartedBy.$": "$.businessDate"}, "{input: startedBy}"),
        ("ecs:runTask", {"Tags": [{"Key": "business-date", "Value.$": "$.d"}]}, "{tag: business-date}"),
        ("batch:submitJob", {"Parameters": {"day.$": "$.d"}}, "{input: parameters.day}"),
        ("batch:submitJob", {"Tags": {"day.$": "$.d"}}, "{tag: day}"),
        ("glue:startJobRun", {"Arguments": {"--business-date.$": "$.d"}}, """{input: 'arguments."--business-date"'}"""),
        ("codebuild:startBuild", {"EnvironmentVariablesOverride": [{"Name": "DAY", "Value.$": "$.d"}]}, "{input: environment.DAY}"),
        ("states:startExecution", {"Input": {"businessDate.$": "$.d"}}, "{input: businessDate}"),
        ("states:startExecution", {"Input": {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id"}}, None),
        ("ecs:runTask", {"Overrides": {"ContainerOverrides": [{"Environment": [{"Name": "DAY", "Value": "fixed"}]}]}}, None),
    ],
)
def test_the_key_is_where_the_business_date_is_passed_on(resource: str, parameters: JsonObject, key: str | None) -> None:
    last = snippet(parameters, resource)[-1]
    assert last == (f"    key: {key}" if key else last)
    assert ("told nothing" in last) is (key is None)


def test_what_may_be_no_date_is_only_offered() -> None:
    last = snippet({"StateMachineArn": LOAD, "Input": {"workers.$": "$.w"}}, "states:startExecution")[-1]
    assert last == "    # the key, if this is the business date: {input: workers}"


def test_the_key_is_found_in_jsonata_too() -> None:
    variables = [{"Name": "DAY", "Value": "{% $states.input.day %}"}, {"Name": "MODE", "Value": "{% 'fast' %}"}]
    arguments = {"Cluster": "batch", "TaskDefinition": "{% 'load' %}", "Overrides": {"ContainerOverrides": [{"Environment": variables}]}}
    state = {"Type": "Task", "Resource": f"{STATES}ecs:runTask", "Arguments": arguments, "End": True}
    (finding,) = look(machine({"Load": state}, QueryLanguage="JSONata"))
    assert list(finding.snippet)[3:] == [
        f"      cluster: arn:aws:ecs:{HERE}:cluster/batch",
        "      family: load",
        "    key: {input: environment.DAY}",
    ]


def test_a_join_without_a_key_is_given_none() -> None:
    (finding,) = look(machine({"Load": task("ecs:runTask", {"StartedBy.$": "$.d"})}), predecessors=[waiting(key={})])
    assert not any("key" in line for line in finding.snippet)


def test_the_snippet_takes_the_place_of_the_only_predecessor() -> None:
    (finding,) = look(machine({"Load": task("ecs:runTask")}), predecessors=[waiting("ledger")])
    assert finding.snippet[1] == "  ledger:"
    two = look(machine({"Load": task("ecs:runTask"), "More": task("ecs:runTask")}), predecessors=[waiting("ledger")])
    assert [one.snippet[1] for one in two] == ["  load:", "  more:"]


TASK_OF_LOAD = {"cluster": f"arn:aws:ecs:{HERE}:cluster/batch", "family": "load"}


@pytest.mark.parametrize(
    ("parameters", "beside", "found"),
    [
        ({"Cluster": "batch", "TaskDefinition": "load"}, {"ecsTask": TASK_OF_LOAD}, False),
        ({"Cluster.$": "$.c", "TaskDefinition": "load"}, {"ecsTask": TASK_OF_LOAD}, False),
        ({"Cluster": "${Cluster}", "TaskDefinition": "${Family}"}, {"ecsTask": TASK_OF_LOAD}, False),
        ({"Cluster": "batch", "TaskDefinition": "other"}, {"ecsTask": TASK_OF_LOAD}, True),
        ({"Cluster": "batch", "TaskDefinition": "load"}, {"glueJob": f"arn:aws:glue:{HERE}:job/load"}, True),
    ],
)
def test_a_join_that_waits_for_the_work_too_does_not_fire_early(parameters: JsonObject, beside: JsonObject, found: bool) -> None:
    one = machine({"Load": task("ecs:runTask", parameters)})
    early = "fire-and-forget"
    assert (early in dict(codes(one, predecessors=[waiting(beside=[beside])]))) is found
    # A state machine that nobody is known to wait for, and a join that waits for its task.
    assert (early in dict(codes(one, predecessors=[waiting(given=beside)]))) is found


PASSING: dict[str, JsonObject] = {
    "ecs:runTask": {
        "Cluster": "batch",
        "TaskDefinition": "load",
        "StartedBy.$": "$.d",
        "Overrides": {"ContainerOverrides": [{"Environment": [{"Name": "DAY", "Value.$": "$.d"}]}, {"Command": ["x"]}]},
        "Tags": [{"Key": "day", "Value.$": "$.d"}],
    },
    "glue:startJobRun": {"JobName": "load", "Arguments": {"--day.$": "$.d"}},
    "batch:submitJob": {
        "JobQueue": "night",
        "JobDefinition": "load",
        "ContainerOverrides": {"Environment": [{"Name": "DAY", "Value": "fixed"}]},
        "Tags": {"day.$": "$.d"},
    },
    "states:startExecution": {"StateMachineArn": child_arn("child"), "Input": {"day.$": "$.d"}},
    "lambda:invoke": {"FunctionName": "f", "InvocationType": "Event", "Payload": {"day.$": "$.d"}},
}
WAITED_FOR: dict[str, JsonObject] = {
    "ecs:runTask": {"ecsTask": TASK_OF_LOAD},
    "glue:startJobRun": {"glueJob": f"arn:aws:glue:{HERE}:job/load"},
    "batch:submitJob": {"batchJob": {"queue": f"arn:aws:batch:{HERE}:job-queue/night", "definition": "load"}},
    "states:startExecution": {"stateMachine": child_arn("child")},
    "lambda:invoke": {"lambdaFunction": f"arn:aws:lambda:{HERE}:function:f"},
}


@pytest.mark.parametrize(
    ("resource", "key", "passed"),
    [
        ("ecs:runTask", {"input": "environment.DAY"}, True),
        ("ecs:runTask", {"input": 'environment."DAY"'}, True),
        ("ecs:runTask", {"input": "environment.BUSINESS_DATE"}, False),
        ("ecs:runTask", {"input": "startedBy"}, True),
        ("ecs:runTask", {"input": "group"}, False),
        ("ecs:runTask", {"input": "command[1]"}, True),
        ("ecs:runTask", {"tag": "day"}, True),
        ("ecs:runTask", {"tag": "business-date"}, False),
        ("ecs:runTask", {"window": {"every": "day"}}, True),
        ("ecs:runTask", {}, True),
        ("glue:startJobRun", {"input": 'arguments."--day"'}, True),
        ("glue:startJobRun", {"input": 'arguments."--date"'}, False),
        ("batch:submitJob", {"input": "environment.DAY"}, True),
        ("batch:submitJob", {"input": "environment.DATE"}, False),
        ("batch:submitJob", {"input": "parameters.day"}, True),
        ("batch:submitJob", {"tag": "day"}, True),
        ("batch:submitJob", {"tag": "date"}, False),
        ("states:startExecution", {"input": "day"}, True),
        ("states:startExecution", {"input": "businessDate"}, False),
        ("lambda:invoke", {"input": "businessDate"}, False),
    ],
)
def test_a_key_that_is_not_passed_on_is_told(resource: str, key: JsonObject, passed: bool) -> None:
    one = machine({"Load": task(resource, PASSING[resource])})
    assert codes(one, predecessors=[waiting(given=WAITED_FOR[resource], key=key)]) == ([] if passed else [("key-not-passed", "Load")])


def test_a_key_must_be_passed_on_by_a_state_that_waits_too() -> None:
    one = machine({"Load": task("ecs:runTask.sync", PASSING["ecs:runTask"])})
    (finding,) = look(one, predecessors=[waiting(given={"ecsTask": TASK_OF_LOAD}, key={"tag": "date"})])
    assert str(finding).partition("key-not-passed: ")[2] == (
        "States.Load.Resource: close.load (close.yaml:4:3) waits for an ECS task itself and reads the key from its tag 'date', which "
        "ecs:runTask.sync does not pass here (pass it, or read the key from what is passed; "
        "a completion without a key is put in quarantine)"
    )


@pytest.mark.parametrize(
    "unknown",
    [
        {"Overrides.$": "$.overrides"},
        {"Overrides": {"ContainerOverrides.$": "$.all"}},
        {"Overrides": {"ContainerOverrides": [{"Environment.$": "$.env"}]}},
        {"Overrides": {"ContainerOverrides": [{"Environment": [{"Name.$": "$.name", "Value": "x"}]}]}},
    ],
)
def test_what_an_expression_makes_may_pass_anything(unknown: JsonObject) -> None:
    one = machine({"Load": task("ecs:runTask", {"TaskDefinition": "load", "Cluster": "batch", **unknown})})
    assert codes(one, predecessors=[waiting(given={"ecsTask": TASK_OF_LOAD}, key={"input": "environment.DAY"})]) == []


def test_a_state_machine_that_asks_again_and_again_waits() -> None:
    states = {
        "Start": task("ecs:runTask", Next="Wait", End=False),
        "Wait": {"Type": "Wait", "Seconds": 30, "Next": "Ask"},
        "Ask": task("aws-sdk:ecs:describeTasks", Next="Over?", End=False),
        "Over?": {"Type": "Choice", "Choices": [{"Variable": "$.s", "StringEquals": "STOPPED", "Next": "Done"}], "Default": "Wait"},
        "Done": {"Type": "Succeed"},
    }
    assert codes(machine(states)) == []
    once = {**states, "Over?": {"Type": "Choice", "Choices": [], "Default": "Done"}}
    assert codes(machine(once)) == [("fire-and-forget", "Start")]
    other = {**states, "Ask": task("aws-sdk:glue:getJobRun", Next="Over?", End=False)}
    assert codes(machine(other)) == [("fire-and-forget", "Start")]


def test_asking_may_be_done_around_and_inside_other_states() -> None:
    start = {"StartAt": "Run", "States": {"Run": task("ecs:runTask")}}
    ask = {"StartAt": "Ask", "States": {"Ask": task("aws-sdk:ecs:describeTasks")}}
    states: JsonObject = {
        "All": {"Type": "Parallel", "Branches": [start], "Next": "Look"},
        "Look": {"Type": "Map", "ItemProcessor": ask, "Next": "Over?"},
        "Over?": {"Type": "Choice", "Choices": [{"Next": "Look"}], "Default": "Done"},
        "Done": {"Type": "Succeed"},
    }
    assert codes(machine(states)) == []
    assert codes(machine({**states, "Over?": {"Type": "Choice", "Choices": [], "Default": "Done"}})) == [("fire-and-forget", "All > Run")]


@pytest.mark.parametrize("resource", ["events:putEvents", "aws-sdk:eventbridge:putEvents", "sqs:sendMessage"])
def test_what_is_sent_on_is_told_apart(resource: str) -> None:
    assert codes(machine({"Tell": task(resource)})) == [("message-sent", "Tell")]


def test_what_is_published_is_a_notification() -> None:
    assert codes(machine({"Tell": task("sns:publish")})) == []


def test_a_token_is_not_the_end_of_the_work() -> None:
    limited: JsonObject = {"HeartbeatSeconds": 60}
    assert codes(machine({"Run": task("ecs:runTask.waitForTaskToken", **limited)})) == [("task-token", "Run")]
    assert codes(machine({"Ask": task("sqs:sendMessage.waitForTaskToken", **limited)})) == []
    assert codes(machine({"Ask": task("lambda:invoke.waitForTaskToken")})) == [("token-without-timeout", "Ask")]
    assert codes(machine({"Ask": task("lambda:invoke.waitForTaskToken", TimeoutSecondsPath="$.t")})) == []


def caught(*following: tuple[str, JsonObject], state: JsonObject | None = None) -> list[tuple[str, str | None]]:
    work = {**(state or task("ecs:runTask.sync")), "Catch": [{"ErrorEquals": ["States.ALL"], "Next": following[0][0]}]}
    return codes(machine({"Load": work, **dict(following)}))


TRAP = [("failure-caught", "Load")]


def test_a_failure_that_is_caught_and_ends_well_is_a_trap() -> None:
    notify = ("Notify", task("dynamodb:putItem"))
    assert caught(notify) == TRAP
    assert caught(notify, state=task("lambda:invoke")) == TRAP
    assert caught(("Next", {"Type": "Pass", "Next": "Done"}), ("Done", {"Type": "Succeed"})) == TRAP
    assert (
        caught(
            ("Maybe", {"Type": "Choice", "Choices": [{"Next": "No"}], "Default": "Yes"}),
            ("No", {"Type": "Fail"}),
            ("Yes", {"Type": "Succeed"}),
        )
        == TRAP
    )


def test_a_failure_that_is_caught_and_fails_is_none() -> None:
    fail = ("Failed", {"Type": "Fail"})
    assert caught(fail) == []
    assert caught(("Notify", task("dynamodb:putItem", Next="Failed", End=False)), fail) == []
    again = ("Pause", {"Type": "Wait", "Seconds": 1, "Next": "Load"})
    assert caught(again) == []
    assert caught(("Gone", {"Type": "Pass", "Next": "Nowhere"})) == []
    assert caught(("Notify", task("dynamodb:getItem")), state=task("dynamodb:putItem")) == []


def test_a_failure_in_a_branch_is_a_trap_when_the_whole_goes_on_well() -> None:
    handled = {"Load": {**task("ecs:runTask.sync"), "Catch": [{"Next": "Note"}]}, "Note": {"Type": "Pass", "End": True}}
    parallel = {"Type": "Parallel", "Branches": [{"StartAt": "Load", "States": handled}]}
    assert codes(machine({"All": {**parallel, "End": True}})) == [("failure-caught", "All > Load")]
    assert codes(machine({"All": {**parallel, "Next": "Bad"}, "Bad": {"Type": "Fail"}})) == []
    around = {"Type": "Map", "ItemProcessor": {"StartAt": "All", "States": {"All": {**parallel, "End": True}}}}
    assert codes(machine({"Each": {**around, "Next": "Bad"}, "Bad": {"Type": "Fail"}})) == []
    outer = {**parallel, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Fine"}], "Next": "Bad"}
    assert codes(machine({"All": outer, "Bad": {"Type": "Fail"}, "Fine": {"Type": "Succeed"}})) == [("failure-caught", "All")]


@pytest.mark.parametrize(
    ("member", "found"),
    [
        ({"ToleratedFailurePercentage": 5}, True),
        ({"ToleratedFailureCountPath": "$.n"}, True),
        ({"ToleratedFailureCount": 0}, False),
        ({}, False),
    ],
)
def test_tolerated_failures_are_a_trap(member: JsonObject, found: bool) -> None:
    each = {"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}, "End": True, **member}
    assert codes(machine({"Each": each})) == ([("failures-tolerated", "Each")] if found else [])


def test_an_express_state_machine_tells_nothing() -> None:
    (finding,) = look(machine({"P": {"Type": "Pass", "End": True}}, express=True), predecessors=[waiting()])
    assert (finding.code, finding.path) == ("express", ())
    assert finding.message.endswith("so close.load (close.yaml:4:3) is never ready")
    assert look(machine({"P": {"Type": "Pass", "End": True}}, express=False)) == []


def calling(name: str, how: str = "sync:2") -> JsonObject:
    return task(f"states:startExecution.{how}", {"StateMachineArn": child_arn(name)})


def test_state_machines_that_are_waited_for_are_looked_into() -> None:
    parent = machine({"Child": calling("child")})
    inner = machine({"Load": task("ecs:runTask"), "Deep": calling("deep", "sync")}, child_arn("child"), express=True)
    deepest = machine({"More": task("glue:startJobRun")}, child_arn("deep"))
    found = look(parent, inner, deepest, predecessors=[waiting()])
    assert [(one.machine.arn, one.state, one.code, len(one.waiting)) for one in found] == [
        (child_arn("child"), "Load", "fire-and-forget", 1),
        (child_arn("deep"), "More", "fire-and-forget", 1),
    ]


def test_state_machines_that_wait_for_one_another_in_a_circle_are_looked_into_once() -> None:
    a, b = machine({"B": calling("b"), "X": task("ecs:runTask")}, child_arn("a")), machine({"A": calling("a")}, child_arn("b"))
    assert codes(a, a, b) == [("fire-and-forget", "X")]


def test_a_child_that_is_a_predecessor_too_is_told_of_both() -> None:
    started = {"StateMachineArn": child_arn("child"), "Input": {"businessDate.$": "$.d"}}
    parent = machine({"Child": task("states:startExecution.sync:2", started)})
    inner = machine({"Load": task("ecs:runTask")}, child_arn("child"), express=True)
    joins = [waiting("parent"), waiting("child", given={"stateMachine": child_arn("child")})]
    for order in ([parent, inner], [inner, parent]):
        found = Inspection(joins, {child_arn("child"): inner}.get).look_at(order)
        assert sorted((str(one.code), len(one.waiting)) for one in found) == [("express", 1), ("fire-and-forget", 2)]


def test_a_long_chain_of_state_machines_ends() -> None:
    chain = [
        machine({"Next": calling(str(number + 1)), "X": task("ecs:runTask")}, child_arn(str(number))) for number in range(MAX_MACHINES * 2)
    ]
    assert len(look(chain[0], *chain)) == MAX_MACHINES


@pytest.mark.parametrize(
    "states",
    [
        {"A": 1},
        {"A": {"Type": "Parallel", "Branches": {"States": {}}, "End": True}},
        {"A": {"Type": "Parallel", "Branches": [1, {"States": []}], "End": True}},
        {"A": {"Type": "Map", "ItemProcessor": [], "Iterator": 1, "End": True}},
        {"A": {"Type": "Choice", "Choices": {"Next": "A"}, "Default": 1}},
        {"A": {"Type": "Task", "Resource": {"x": 1}, "Catch": {"Next": "A"}, "Next": ["A"]}},
        {"A": {"Type": ["Task"], "Resource": f"{STATES}ecs:runTask"}},
        {"A": {**task("ecs:runTask.sync"), "Catch": [1, {"Next": 1}, {"Next": "A"}], "Next": "A", "End": False}},
        {"A": {**task("ecs:runTask.sync"), "Parameters": [1], "Arguments": "x"}},
    ],
)
def test_a_definition_that_aws_would_refuse_is_read_as_far_as_it_goes(states: JsonObject) -> None:
    assert codes(machine(states)) == []


def test_parameters_of_a_wrong_shape_leave_everything_open() -> None:
    odd = {"Cluster": 1, "TaskDefinition": ["x"], "Overrides": {"ContainerOverrides": {"x": 1}}, "Tags": [1, {"Key": 2}], "StartedBy": None}
    (finding,) = look(machine({"Load": task("ecs:runTask", odd)}))
    assert "      family: FAMILY  # the state machine does not say it" in finding.snippet
    assert "told nothing" in finding.snippet[-1]


def test_every_code_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")
    section = text.partition("## Joins that would fire early")[2].partition("\n## ")[0]
    assert {f"`{code}`" for code in (*LintCode, *MachineCode)} <= set(re.findall("`[a-z-]+`", section))


ALL_LITERAL: dict[str, JsonObject] = {
    "ecs:runTask": {"Cluster": "batch", "TaskDefinition": "nightly-load:3", "StartedBy.$": "$.day"},
    "aws-sdk:ecs:runTask": {"Cluster": "batch", "TaskDefinition": "nightly-load", "Tags": [{"Key": "business-date", "Value.$": "$.d"}]},
    "glue:startJobRun": {"JobName": "Load all #2", "Arguments": {"--business-date.$": "$.d"}},
    "batch:submitJob": {"JobQueue": "night", "JobDefinition": "load:7", "Parameters": {"business date.$": "$.d"}},
    "codebuild:startBuild": {"ProjectName": "site", "EnvironmentVariablesOverride": [{"Name": "DAY", "Value.$": "$.d"}]},
    "lambda:invoke": {"FunctionName": "f:live", "InvocationType": "Event", "Payload": {"it's.$": "$.day"}},
    "states:startExecution": {"StateMachineArn": LOAD, "Input": {"businessDate.$": "$.d"}},
}


@pytest.mark.parametrize("resource", ALL_LITERAL)
def test_what_is_written_out_is_a_right_definition(resource: str) -> None:
    before = ["join: close", "key: {input: day}"]
    after = ["successors:", "  - target: c", "    bus: arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"]
    text = "\n".join([*before, *snippet(ALL_LITERAL[resource], resource), *after])
    documents, problems = parse_definitions("x.yaml", text)
    assert problems == []
    given = [(one.label, one.document) for one in documents]
    joins, wrong = compile_documents(given, allowed_accounts=None, allowed_buses=None, this_year=2026)
    assert wrong == []
    assert joins[0].content.predecessors[0].key is not None


NAMES = ["A", "B", "C"]
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "Type": st.sampled_from(["Task", "Map", "Parallel", "Choice", "Pass", "Succeed", "Fail", "Wait", 1]),
        "Resource": st.sampled_from(
            [*(STATES + one for one in FORGOTTEN), f"{STATES}ecs:runTask.sync", f"{STATES}aws-sdk:ecs:describeTasks", 1, ""]
        ),
        "Next": st.sampled_from([*NAMES, "Gone", 1, ["A"]]),
        "Default": st.sampled_from(NAMES),
        "End": st.sampled_from([True, False, 1]),
        "Catch": st.lists(st.fixed_dictionaries({"Next": st.sampled_from(NAMES)}) | st.integers(), max_size=2),
        "Choices": st.lists(st.fixed_dictionaries({"Next": st.sampled_from(NAMES)}), max_size=2),
        "Parameters": st.dictionaries(
            st.sampled_from(["Cluster", "TaskDefinition.$", "Overrides", "Tags"]), st.text(max_size=3) | st.none()
        ),
        "QueryLanguage": st.sampled_from(["JSONPath", "JSONata", 1]),
    },
)
SCOPES = st.recursive(
    st.fixed_dictionaries({"StartAt": st.sampled_from(NAMES), "States": st.dictionaries(st.sampled_from(NAMES), BODIES, min_size=1)}),
    lambda inner: st.fixed_dictionaries(
        {
            "StartAt": st.sampled_from(NAMES),
            "States": st.fixed_dictionaries(
                {
                    "A": st.builds(lambda body, one: {**body, "Type": "Map", "ItemProcessor": one}, BODIES, inner),
                    "B": st.builds(lambda body, one: {**body, "Type": "Parallel", "Branches": [one, one]}, BODIES, inner),
                }
            ),
        }
    ),
    max_leaves=3,
)


@given(SCOPES)
def test_whatever_the_states_every_finding_is_one_line_at_its_place(document: JsonObject) -> None:
    source = parse_json("x.json", json.dumps(document))
    one = machine_of(source, LOAD)
    for finding in look(one, predecessors=[waiting()]):
        here: Any = source.document
        for step in finding.path:
            here = here[step]
        assert "\n" not in str(finding)
        assert finding.state is not None
        assert all("\n" not in line for line in finding.snippet)
    assert {state.path for state in one.states()} >= {
        finding.path[: len(finding.path) - 1] for finding in look(one) if finding.path[-1] == "Resource"
    }


def test_a_state_machine_as_large_as_one_can_be_is_looked_at_in_time() -> None:
    states = {
        f"s{number}": task(
            "ecs:runTask.sync" if number % 2 else "ecs:runTask", Catch=[{"Next": f"s{number + 1}"}], Next=f"s{number + 1}", End=False
        )
        for number in range(MAX_STATES - 2)
    }
    ending = {f"s{MAX_STATES - 2}": task("aws-sdk:ecs:describeTasks", Next="bad", End=False), "bad": {"Type": "Fail"}}
    began = time.monotonic()
    assert len(look(machine({**states, **ending}))) == (MAX_STATES - 2) / 2
    assert time.monotonic() - began < 10
    with pytest.raises(RefusedFileError, match="asl-too-many-states"):
        machine({**states, **ending, "more": {"Type": "Fail"}})
