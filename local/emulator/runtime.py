"""The environment that functions run in, and what the Lambda runtime does with the function's role around an invocation.

MiniStack runs functions with its own interpreter, so a package that a function forgot to bring would be found among MiniStack's.
Here they run in .venv-lambda, which holds boto3 as the Lambda runtime does and nothing else, and a function's own code comes before
its layers. The runtime writes the log and, when tracing is on, the trace with the function's role: the log is lost without permission.
"""

import os
import queue
import time
from contextlib import suppress
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.emulator import permissions

_LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")
_TRACE_ACTIONS = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
# The worker puts the layers first; on AWS it is /var/task, then /opt/python.
_PATH_IS_COMPLETE = "    _ms_install_invoke_depth()\n    try:\n"
_CODE_FIRST = "    sys.path.remove(code_dir)\n    sys.path.insert(0, code_dir)\n"


def install() -> None:
    lambda_runtime._detect_runtime_binary = _in_lambda_environment(lambda_runtime._detect_runtime_binary)
    lambda_runtime.Worker._drain_stderr_bounded = _drained
    lambda_svc._emit_lambda_logs = _if_role_may_log(lambda_svc._emit_lambda_logs)


def _drained(worker: Any, first_line_wait: float = 0.010, idle_confirm: float = 0.005, hard_cap: float = 0.250) -> str:
    """The lines of log of an invocation, waited for without looking every millisecond; ten, not fifty, for a first one."""
    lines: list[str] = []
    end = time.monotonic() + hard_cap
    with suppress(queue.Empty):
        while (left_s := end - time.monotonic()) > 0:
            lines.append(worker._stderr_queue.get(timeout=min(left_s, idle_confirm if lines else first_line_wait)))
    return "\n".join(lines)


def _in_lambda_environment(detect: Any) -> Any:
    interpreter = os.environ["FANIN_LOCAL_RUNTIME"]
    if lambda_runtime._PYTHON_WORKER_SCRIPT.count(_PATH_IS_COMPLETE) != 1:
        raise RuntimeError("MiniStack's worker is not the one that local/emulator/runtime.py changes")

    def detected(runtime: str) -> tuple[str, str]:
        binary, worker = detect(runtime)
        if not runtime.startswith("python"):
            return binary, worker
        return interpreter, worker.replace(_PATH_IS_COMPLETE, _CODE_FIRST + _PATH_IS_COMPLETE)

    return detected


def _if_role_may_log(emit: Any) -> Any:
    def emitted(func: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        config = func.get("config") or func
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config.get('FunctionName')}"
        _, _, _, region, account, *_ = str(config["FunctionArn"]).split(":")
        role = str(config["Role"])
        if (config.get("TracingConfig") or {}).get("Mode") == "Active":
            for action in _TRACE_ACTIONS:
                permissions.role_may(role, action, "*")
        stream = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:local"
        if all(permissions.role_may(role, action, stream) for action in _LOG_ACTIONS):
            emit(func, *args, **kwargs)

    return emitted
