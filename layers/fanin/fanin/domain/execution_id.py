"""Execution ids out of foreign text: such that arrivals can be ordered by them."""

from __future__ import annotations

import hashlib

from fanin.domain.arrival import MAX_EXECUTION_ID_BYTES


def plain_id(text: str, suffix: str = "") -> str:
    """An id that says `text` and ends in `suffix`: white space as in URLs (`%20`), and text that is too long as its SHA-256 in hex.

    Different texts have different ids.
    """
    escaped = "".join(f"%{ord(one):02x}" if one <= " " or one == "%" else one for one in text) + suffix
    if len(escaped.encode()) <= MAX_EXECUTION_ID_BYTES:
        return escaped
    return hashlib.sha256(text.encode()).hexdigest() + suffix
