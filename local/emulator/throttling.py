"""Throttling, which MiniStack never does: POST /_fanin/throttle with a JSON object, from an action to the share of its calls to refuse.

An action is `service:Operation` of a service that speaks JSON over HTTP (`dynamodb:UpdateItem`, `kms:Sign`, `events:PutEvents`), a share is
0 to 1, and `{}` ends it. A refusal has the code that the service documents for being asked too often, and what was refused has not
happened. The answer is how many calls of each action were refused since the start.
"""

import json
import random
from collections import Counter
from typing import Any

import ministack.app

from local.emulator import service_events

PATH = "/_fanin/throttle"

# By the prefix of X-Amz-Target: the service as permissions name it, and the code of its "too often".
_SERVICES = {
    "DynamoDB_20120810": ("dynamodb", "ProvisionedThroughputExceededException"),
    "TrentService": ("kms", "ThrottlingException"),
    "AWSStepFunctions": ("states", "ThrottlingException"),
    "AWSEvents": ("events", "ThrottlingException"),
    "AmazonSQS": ("sqs", "RequestThrottled"),
    "AmazonSSM": ("ssm", "ThrottlingException"),
}
_shares: dict[str, float] = {}
_refused: Counter[str] = Counter()


def install() -> None:
    service_events.ROUTES[PATH] = throttle
    ministack.app.app = _throttled(ministack.app.app)


def throttle(shares: dict[str, float]) -> dict[str, int]:
    _shares.clear()
    _shares.update(shares)
    return dict(_refused)


def _throttled(app: Any) -> Any:
    async def served(scope: Any, receive: Any, send: Any) -> None:
        code = _refusal(scope) if _shares and scope["type"] == "http" else None
        if code is None:
            await app(scope, receive, send)
            return
        await service_events.body_of(receive)
        body = json.dumps({"__type": code, "message": "Rate exceeded"}).encode()
        await send({"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"application/x-amz-json-1.0")]})
        await send({"type": "http.response.body", "body": body})

    return served


def _refusal(scope: Any) -> str | None:
    target = next((value.decode() for name, value in scope["headers"] if name == b"x-amz-target"), "")
    prefix, _, operation = target.partition(".")
    service, code = _SERVICES.get(prefix, ("", ""))
    action = f"{service}:{operation}"
    if random.random() >= _shares.get(action, 0.0):  # noqa: S311  # no secret
        return None
    _refused[action] += 1
    return code
