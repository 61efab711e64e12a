"""Event buses in memory: they remember what was put on each, and can be told to refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PutEvent:
    """One event as it was put."""

    bus_arn: str
    source: str
    detail_type: str
    detail: str


@dataclass(slots=True)
class MemoryBus:
    """The `Bus` port; `refusals` maps a bus's ARN to the code that it refuses with for now."""

    put_events: list[PutEvent] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)

    def put_all(self, bus_arn: str, source: str, detail_type: str, details: Sequence[str]) -> list[str | None]:
        """See the port."""
        refusal = self.refusals.get(bus_arn)
        if refusal is None:
            self.put_events.extend(PutEvent(bus_arn, source, detail_type, detail) for detail in details)
        return [refusal] * len(details)
