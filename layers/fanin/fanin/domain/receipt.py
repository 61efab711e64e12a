"""The receipt: the successor's report that the execution of a release started, or already had."""

from __future__ import annotations

from dataclasses import dataclass

from fanin.domain.errors import RejectedError
from fanin.domain.run import RunId

RECEIPT_SOURCE = "fanin.successor"
RECEIPT_DETAIL_TYPE = "Fan-in Receipt"
_SUB_PARTS = 4


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt; `account` is the one EventBridge says it came from, times are epoch milliseconds."""

    account: str
    jti: str
    iss: str
    sub: str
    target: str
    execution_arn: str
    verified_at_ms: int
    started_at_ms: int


def parse_subject(sub: str) -> tuple[RunId, int]:
    """The run and attempt that a subject `<join>/<attempt>/<outcome>/<key>` names; only the key may hold a slash."""
    parts = sub.split("/", _SUB_PARTS - 1)
    if len(parts) != _SUB_PARTS or not parts[1].isascii() or not parts[1].isdigit() or len(parts[1]) > _SUB_PARTS:
        raise RejectedError("receipt-malformed", "the receipt's sub is not <join>/<attempt>/<outcome>/<key>")
    return RunId(parts[0], parts[3]), int(parts[1])
