"""The record of IAM decisions: one JSON object a line in FANIN_LOCAL_STATE/iam-calls.jsonl, in the order they were taken.

Calls that AWS makes on a role's behalf (the pollers of an event source mapping, a rule's delivery, the log writer of the Lambda
runtime) are in it too: a permission that only they use is used.
"""

import json
import os
import threading
import time
from pathlib import Path

_lock = threading.Lock()
_path = Path(os.environ.get("FANIN_LOCAL_STATE", "build/local")) / "iam-calls.jsonl"
_lines = _path.open("a", encoding="utf-8", buffering=1)  # a line at a time, so that readers see whole ones at once


def decision(account: str, role: str | None, action: str, resource: str, *, allowed: bool) -> None:
    line = json.dumps(
        {"at_ms": time.time_ns() // 1_000_000, "account": account, "role": role, "action": action, "resource": resource, "allowed": allowed}
    )
    with _lock:
        _lines.write(line + "\n")
