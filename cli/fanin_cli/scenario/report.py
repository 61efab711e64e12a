"""The report of a scenario: its timeline and what became of each expectation, for people and as JSON values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fanin.domain.wall_time import local
from fanin_cli.rendering import can_show
from fanin_cli.scenario.matching import Comparison, Difference, Fact, Verdict
from fanin_cli.scenario.occurrence import Occurrence
from fanin_cli.scenario.runner import Course
from fanin_cli.scenario.script import Script

_MOMENTS = frozenset({"at", "after", "before"})
_SAID = {"released": "released", "failed": "failed", "expired": "abandoned", "reopened": "next attempt", "open": "still open"}


@dataclass(frozen=True, slots=True)
class Result:
    """A scenario that was run."""

    script: Script
    course: Course
    comparison: Comparison

    def lines(self) -> Iterator[str]:
        """For people: the name, the timeline under its days, the open runs, the expectations."""
        yield f"{self.script.file}: {self.script.name}"
        yield from self._timeline()
        yield from (f"    {self._told(one)}" for one in self.course.open_at_end)
        yes, no = ("✓", "✗") if can_show("✓✗") else ("+", "x")
        for verdict in self.comparison.verdicts:
            yield f"  {yes if verdict.is_met else no} {verdict.expected.said}"
            yield from (f"      {line}" for line in self._why(verdict))
        for one in self.comparison.unexpected:
            yield f"  {no} not expected: {self._moment(one.at_ms)}  {self._told(one)}"

    def members(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "file": self.script.file,
            "scenario": self.script.name,
            "ok": self.comparison.is_met,
            "timeline": [
                {"atMs": entry.at_ms, "step": entry.text} if entry.occurrence is None else _members(entry.occurrence)
                for entry in self.course.entries
            ],
            "open": [_members(one) for one in self.course.open_at_end],
            "expectations": [_verdict_members(verdict) for verdict in self.comparison.verdicts],
            "unexpected": [_members(one) for one in self.comparison.unexpected],
            "endedAtMs": self.course.ended_ms,
        }

    def _timeline(self) -> Iterator[str]:
        day = None
        for entry in self.course.entries:
            at = local(entry.at_ms, self.script.zone)
            if at.date() != day:
                day = at.date()
                yield f"  {at:%a %Y-%m-%d} {self.script.zone}"
            text = entry.text if entry.occurrence is None else f"  {self._told(entry.occurrence)}"
            yield f"    {_clock(entry.at_ms, self.script.zone)}  {text}"

    def _told(self, one: Occurrence) -> str:
        if one.kind == "rejected":
            return f"rejected {one.subject}: {one.facts['code']}"
        facts = one.facts
        parts = [f"{_SAID.get(one.kind, one.kind)} {one.subject}/{facts['key']}", f"attempt {facts['attempt']}"]
        parts += [str(facts["reason"])] if "reason" in facts else []
        parts += [f"deadline {facts['deadline']}"] if "deadline" in facts else []
        parts += [f"with {_shown(facts['predecessors'])}"] if one.kind != "expired" else []
        parts += [f"waits for {_shown(facts['missing'])}"] if facts.get("missing") else []
        parts += [f"to {_shown(facts['targets'])}"] if "targets" in facts else []
        return ", ".join(parts)

    def _why(self, verdict: Verdict) -> Iterator[str]:
        if verdict.found is None:
            yield "this did not happen"
        elif verdict.differences:
            yield f"instead: {self._moment(verdict.found.at_ms)}  {self._told(verdict.found)}"
            yield from map(self._difference, verdict.differences)

    def _difference(self, one: Difference) -> str:
        if one.field in _MOMENTS and isinstance(one.expected, int) and isinstance(one.found, int):
            return f"{one.field}: expected {self._moment(one.expected)}, but it was {self._moment(one.found)}"
        return f"{one.field}: expected {_shown(one.expected)}, but it was {_shown(one.found)}"

    def _moment(self, at_ms: int) -> str:
        return f"{local(at_ms, self.script.zone):%Y-%m-%d} {_clock(at_ms, self.script.zone)}"


def _verdict_members(verdict: Verdict) -> dict[str, object]:
    return {
        "ok": verdict.is_met,
        "line": verdict.expected.position.line,
        "expected": verdict.expected.said,
        "found": None if verdict.found is None else _members(verdict.found),
        "differences": [{"field": one.field, "expected": _plain(one.expected), "found": _plain(one.found)} for one in verdict.differences],
    }


def _members(one: Occurrence) -> dict[str, object]:
    return {"atMs": one.at_ms, one.kind: one.subject, **{name: _plain(value) for name, value in one.facts.items()}}


def _plain(fact: Fact) -> object:
    return sorted(fact) if isinstance(fact, frozenset) else fact


def _shown(fact: Fact) -> str:
    if isinstance(fact, frozenset):
        return " ".join(sorted(fact)) or "nothing"
    return "nothing" if fact is None else str(fact)


def _clock(at_ms: int, zone: str) -> str:
    at = local(at_ms, zone)
    return f"{at:%H:%M:%S}" + (f".{at_ms % 1000:03}" if at_ms % 1000 else "")
