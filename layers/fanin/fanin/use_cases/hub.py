"""Who releases."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hub:
    """The issuer of every signature, and the hub's bus for notices."""

    issuer: str
    bus_arn: str
