"""The interpreter that functions run in, and the log writer of the Lambda runtime.

MiniStack runs functions with its own interpreter, so a package that a function forgot to bring would be found among MiniStack's.
Here they run in .venv-lambda, which holds boto3 as the Lambda runtime does and nothing else.
"""

import os
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.emulator import permissions

# As long as the invocation takes, the Lambda runtime would put what it prints into the log group with the role's permission.
_LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


def install() -> None:
    lambda_runtime._detect_runtime_binary = _in_lambda_environment(lambda_runtime._detect_runtime_binary)
    lambda_svc._emit_lambda_logs = _if_role_may_log(lambda_svc._emit_lambda_logs)


def _in_lambda_environment(detect: Any) -> Any:
    interpreter = os.environ["FANIN_LOCAL_RUNTIME"]

    def detected(runtime: str) -> tuple[str, str]:
        binary, worker = detect(runtime)
        return (interpreter if runtime.startswith("python") else binary), worker

    return detected


def _if_role_may_log(emit: Any) -> Any:
    def emitted(func: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        config = func.get("config") or func
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config.get('FunctionName')}"
        _, _, _, region, account, *_ = str(config["FunctionArn"]).split(":")
        stream = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:local"
        if all(permissions.role_may(str(config["Role"]), action, stream) for action in _LOG_ACTIONS):
            emit(func, *args, **kwargs)

    return emitted
