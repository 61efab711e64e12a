"""Event buses as destinations of asynchronous invocations: MiniStack knows queues and topics for failures, and nothing for successes.

The record is put on the bus with the function's role, whose permission and, in another account, the bus's policy decide; what is
refused is lost, as on AWS. Tries follow one another at once. `lambda:invoke` in Step Functions with the invocation type Event is one:
the state ends when the invocation is accepted.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

import contextvars
import json
import logging
import threading
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import new_uuid, now_iso
from ministack.services import eventbridge, lambda_svc, stepfunctions

from local.emulator import buses, condition_keys, permissions

_RETRIES = 2
_log = logging.getLogger("fanin.destinations")


def install() -> None:
    lambda_svc.invoke_async_with_retry = _to_buses(lambda_svc.invoke_async_with_retry)
    stepfunctions._invoke_resource = _asynchronously(stepfunctions._invoke_resource)


def _asynchronously(invoke: Any) -> Any:
    def invoked(resource: str, given: Any) -> Any:
        if ":states:::lambda:invoke" not in resource or not isinstance(given, dict) or given.get("InvocationType") != "Event":
            return invoke(resource, given)
        reference = stepfunctions._resolve_lambda_function_ref(given.get("FunctionName", ""), optimized=True)
        function, config, _ = lambda_svc._get_func_record_for_ref(reference)
        if not function or not config:
            raise stepfunctions._ExecutionError("Lambda.ResourceNotFoundException", f"Function not found: {given.get('FunctionName')}")
        lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), given.get("Payload", {}))
        return {"ExecutedVersion": "$LATEST", "StatusCode": 202}

    return invoked


def _to_buses(invoke: Any) -> Any:
    def invoked(function: dict[str, Any], event: Any) -> None:
        configured = function.get("event_invoke_config") or {}
        targets = {key: (one or {}).get("Destination", "") for key, one in (configured.get("DestinationConfig") or {}).items()}
        if not any(target.split(":")[2:3] == ["events"] for target in targets.values()):
            invoke(function, event)
            return
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(_run, function, event, configured, targets), daemon=True).start()

    return invoked


def _run(function: dict[str, Any], event: Any, configured: dict[str, Any], targets: dict[str, str]) -> None:
    tries = 1 + configured.get("MaximumRetryAttempts", _RETRIES)
    result, count = lambda_svc._execute_function_with_config_scope(function, event), 1
    while result.get("error") and count < tries:
        result, count = lambda_svc._execute_function_with_config_scope(function, event), count + 1
    bus = targets.get("OnFailure" if result.get("error") else "OnSuccess", "")
    if bus.split(":")[2:3] == ["events"]:
        _put(bus, function["config"], _record(function["config"], event, result, count))


def _record(config: dict[str, Any], event: Any, result: dict[str, Any], count: int) -> dict[str, Any]:
    failed = bool(result.get("error"))
    payload = result.get("body")
    return {
        "version": "1.0",
        "timestamp": now_iso(),
        "requestContext": {
            "requestId": new_uuid(),
            "functionArn": f"{config['FunctionArn']}:$LATEST",
            "condition": "RetriesExhausted" if failed else "Success",
            "approximateInvokeCount": count,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", **({"functionError": "Unhandled"} if failed else {})},
        "responsePayload": _parsed(payload) if isinstance(payload, str | bytes) else payload,
    }


def _parsed(payload: str | bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return str(payload)


def _put(bus_arn: str, config: dict[str, Any], record: dict[str, Any]) -> None:
    role, bus = str(config["Role"]), parse_arn(bus_arn)
    outcome = "Success" if record["requestContext"]["condition"] == "Success" else "Failure"
    entry = {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {outcome}",
        "Detail": json.dumps(record),
        "Resources": [bus_arn, record["requestContext"]["functionArn"]],
        "EventBusName": bus.resource.partition("/")[2],
    }
    account, keys = role.split(":")[4], condition_keys.of_event(entry)
    if not permissions.role_may(role, "events:PutEvents", bus_arn, keys):
        _log.warning("lost: %s may not put its record on %s", role, bus_arn)
    elif bus.account_id == account:
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    elif buses.refused_by(bus, buses.Sender(f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/lambda", account, keys)):
        _log.warning("lost: the policy of %s does not let %s", bus_arn, role)
    else:
        buses.deliver(buses.event_of(entry), bus)
