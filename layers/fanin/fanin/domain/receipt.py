"""The receipt: the successor's report that the execution of a release started, or already had."""

from __future__ import annotations

import re
from typing import NamedTuple

from fanin.domain.errors import RejectedError
from fanin.domain.run import RunId

RECEIPT_SOURCE = "fanin.successor"
RECEIPT_DETAIL_TYPE = "Fan-in Receipt"
MAX_SUB_BYTES = 512  # a join's 48, a key's 256, and what is between them

_SUB_PARTS = 4
_ATTEMPT = re.compile(r"[0-9]{1,4}")


class Receipt(NamedTuple):
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
    if len(parts) != _SUB_PARTS or _ATTEMPT.fullmatch(parts[1]) is None or len(sub.encode()) > MAX_SUB_BYTES:
        raise RejectedError("receipt-malformed", "the receipt's sub is not <join>/<attempt>/<outcome>/<key>")
    return RunId(parts[0], parts[3]), int(parts[1])
