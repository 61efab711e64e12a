"""Events of AWS services that the emulator does not run, or not as a test needs them: POST /_fanin/service-events.

On AWS nobody but the services themselves can put an `aws.` source, and so it is here for every client. This way in is beside the AWS
API, for tests only. The body is a JSON list of entries as PutEvents takes them, each with the `Account` and the `Region` that it is of.
Other modules that tests may speak to add their path to ROUTES; what a route returns is answered as JSON.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import ministack.app
from ministack.core.responses import request_scope
from ministack.services import eventbridge

PATH = "/_fanin/service-events"
ROUTES: dict[str, Callable[[Any], object]] = {}


def install() -> None:
    ROUTES[PATH] = put
    ministack.app.app = _beside(ministack.app.app)


def _beside(app: Any) -> Any:
    async def served(scope: Any, receive: Any, send: Any) -> None:
        route = ROUTES.get(scope.get("path", "")) if scope["type"] == "http" else None
        if route is None:
            await app(scope, receive, send)
            return
        status, said = 204, b""
        try:
            answer = await asyncio.to_thread(route, json.loads(await body_of(receive)))
            if answer is not None:
                status, said = 200, json.dumps(answer).encode()
        except LookupError as error:
            status, said = 404, str(error).encode()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": said})

    return served


def put(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        with request_scope(entry.pop("Account"), entry.pop("Region")):
            tell(entry["Source"], entry["DetailType"], entry["Detail"], entry.get("Resources", []))


def tell(source: str, detail_type: str, detail: str, resources: list[str]) -> None:
    """Put a service's event on the default bus of the account and Region that the request is for."""
    entry = {"Source": source, "DetailType": detail_type, "Detail": detail, "Resources": resources}
    eventbridge._ensure_default_bus()
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


async def body_of(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
