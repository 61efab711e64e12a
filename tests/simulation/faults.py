"""What can go wrong, by name: at a call on a port, on the way of a message, or in the world. Figures count them by these names."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import cast

from fanin.domain.errors import RetryableError


class Killed(BaseException):
    """The process is gone, by a crash or because its time was up: nothing catches this but the queue that redelivers."""


class Fault(StrEnum):
    """The kinds of fault."""

    CRASH_BEFORE = "crash before a call"
    CRASH_AFTER = "crash after a call"
    ANSWER_LOST = "answer lost"
    REFUSED = "throttled or 5xx"
    CONFLICT = "transaction conflict"
    REPEATED = "repeated by the SDK"
    PARTLY = "batch taken in part, PutEvents too"
    ASIDE = "put aside before a call"
    TIMEOUT = "function timeout"
    STALE = "stale index"
    DUPLICATE = "duplicate"
    DROPPED = "dropped"
    LATE = "a day late"
    REORDERED = "reordered"
    KEPT = "received again"
    DEAD = "dead letter"
    POISON = "poison record"
    SKEW = "clock off"
    BUS = "bus policy removed"
    KEY = "key disabled"
    ROTATED = "key rotated"
    LIMIT = "execution limit"
    SOURCE = "source throttled"
    SWEEPER = "sweeper down"
    DEFINITION = "definition changed"
    WITHDRAWN = "definition deleted"
    REDRIVE = "redrive"
    RERUN = "rerun"
    REDRIVEN = "dead letters redriven"
    TTL = "deleted by TTL"


AT_CALLS = (
    Fault.CRASH_BEFORE,
    Fault.CRASH_AFTER,
    Fault.ANSWER_LOST,
    Fault.REFUSED,
    Fault.CONFLICT,
    Fault.REPEATED,
    Fault.PARTLY,
    Fault.STALE,
)

# boto3 sends a ClientRequestToken with a transaction, so that repeating one answers as the first did.
TRANSACTIONS = frozenset({"close", "acknowledge", "reopen", "alert", "release", "move"})
_BATCHES = frozenset({"wake", "recheck", "expect", "put_all"})
_CODES = {
    "Runs": "table-throttled",
    "Streams": "table-throttled",
    "Journals": "table-throttled",
    "Deliveries": "table-throttled",
    "Expectations": "table-throttled",
    "Plans": "table-throttled",
    "DueIndex": "table-throttled",
    "Watches": "table-throttled",
    "Listings": "source-unavailable",
    "Findings": "queue-refused",
    "Wakeups": "queue-refused",
    "Rechecks": "queue-refused",
    "Quarantine": "quarantine-refused",
    "Signer": "key-unusable",
    "Machines": "start-unavailable",
    "Executions": "source-unavailable",
    "Trust": "trust-unavailable",
}


def can_happen(fault: Fault, port: str, call: str) -> bool:
    """Whether a fault makes sense at a call."""
    match fault:
        case Fault.CONFLICT:
            return port in {"Runs", "Streams", "Journals"} and call in TRANSACTIONS
        case Fault.PARTLY:
            return call in _BATCHES
        case Fault.STALE:
            return port == "DueIndex"
        case _:
            return True


def trouble(port: str, call: str, fault: Fault, args: Sequence[object]) -> str | list[str]:
    """What a caller sees of a call that was refused, or whose answer was lost: the bus gives a code for each event, the others raise."""
    if port == "Bus":
        code = "InternalFailure" if fault is Fault.REFUSED else "ReadTimeoutError"
        return [code] * len(cast("Sequence[object]", args[-1])) if call == "put_all" else code
    code = _CODES.get(port, "table-throttled")
    if fault is Fault.REFUSED or code in {"queue-refused", "start-unavailable", "key-unusable", "trust-unavailable", "quarantine-refused"}:
        raise RetryableError(code, f"{port} was told to be in trouble: {fault.value}")
    raise TimeoutError(f"{port}: {fault.value}")
