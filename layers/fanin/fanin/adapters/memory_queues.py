"""Queues in memory: they remember what was sent, and can be told to refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fanin.domain.completion import Completion
from fanin.domain.delivery import DeliveryId
from fanin.domain.errors import RetryableError
from fanin.domain.run import RunId


@dataclass(slots=True)
class MemoryWakeups:
    """The `Wakeups` port; `sent` is what a forwarder has yet to take, oldest first. Delays are for the scheduler to keep."""

    sent: list[DeliveryId] = field(default_factory=list)
    refusing: bool = False

    def wake(self, deliveries: Sequence[DeliveryId], delay_s: int = 0) -> None:  # noqa: ARG002 a wake-up that is early changes nothing
        """See the port."""
        if self.refusing:
            raise RetryableError("queue-refused", "the departures queue was told to refuse")
        self.sent.extend(deliveries)


@dataclass(slots=True)
class MemoryRechecks:
    """The `Rechecks` port; `sent` and `expected` are what a collector has yet to take, oldest first, their delays in seconds beside."""

    sent: list[RunId] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    expected_delays: list[int] = field(default_factory=list)
    refusing: bool = False

    def recheck(self, runs: Sequence[RunId], delay_s: int = 0) -> None:
        """See the port."""
        self._accept()
        self.sent.extend(runs)
        self.delays.extend([delay_s] * len(runs))

    def expect(self, joins: Sequence[str], delay_s: int = 0) -> None:
        """See the port."""
        self._accept()
        self.expected.extend(joins)
        self.expected_delays.extend([delay_s] * len(joins))

    def _accept(self) -> None:
        if self.refusing:
            raise RetryableError("queue-refused", "the arrivals queue was told to refuse")


@dataclass(slots=True)
class MemoryFindings:
    """The `Findings` port; `found` is what a collector has yet to take, oldest first."""

    found: list[Completion] = field(default_factory=list)
    refusing: bool = False

    def hand_over(self, found: Sequence[Completion], spacing_s: float = 0.0) -> None:  # noqa: ARG002 what comes early changes nothing
        """See the port."""
        if self.refusing:
            raise RetryableError("queue-refused", "the arrivals queue was told to refuse")
        self.found.extend(found)


@dataclass(frozen=True, slots=True)
class Kept:
    """A quarantined message."""

    body: str
    code: str
    reason: str
    message_id: str
    kept_at_ms: int


@dataclass(slots=True)
class MemoryQuarantine:
    """The `Quarantine` port."""

    kept: list[Kept] = field(default_factory=list)
    refusing: bool = False

    def keep(self, body: str, *, code: str, reason: str, message_id: str, now_ms: int) -> None:
        """See the port."""
        if self.refusing:
            raise RetryableError("quarantine-refused", "the quarantine was told to refuse")
        self.kept.append(Kept(body, code, reason, message_id, now_ms))
