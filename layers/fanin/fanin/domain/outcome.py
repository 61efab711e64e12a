"""What a release says of its run."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What a release says of its run."""

    RELEASED = "released"
    FAILED = "failed"
