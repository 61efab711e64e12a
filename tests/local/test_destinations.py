"""Functions that are invoked asynchronously, and the records of it on event buses."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from local import LocalAws
from tests.local.test_integrations import ended, machine_of, start
from tests.local.world import RECEIVER, REGION, SENDER, Queue, allow, bus_arn, let, make_bus, make_queue, make_role, make_rule

pytestmark = pytest.mark.e2e

CODE = "def handler(event, context):\n    if event.get('fail'):\n        raise ValueError(event['fail'])\n    return {'rows': 42}\n"
DEFAULT = bus_arn(SENDER, "default")


def make_function(aws: LocalAws, name: str, bus: str, *, may_put: bool = True) -> str:
    """A function whose successes and failures go to a bus; its ARN."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", CODE)
    role = make_role(aws, SENDER, f"function-{name}", *([allow("events:PutEvents", bus)] if may_put else []), trusted=("lambda",))
    functions = aws.client(SENDER, "lambda")
    made = functions.create_function(
        FunctionName=name, Runtime="python3.11", Role=role, Handler="app.handler", Code={"ZipFile": packed.getvalue()}
    )
    both = {"OnSuccess": {"Destination": bus}, "OnFailure": {"Destination": bus}}
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1, DestinationConfig=both)
    return str(made["FunctionArn"])


def watch(aws: LocalAws, name: str) -> Queue:
    queue = make_queue(aws, SENDER, f"{name}-records")
    detail = {"requestContext": {"functionArn": [{"prefix": f"arn:aws:lambda:{REGION}:{SENDER}:function:{name}:"}]}}
    make_rule(aws, SENDER, f"{name}-records", {"source": ["lambda"], "detail": detail}, {"Arn": queue.arn})
    return queue


def invoke(aws: LocalAws, name: str, payload: dict[str, Any]) -> None:
    aws.client(SENDER, "lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(payload))


def told(queue: Queue) -> Any:
    (body,) = queue.bodies()
    return json.loads(body)


def test_a_success_and_a_failure_are_told_on_the_bus(local_aws: LocalAws) -> None:
    arn, queue = make_function(local_aws, "prices", DEFAULT), watch(local_aws, "prices")
    invoke(local_aws, "prices", {"businessDate": "2026-03-31"})
    good = told(queue)
    assert (good["source"], good["detail-type"], good["account"]) == ("lambda", "Lambda Function Invocation Result - Success", SENDER)
    assert good["resources"] == [DEFAULT, f"{arn}:$LATEST"]
    assert good["detail"]["requestPayload"] == {"businessDate": "2026-03-31"}
    assert good["detail"]["responsePayload"] == {"rows": 42}
    invoke(local_aws, "prices", {"fail": "no prices"})
    bad = told(queue)
    assert bad["detail-type"] == "Lambda Function Invocation Result - Failure"
    context = bad["detail"]["requestContext"]
    assert (context["condition"], context["approximateInvokeCount"]) == ("RetriesExhausted", 2)
    assert bad["detail"]["responsePayload"]["errorMessage"] == "no prices"


def test_a_record_that_the_role_may_not_put_is_lost(local_aws: LocalAws) -> None:
    make_function(local_aws, "silent", DEFAULT, may_put=False)
    queue = watch(local_aws, "silent")
    invoke(local_aws, "silent", {})
    assert queue.bodies(expected=0) == []


def test_a_record_reaches_a_bus_of_another_account_by_its_policy(local_aws: LocalAws) -> None:
    seen, there = make_bus(local_aws, RECEIVER, "records"), bus_arn(RECEIVER, "records")
    let(local_aws, RECEIVER, "records", allow("events:PutEvents", there, Principal={"AWS": f"arn:aws:iam::{SENDER}:root"}))
    make_function(local_aws, "abroad", there)
    invoke(local_aws, "abroad", {"n": 1})
    assert (record := told(seen))["account"] == SENDER
    assert record["detail"]["requestPayload"] == {"n": 1}


def test_a_state_that_invokes_an_event_ends_before_the_function_does(local_aws: LocalAws) -> None:
    make_function(local_aws, "forgotten", DEFAULT)
    queue = watch(local_aws, "forgotten")
    parameters = {"FunctionName": "forgotten", "InvocationType": "Event", "Payload": {"businessDate.$": "$.businessDate"}}
    described = ended(local_aws, start(local_aws, machine_of(local_aws, "forgets-function", "lambda:invoke", parameters, [])))
    assert json.loads(described["output"]) == {"ExecutedVersion": "$LATEST", "StatusCode": 202}
    assert told(queue)["detail"]["requestPayload"] == {"businessDate": "2026-03-31"}
