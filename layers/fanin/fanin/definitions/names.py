"""The names a definition gives: joins, predecessors, targets.

Names appear in signed subjects, execution names, metrics and commands, so they are plain from the start; the patterns are those of the
JSON Schema too.
"""

from __future__ import annotations

import re

from fanin.definitions.problems import Code, RefusedValueError, quoted

JOIN_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$"
PREDECESSOR_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
TARGET_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"

_SLUG = "use a to z, 0 to 9 and '-', starting and ending with a letter or digit, at most {} characters"


def join_name(text: str) -> str:
    """A join's name, 1 to 48 characters; it is the first part of a signed subject, which '/' separates."""
    return _matching(text, JOIN_PATTERN, "a join", _SLUG.format(48))


def predecessor_name(text: str) -> str:
    """A predecessor's name, 1 to 40 characters."""
    return _matching(text, PREDECESSOR_PATTERN, "a predecessor", _SLUG.format(40))


def target_name(text: str) -> str:
    """A target's name, 1 to 64 characters: what the successor account's map is keyed by."""
    return _matching(text, TARGET_PATTERN, "a target", "use A to Z, a to z, 0 to 9, '-' and '_', at most 64 characters")


def _matching(text: str, pattern: str, what: str, hint: str) -> str:
    if re.fullmatch(pattern, text) is None:
        raise RefusedValueError(Code.NAME_INVALID, f"{quoted(text)} cannot be the name of {what}", hint)
    return text
