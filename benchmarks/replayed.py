"""boto3 clients without a network: each call is serialised, signed and its answer parsed as ever, but the answer is one recorded before.

A recording is made once, against the metered table: what was called, with which parameters, and the bytes of each answer. Then the same
work, or the bare calls, can be run over it as often as one likes, and nothing but that work takes time.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict

from fanin.adapters import aws_clients

_METHODS = {
    "GetItem": "get_item",
    "BatchGetItem": "batch_get_item",
    "Query": "query",
    "PutItem": "put_item",
    "UpdateItem": "update_item",
    "BatchWriteItem": "batch_write_item",
    "TransactWriteItems": "transact_write_items",
    "SendMessageBatch": "send_message_batch",
    "SendMessage": "send_message",
}
_NAME = "benchmark"
_HEADERS = HeadersDict({"Content-Type": "application/x-amz-json-1.0"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it was made."""

    client: Any
    method: str
    parameters: Mapping[str, Any]

    def __call__(self) -> Any:
        return getattr(self.client, self.method)(**self.parameters)


@dataclass(slots=True)
class Recording:
    """The answers of a sequence of calls, in their order."""

    calls: list[Call] = field(default_factory=list)
    _bodies: list[bytes] = field(default_factory=list)
    _next: Iterator[bytes] | None = None

    def clients(self, stand_ins: Mapping[str, Any]) -> dict[str, Any]:
        """Clients of the services, answered by their stand-ins now and from the recording after `rewind`."""
        session = boto3.Session(aws_access_key_id=_NAME, aws_secret_access_key=_NAME, region_name="us-east-1")
        return {name: self._client(session, name, stand_in) for name, stand_in in stand_ins.items()}

    def forget(self) -> None:
        """What was recorded so far was a rehearsal."""
        self.calls.clear()
        self._bodies.clear()

    def rewind(self) -> None:
        """From here on calls are answered from the recording, beginning with the first."""
        self._next = iter(self._bodies)

    def at_its_end(self) -> bool:
        """Whether every recorded answer was taken since `rewind`: the same calls were made again."""
        return self._next is not None and next(self._next, None) is None

    def _client(self, session: boto3.Session, name: str, stand_in: Any) -> Any:
        client: Any = session.client(name, config=aws_clients.CONFIG)  # type: ignore[call-overload]  # the name is not a literal here
        client.meta.events.register(f"before-send.{name}", self._answering(stand_in))
        return _Recording(client, self)

    def _answering(self, stand_in: Any) -> Callable[..., AWSResponse]:
        def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
            if self._next is not None:
                body = next(self._next)
            else:
                body = _encoded(_asked(stand_in, request))
                self._bodies.append(body)
            return AWSResponse(request.url, 200, _HEADERS, _Raw(body))  # type: ignore[arg-type]  # the stubs want its base class

        return answer


class _Recording:
    """A client that writes down its calls until the recording is rewound; afterwards it is the client itself."""

    def __init__(self, client: Any, recording: Recording) -> None:
        self._client, self._recording = client, recording

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if self._recording._next is not None or name == "get_paginator":
            return method

        def called(**parameters: Any) -> Any:
            self._recording.calls.append(Call(self._client, name, parameters))
            return method(**parameters)

        return called


class _Raw:
    """The part of a response that botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


def _asked(stand_in: Any, request: AWSPreparedRequest) -> Any:
    target = request.headers["X-Amz-Target"]
    operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
    body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
    return getattr(stand_in, _METHODS[operation])(**json.loads(body))


def _encoded(answer: Any) -> bytes:
    return json.dumps(answer, default=lambda value: base64.b64encode(value).decode()).encode()
