"""The runner: virtual time jumps from one event to the next, be it a step, a message, or the sweep that finds something due.

As on AWS, the sweeper wakes at whole minutes; sweeps that would find nothing are left out, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from fanin.adapters.memory_clock import MemoryClock
from fanin.sources.queue_event import QueuedMessage
from fanin.use_cases.sweep_due import AHEAD_MS
from fanin_cli.failures import CommandError, ExitCode
from fanin_cli.scenario.occurrence import Occurrence, still_open
from fanin_cli.scenario.script import Apply, Arrive, Delete, Happening, Outage, Report, Script
from fanin_cli.scenario.virtual_hub import VirtualHub
from fanin_cli.scenario.virtual_queue import Queued, Rank

MINUTE_MS = 60_000
MAX_EVENTS = 500_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline: a step (`text`), or an occurrence."""

    at_ms: int
    text: str
    occurrence: Occurrence | None = None


@dataclass(slots=True)
class Course:
    """What happened, in order, and how it ended."""

    entries: list[Entry] = field(default_factory=list)
    open_at_end: list[Occurrence] = field(default_factory=list)
    ended_ms: int = 0

    @property
    def occurrences(self) -> list[Occurrence]:
        """Everything that expectations can be of, but for what is open at the end."""
        return [entry.occurrence for entry in self.entries if entry.occurrence is not None]


def run_script(script: Script) -> Course:
    """Run a scenario from its start to its end; deterministic. CommandError `scenario-endless` if it comes to no end."""
    running = _Running(script, VirtualHub(MemoryClock(script.start_ms)))
    running.hub.apply(script.initial)
    for _ in range(MAX_EVENTS):
        if not running.go_on():
            return running.course
    what = f"{script.file}: {script.name}: nothing comes to an end within {MAX_EVENTS} events"
    raise CommandError("scenario-endless", what, "end it with until:", ExitCode.BAD)


@dataclass(slots=True)
class _Running:
    """A scenario under way. `reports` are those on their way, by the id of their message."""

    script: Script
    hub: VirtualHub
    course: Course = field(default_factory=Course)
    reports: dict[str, Report] = field(default_factory=dict)
    step: int = 0
    swept_ms: int = 0

    def go_on(self) -> bool:
        """Do what comes next; False at the end."""
        candidates = [one for one in (self._next_step(), self._next_message(), self._next_sweep()) if one is not None]
        until_ms = self.script.until_ms
        at_ms, _, _, act = min(candidates, key=lambda one: one[:3], default=(0, 0, 0, None))
        ended = until_ms is None and self.step == len(self.script.steps) and self.hub.is_settled()
        if act is None or ended or (until_ms is not None and at_ms > until_ms):
            self._end(until_ms)
            return False
        self.hub.clock.at_ms = at_ms
        act()
        return True

    def _end(self, until_ms: int | None) -> None:
        self.hub.clock.at_ms = self.course.ended_ms = until_ms or self.hub.clock.at_ms
        self.course.open_at_end = list(still_open(self.hub.table, self.course.ended_ms))

    def _next_step(self) -> tuple[int, int, int, Callable[[], None]] | None:
        if self.step == len(self.script.steps):
            return None
        at_ms, happening = self.script.steps[self.step]
        return at_ms, Rank.REPORTS, 1, lambda: self._happen(happening)

    def _next_message(self) -> tuple[int, int, int, Callable[[], None]] | None:
        if not self.hub.queue.heap:
            return None
        queued = self.hub.queue.heap[0]
        return queued.due_ms, queued.rank, 0, lambda: self._take(self.hub.queue.take())

    def _next_sweep(self) -> tuple[int, int, int, Callable[[], None]] | None:
        due_ms = self.hub.next_due_ms()
        if due_ms is None:
            return None
        earliest_ms = max(self.swept_ms + 1, self.hub.clock.at_ms, self.hub.queue.up_ms, due_ms - AHEAD_MS)
        return -(-earliest_ms // MINUTE_MS) * MINUTE_MS, Rank.SWEEP, 0, self._sweep

    def _happen(self, happening: Happening) -> None:
        self.step += 1
        match happening:
            case Arrive(reports, delay_ms):
                messages = [QueuedMessage(f"{one.execution}#{len(self.reports) + number}", one.body) for number, one in enumerate(reports)]
                self.reports.update(zip((one.id for one in messages), reports, strict=True))
                self.hub.sources_know([one.known for one in reports if one.known is not None])
                if delay_ms or self.hub.queue.up_ms > self.hub.clock.at_ms:
                    self._tell(f"{', '.join(one.told for one in reports)}: the report is on its way")
                self.hub.queue.report(messages, delay_ms)
            case Apply(file):
                self.hub.apply(happening)
                self._tell(f"{file} applied")
            case Delete(join):
                self.hub.delete(join)
                self._tell(f"{join} deleted")
            case Outage(for_ms):
                self.hub.queue.stand_still(for_ms)
                self._tell("the hub stands still")
            case _:
                assert_never(happening)

    def _take(self, queued: Queued) -> None:
        if queued.delivery is not None:
            self._see(self.hub.forward(queued.delivery))
            return
        outcomes = self.hub.collect(queued.batch)
        reports = [self.reports[one.id] for one in queued.batch if one.id in self.reports]
        if reports:
            self._tell(f"{', '.join(one.told for one in reports)}: {', '.join(dict.fromkeys(outcomes))}")
        for occurrence in self.hub.rejected():
            self._see(occurrence)

    def _sweep(self) -> None:
        self.swept_ms = self.hub.clock.at_ms
        self.hub.sweep()

    def _tell(self, text: str) -> None:
        self.course.entries.append(Entry(self.hub.clock.at_ms, text))

    def _see(self, occurrence: Occurrence | None) -> None:
        if occurrence is not None:
            self.course.entries.append(Entry(occurrence.at_ms, "", occurrence))
