"""The other services that a hub calls, in this process: queues that keep what was sent, a key in software, buses that keep events."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

T = TypeVar("T")

_SECRET = 20_260_331


@dataclass(slots=True)
class Queues:
    """SQS: bodies by queue URL, oldest first."""

    sent: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  boto3's names
        self.sent[QueueUrl].extend(entry["MessageBody"] for entry in Entries)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries], "Failed": []}

    def send_message(self, *, QueueUrl: str, MessageBody: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.sent[QueueUrl].append(MessageBody)
        return {}

    def taken(self, queue: str) -> list[str]:
        """What a queue of this name holds, which is then empty."""
        found = [url for url in self.sent if url.endswith(f"/{queue}")]
        return [body for url in found for body in self.sent.pop(url)]


@dataclass(slots=True)
class Key:
    """KMS: one P-256 key."""

    _private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.derive_private_key(_SECRET, ec.SECP256R1()))

    def get_public_key(self, **_: Any) -> dict[str, Any]:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return {"PublicKey": self._private.public_key().public_bytes(serialization.Encoding.DER, form)}

    def sign(self, *, Message: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"Signature": self._private.sign(Message, ec.ECDSA(Prehashed(hashes.SHA256())))}


@dataclass(slots=True)
class Buses:
    """EventBridge: every entry that was put, whatever its bus."""

    put: list[dict[str, Any]] = field(default_factory=list)
    accepted: int = 0

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.put.extend(Entries)
        self.accepted += len(Entries)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": str(number)} for number in range(len(Entries))]}


@dataclass(slots=True)
class Trips:
    """Counts the calls of every client that passes through it, by name; after `mark`, in their order too."""

    calls: Counter[str] = field(default_factory=Counter)
    _order: list[str] | None = None

    def counted(self, client: Any) -> Any:
        """A client whose calls are counted."""
        return _Counted(client, self)

    def call(self, name: str) -> None:
        self.calls[name] += 1
        if self._order is not None:
            self._order.append(name)

    def parallel(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """The `Parallel` port: what the functions do side by side counts in sequence as the longest of it."""
        order, longest, answers = self._order, list[str](), list[T]()
        for call in calls:
            self._order = None if order is None else []
            answers.append(call())
            longest = max(longest, self._order or [], key=len)
        self._order = None if order is None else order + longest
        return answers

    def mark(self) -> None:
        """From here on the order of calls is kept."""
        self._order = []

    def until(self, name: str) -> int:
        """How many calls were made in sequence from the mark to the first of that name, which is counted."""
        order, self._order = self._order or [], None
        return order.index(name) + 1


class _Counted:
    def __init__(self, client: Any, trips: Trips) -> None:
        self._client, self._trips = client, trips

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._client, name)
        if name == "get_paginator":
            return lambda of: _CountedPages(operation(of), of, self._trips)

        def called(**request: Any) -> Any:
            self._trips.call(name)
            return operation(**request)

        return called


class _CountedPages:
    def __init__(self, paginator: Any, operation: str, trips: Trips) -> None:
        self._paginator, self._operation, self._trips = paginator, operation, trips

    def paginate(self, **request: Any) -> Any:
        for page in self._paginator.paginate(**request):
            self._trips.call(self._operation)
            yield page
