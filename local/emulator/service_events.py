"""Events of AWS services that the emulator does not run, or not as a test needs them: POST /_fanin/service-events.

On AWS nobody but the services themselves can put an `aws.` source, and so it is here for every client. This way in is beside the AWS
API, for tests only. The body is a JSON list of entries as PutEvents takes them, each with the `Account` and the `Region` that it is of.
"""

import json
from typing import Any

import ministack.app
from ministack.core.responses import request_scope
from ministack.services import eventbridge

PATH = "/_fanin/service-events"


def install() -> None:
    ministack.app.app = _beside(ministack.app.app)


def _beside(app: Any) -> Any:
    async def served(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await app(scope, receive, send)
            return
        put(json.loads(await _body(receive)))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return served


def put(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        with request_scope(entry.pop("Account"), entry.pop("Region")):
            eventbridge._ensure_default_bus()
            eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
