"""Step Functions executions: what MiniStack leaves out of their life, and the status-change event in full.

Added: StartExecution is idempotent while the execution runs and checks the name and the input; TimeoutSeconds of a state machine
ends its executions with TIMED_OUT; RedriveExecution runs on from the failed state, under the definition that the execution began
with (but with the execution's input, not that state's); Express machines emit nothing.
The event leaves out input and output by the rule that AWS documents:
https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

import contextvars
import json
import re
import threading
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, error_response_json, json_response
from ministack.services import eventbridge, stepfunctions

_MAX_INPUT_BYTES = 262_144
_MAX_ESCAPED_BYTES = 248 * 1024
# Letters outside ASCII are allowed by AWS, too; nothing here needs them.
_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_REDRIVABLE = frozenset({"FAILED", "ABORTED", "TIMED_OUT"})
# What a redriven execution runs: the definition that it began with, starting at the state that failed.
_redriven: contextvars.ContextVar[str | None] = contextvars.ContextVar("fanin_redriven_definition", default=None)


def install() -> None:
    stepfunctions._start_execution = _checked(stepfunctions._start_execution)
    stepfunctions._fail_execution = _if_running(stepfunctions._fail_execution)
    stepfunctions._describe_execution = _as_described(stepfunctions._describe_execution)
    stepfunctions._emit_execution_status_event = _emit
    stepfunctions.handle_request = _with_redrive(stepfunctions.handle_request)
    stepfunctions._state_machines.__class__ = _Machines


def _checked(start: Any) -> Any:
    def started(request: dict[str, Any]) -> Any:
        refusal = _refusal(request)
        if refusal is not None:
            return error_response_json(refusal, f"{refusal}: {request.get('name')}", 400)
        machine = stepfunctions._state_machines.get(stepfunctions._resolve_state_machine_arn(request.get("stateMachineArn", "")) or "")
        running = _running(machine, request)
        if running is not None:
            return json_response({"executionArn": running["executionArn"], "startDate": running["startDate"]})
        answer = start(request)
        if answer[0] == 200 and machine is not None:
            arn = json.loads(answer[2])["executionArn"]
            stepfunctions._executions[arn]["definition"] = machine["definition"]
            _time_out_later(arn, machine)
        return answer

    return started


def _refusal(request: dict[str, Any]) -> str | None:
    name, text = request.get("name"), request.get("input", "{}")
    if name is not None and not _NAME.fullmatch(name):
        return "InvalidName"
    try:
        json.loads(text)
    except ValueError:
        return "InvalidExecutionInput"
    return "InvalidExecutionInput" if len(text.encode()) > _MAX_INPUT_BYTES else None


def _running(machine: dict[str, Any] | None, request: dict[str, Any]) -> dict[str, Any] | None:
    """The running execution that has this name and this input."""
    if machine is None or not request.get("name"):
        return None
    arn = f"{machine['stateMachineArn'].replace(':stateMachine:', ':execution:')}:{request['name']}"
    execution: dict[str, Any] = stepfunctions._executions.get(arn) or {}
    same = execution.get("status") == "RUNNING" and execution["input"] == request.get("input", "{}")
    return execution if same else None


def _time_out_later(arn: str, machine: dict[str, Any]) -> None:
    seconds = json.loads(machine["definition"]).get("TimeoutSeconds")
    if seconds:
        timer = threading.Timer(seconds, contextvars.copy_context().run, (_time_out, arn))
        timer.daemon = True
        timer.start()


def _time_out(arn: str) -> None:
    execution = stepfunctions._executions.get(arn)
    if execution and execution["status"] == "RUNNING":
        execution["stopDate"] = stepfunctions.now_iso()
        execution["status"] = "TIMED_OUT"
        stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
        _emit(execution)


def _if_running(fail: Any) -> Any:
    def failed(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)

    return failed


def _as_described(describe: Any) -> Any:
    def described(request: dict[str, Any]) -> Any:
        answer = describe(request)
        if answer[0] != 200:
            return answer
        shown, execution = json.loads(answer[2]), stepfunctions._executions[request["executionArn"]]
        if shown["status"] != "SUCCEEDED":
            del shown["output"], shown["outputDetails"]
        return json_response({key: value for key, value in {**shown, **_redrive_members(execution)}.items() if value is not None})

    return described


def _redrive_members(execution: dict[str, Any]) -> dict[str, Any]:
    status = execution["status"]
    redrivable = status in _REDRIVABLE
    reason = f"Execution is {status} and {'is redrivable' if redrivable else 'cannot be redriven'}"
    return {
        "redriveCount": execution.get("redriveCount", 0),
        "redriveDate": execution.get("redriveDate"),
        "redriveStatus": "REDRIVABLE" if redrivable else "NOT_REDRIVABLE",
        "redriveStatusReason": None if redrivable else reason,
    }


def _with_redrive(handle: Any) -> Any:
    async def handled(method: str, path: str, headers: dict[str, str], body: bytes, query_params: Any) -> Any:
        if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
            return stepfunctions._finalize_response(_redrive(json.loads(body)))
        return await handle(method, path, headers, body, query_params)

    return handled


def _redrive(request: dict[str, Any]) -> Any:
    execution = stepfunctions._executions.get(request.get("executionArn", ""))
    if execution is None:
        return error_response_json("ExecutionDoesNotExist", f"Execution Does Not Exist: '{request.get('executionArn')}'", 400)
    if execution["status"] not in _REDRIVABLE:
        return error_response_json("ExecutionNotRedrivable", f"Execution is {execution['status']} and cannot be redriven", 400)
    failed = [event["stateEnteredEventDetails"]["name"] for event in execution["events"] if event["type"].endswith("StateEntered")][-1:]
    definition = json.loads(execution["definition"])
    execution.update(status="RUNNING", stopDate=None, error=None, cause=None, output=None, redriveDate=stepfunctions.now_iso())
    execution["redriveCount"] = execution.get("redriveCount", 0) + 1
    _emit(execution)
    context = contextvars.copy_context()
    context.run(_redriven.set, json.dumps({**definition, "StartAt": next(iter(failed), definition["StartAt"])}))
    threading.Thread(target=context.run, args=(stepfunctions._run_execution, execution["executionArn"]), daemon=True).start()
    return json_response({"redriveDate": execution["redriveDate"]})


class _Machines(AccountRegionScopedDict):  # type: ignore[misc]  # MiniStack is not installed where mypy runs
    """The state machines as a redriven execution sees them."""

    __slots__ = ()

    def get(self, arn: str, default: Any = None) -> Any:
        machine, definition = super().get(arn, default), _redriven.get()
        return machine if machine is None or definition is None else {**machine, "definition": definition}


def _emit(execution: dict[str, Any]) -> None:
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) or {}
    if execution.get("sync") or machine.get("type") == "EXPRESS":
        return
    text, output = execution["input"], execution["output"] if execution["status"] == "SUCCEEDED" else None
    input_too_long = _escaped_bytes(text) + _escaped_bytes(output) > _MAX_ESCAPED_BYTES
    output_too_long = _escaped_bytes(output) > _MAX_ESCAPED_BYTES
    detail = {
        **{key: execution[key] for key in ("executionArn", "stateMachineArn", "name", "status")},
        "startDate": _epoch_ms(execution["startDate"]),
        "stopDate": _epoch_ms(execution["stopDate"]),
        "input": None if input_too_long else text,
        "output": None if output_too_long else output,
        "inputDetails": {"included": not input_too_long},
        "outputDetails": None if output is None else {"included": not output_too_long},
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        **_redrive_members(execution),
        "redriveDate": _epoch_ms(execution.get("redriveDate")),
        "error": execution.get("error"),
        "cause": execution.get("cause"),
    }
    entry = {
        "Source": "aws.states",
        "DetailType": "Step Functions Execution Status Change",
        "Detail": json.dumps(detail),
        "Resources": [execution["executionArn"]],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _escaped_bytes(text: str | None) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode()) if text is not None else 0


def _epoch_ms(moment: str | None) -> int | None:
    return round(datetime.fromisoformat(moment).astimezone(UTC).timestamp() * 1000) if moment else None
