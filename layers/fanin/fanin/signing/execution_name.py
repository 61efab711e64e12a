"""The name under which a release starts its execution: the lock that makes a second start impossible.

Step Functions keeps a Standard execution's name taken for 90 days after it closed, so one delivery (`jti`) must always give the
same name, and two must never share one. The front is for people, the `jti` at the end is what counts.
"""

from __future__ import annotations

import re

MAX_NAME_CHARS = 80
_PREFIX = "fanin"
_JTI_CHARS = 43
_READABLE_CHARS = MAX_NAME_CHARS - len(_PREFIX) - _JTI_CHARS - 2
_KEY_CHARS = 12
_UNNAMEABLE = re.compile(r"[^0-9A-Za-z_-]+")


def execution_name(sub: str, jti: str) -> str:
    """Return `fanin-<join>-<key>-<jti>`, at most 80 of 0-9, A-Z, a-z, '-' and '_' (what CloudWatch Logs can take as well).

    `sub` and `jti` are a verified release's claims; join and key are shortened, the `jti` never is.
    """
    join, _, _, key = sub.split("/", 3)
    end = _UNNAMEABLE.sub("-", key)[:_KEY_CHARS]
    front = _UNNAMEABLE.sub("-", join)[: _READABLE_CHARS - len(end) - 1]
    return f"{_PREFIX}-{front}-{end}-{jti}"
