"""Who releases."""

from __future__ import annotations

from typing import NamedTuple


class Hub(NamedTuple):
    """The issuer of every signature, and the hub's bus for notices."""

    issuer: str
    bus_arn: str
