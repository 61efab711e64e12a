"""What a keyed join must do with a history, from its document alone: every moment is evaluated over all that was accepted before it.

Nothing of the hub is used, and nothing is remembered between two evaluations but what the accepted order is: the deliveries that were
recorded, and when. It is slow and says what is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from fanin.domain.run import RunState
from tests.unit.properties.histories import TOLD, Closing, Delivery
from tests.unit.use_cases.joins_in_time import BEGIN_MS

RANKS = {"RUNNING": 1, "FAILED": 2, "SUCCEEDED": 3}
EXPIRE_MS = 30 * 86_400_000
Document = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery that a run recorded, and when; what came while the run had failed does not restart its quiet."""

    delivery: Delivery
    at_ms: int
    quiet: bool = False


@dataclass(slots=True)
class ScratchRun:
    """One run: what it accepted, and how its attempts ended."""

    document: Document
    key: str
    opened_ms: int
    state: RunState = RunState.OPEN
    attempt: int = 1
    accepted: list[Accepted] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)

    def arrivals(self, also: Delivery | None = None) -> dict[str, Delivery]:
        """The greatest of each slot."""
        found: dict[str, Delivery] = {}
        for one in [*(accepted.delivery for accepted in self.accepted), *([also] if also else [])]:
            if one.predecessor not in found or _order(one) > _order(found[one.predecessor]):
                found[one.predecessor] = one
        return found

    def deliver(self, one: Delivery, now_ms: int) -> None:
        """A delivery, after all timers up to its moment."""
        before = self.arrivals().get(one.predecessor)
        rises = before is None or _order(one) > _order(before)
        if not rises:
            return
        if self.state is RunState.OPEN:
            self.accepted.append(Accepted(one, now_ms))
        elif self.state is RunState.FAILED:
            helps = self._ready(one) and not self._impossible(self.arrivals(one))
            self.accepted.append(Accepted(one, now_ms, quiet=not helps))
            if helps:
                self._reopen()
        elif self.state is RunState.ACKNOWLEDGED and self.document["afterRelease"] == "again" and one.status == "SUCCEEDED":
            self.accepted.append(Accepted(one, now_ms))
            self._reopen()
        self.evaluate(now_ms)

    def pass_time(self, before_ms: int, until_ms: int) -> None:
        """Evaluate at every moment in (before, until] at which something may be due; moments depend on what is recorded only."""
        while self.state is RunState.OPEN:
            ahead = [moment for moment in self._moments() if before_ms < moment <= until_ms]
            if not ahead:
                return
            before_ms = min(ahead)
            self.evaluate(before_ms)

    def evaluate(self, now_ms: int) -> None:
        """The decision, from the whole of what was accepted."""
        if self.state is not RunState.OPEN:
            return
        arrivals = self.arrivals()
        if holds(self.document["require"], {name for name in self._predecessors() if self._is_ready(arrivals, name, now_ms)}):
            if now_ms >= self._releasable_ms():
                self._close("released", "satisfied", now_ms)
        elif self._impossible(arrivals):
            self._close("failed", "impossible", now_ms)
        elif self.attempt == 1:
            for _, _, then in sorted(passed for passed in self._deadlines() if passed[0] <= now_ms):
                if then != "alert":
                    self._close("failed" if then == "fail" else "released", "deadline", now_ms)
                    return

    def _is_ready(self, arrivals: Mapping[str, Delivery], name: str, now_ms: int) -> bool:
        if name in arrivals:
            return self._ready(arrivals[name])
        return bool(self._predecessors()[name].get("optional")) and any(moment <= now_ms for moment, _, _ in self._deadlines())

    def _ready(self, one: Delivery) -> bool:
        ignored = self._predecessors()[one.predecessor]["onFailure"] == "ignore"
        return one.status == "SUCCEEDED" or (one.status == "FAILED" and ignored)

    def _impossible(self, arrivals: Mapping[str, Delivery]) -> bool:
        predecessors = self._predecessors()
        hopeless = {name for name, one in arrivals.items() if one.status == "FAILED" and predecessors[name]["onFailure"] == "fail"}
        return not holds(self.document["require"], predecessors.keys() - hopeless)

    def _deadlines(self) -> list[tuple[int, int, str]]:
        """The moment, number and effect of each deadline that has a moment."""
        first = min((one.at_ms for one in self.accepted), default=None)
        found = []
        for number, deadline in enumerate(cast("list[dict[str, str]]", self.document["deadlines"])):
            start_ms = self.opened_ms if deadline["since"] == "opening" else first
            if start_ms is not None:
                found.append((start_ms + _ms(deadline["after"]), number, deadline["then"]))
        return found

    def _releasable_ms(self) -> int:
        last_ms = max((one.at_ms for one in self.accepted if not one.quiet), default=self.opened_ms)
        quiet_ms = last_ms + _ms(str(self.document.get("settle", "PT0S")))
        if "notBefore" not in self.document:
            return quiet_ms
        day = datetime.fromtimestamp(self.opened_ms / 1000, UTC).date()
        hours, minutes = str(self.document["notBefore"]).split(":")
        begins = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=int(hours), minutes=int(minutes))
        return max(quiet_ms, round(begins.timestamp() * 1000))

    def _moments(self) -> list[int]:
        return [self._releasable_ms(), *(moment for moment, _, _ in self._deadlines())]

    def _predecessors(self) -> dict[str, dict[str, object]]:
        return cast("dict[str, dict[str, object]]", self.document["predecessors"])

    def _reopen(self) -> None:
        self.state, self.attempt = RunState.OPEN, self.attempt + 1

    def _close(self, outcome: str, reason: str, now_ms: int) -> None:
        self.state = RunState.FAILED if outcome == "failed" else RunState.ACKNOWLEDGED
        # A release says nothing of what has only started; canonical JSON has its names in order.
        ended = {name: one for name, one in sorted(self.arrivals().items()) if one.status != "RUNNING"}
        said = tuple((name, f"{one.execution} {TOLD[one.status]}") for name, one in ended.items())
        self.closings.append(Closing(self.key, self.attempt, outcome, reason, now_ms, said))


def evaluated(document: Document, history: Sequence[Delivery], end_ms: int) -> dict[str, ScratchRun]:
    """Every run of a history."""
    runs: dict[str, ScratchRun] = {}
    now_ms = BEGIN_MS
    predecessors = cast("dict[str, dict[str, object]]", document["predecessors"])
    for one in history:
        before_ms, now_ms = now_ms, now_ms + one.wait_s * 1000
        for run in runs.values():
            run.pass_time(before_ms, now_ms)
        wanted = one.predecessor in predecessors and (one.status != "RUNNING" or predecessors[one.predecessor].get("optional"))
        if wanted:
            runs.setdefault(one.key, ScratchRun(document, one.key, now_ms)).deliver(one, now_ms)
    for run in runs.values():
        run.pass_time(now_ms, end_ms)
    return runs


def holds(condition: object, ready: set[str]) -> bool:
    """Whether a condition holds when exactly these predecessors are ready."""
    if isinstance(condition, str):
        return condition in ready
    found = cast("dict[str, object]", condition)
    items = cast("list[object]", found.get("of") or found.get("all") or found.get("any"))
    needed = {"atLeast": found.get("atLeast"), "all": len(items), "any": 1}[
        next(kind for kind in ("atLeast", "all", "any") if kind in found)
    ]
    return sum(holds(item, ready) for item in items) >= cast("int", needed)


def _order(one: Delivery) -> tuple[int, int, str]:
    return RANKS[one.status], one.at, one.execution


def _ms(duration: str) -> int:
    """Of the two forms that the definitions here have: minutes, or seconds."""
    number, unit = int(duration[2:-1]), duration[-1]
    return number * (60_000 if unit == "M" else 1000)
