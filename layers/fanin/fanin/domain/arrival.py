"""The arrival: a completion accepted into a slot of a run, as one order-preserving string.

Arrivals form a lattice: for each slot the run keeps the maximum under (rank, stop time, execution id), so that duplicates and
reordering cannot matter. The string's own order *is* that order, which lets DynamoDB merge with a plain `<` and lets this module
merge with `max`:

    2 1774937400123 <execution id> S m3k9x0aa
    | |             |              | started at, epoch ms in base 36, or "-"
    | |             |              status letter
    | |             anything without a space (a space sorts below every character of an id)
    | stopped at, epoch ms, thirteen digits
    rank: 3 success, 2 failure, 1 has started

A redriven execution keeps its ARN, so success after failure on one id is an upgrade: nothing here deduplicates on the id alone.
The status letter and start time come after the id and so never decide between two executions.
"""

from __future__ import annotations

from typing import NamedTuple

from fanin.domain.completion import Completion, Status
from fanin.domain.errors import RejectedError

MAX_MS = 10**13 - 1  # thirteen digits: until the year 2286
MAX_EXECUTION_ID_BYTES = 256

_LETTERS = {Status.RUNNING: "R", Status.SUCCEEDED: "S", Status.FAILED: "F", Status.TIMED_OUT: "T", Status.ABORTED: "A"}
_STATUSES = {letter: status for status, letter in _LETTERS.items()}
_RANKS = {Status.RUNNING: "1", Status.SUCCEEDED: "3", Status.FAILED: "2", Status.TIMED_OUT: "2", Status.ABORTED: "2"}
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Arrival(NamedTuple):
    """An arrival, decoded. Times are epoch milliseconds; `started_at_ms` is None where the source did not say."""

    status: Status
    stopped_at_ms: int
    execution_id: str
    started_at_ms: int | None

    @property
    def succeeded(self) -> bool:
        """Whether this arrival makes its slot ready."""
        return self.status is Status.SUCCEEDED

    @property
    def failed(self) -> bool:
        """Whether this arrival is a failure; what has only started is none."""
        return _RANKS[self.status] == "2"

    def encode(self) -> str:
        """The order-preserving string described at the top of this module."""
        started = "-" if self.started_at_ms is None else _base36(self.started_at_ms)
        return f"{_RANKS[self.status]}{self.stopped_at_ms:013d} {self.execution_id} {_LETTERS[self.status]}{started}"


def arrival_of(completion: Completion, stopped_at_ms: int) -> Arrival:
    """The arrival a completion makes; `stopped_at_ms` is its stop time, found elsewhere if the report had none.

    Refuses what cannot be ordered: an id with a space or control character or over 256 bytes, a time outside thirteen digits.
    """
    identifier = completion.execution_id
    if not identifier or min(identifier) <= " " or len(identifier.encode()) > MAX_EXECUTION_ID_BYTES:
        raise RejectedError("execution-id-invalid", "the execution id is empty, has white space or is over 256 bytes; it cannot be ordered")
    for moment in (stopped_at_ms, completion.started_at_ms):
        if moment is not None and not 0 <= moment <= MAX_MS:
            raise RejectedError("time-out-of-range", "a start or stop time is not between 1970 and 2286, in milliseconds")
    return Arrival(completion.status, stopped_at_ms, identifier, completion.started_at_ms)


def decode_arrival(text: str) -> Arrival:
    """The arrival that `encode` wrote; ValueError on anything else, which only a foreign writer can cause."""
    head, identifier, tail = text.split(" ")
    started = None if tail[1:] == "-" else int(tail[1:], 36)
    return Arrival(_STATUSES[tail[0]], int(head[1:]), identifier, started)


def status_in(encoded: str) -> Status:
    """The status of an encoded arrival, without decoding the rest."""
    return _STATUSES[encoded[encoded.rindex(" ") + 1]]


def status_letter(status: Status) -> str:
    """The letter that stands for a status."""
    return _LETTERS[status]


def status_of(letter: str) -> Status:
    """The status that a letter stands for; ValueError for one that stands for none."""
    found = _STATUSES.get(letter)
    if found is None:
        raise ValueError(f"no status has the letter {letter!r}")
    return found


def watermark(encoded: str) -> str:
    """The (stop time, execution id) of an encoded arrival, ordered as text: what `latest` calls seen and consumed."""
    return encoded[1 : encoded.rindex(" ")]


def same_report(one: str, other: str) -> bool:
    """Whether two encoded arrivals report one execution with one status; their times may differ (an event and a look-up)."""
    _, identifier, tail = one.split(" ")
    _, other_identifier, other_tail = other.split(" ")
    return identifier == other_identifier and tail[0] == other_tail[0]


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits
