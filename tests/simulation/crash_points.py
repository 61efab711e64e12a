"""Crash points, exhaustively: every call of a small story, crashed before it, after it, or answered into the void; then every two of them.

And every gap: whoever is about to make that call is put aside until everything else has been done. No chance is involved: but for what is
planned, invocations come one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.simulation.documents import MANY, Document
from tests.simulation.faults import Fault
from tests.simulation.happenings import Announced, Report, Story
from tests.simulation.schedule import Result, Schedule, simulated
from tests.simulation.stage import Swarm
from tests.unit.sources.events import machine_arn
from tests.unit.use_cases.landscape import SECOND_SUCCESSOR, definition, successor

CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.ANSWER_LOST)
TROUBLES = (*CRASHES, Fault.ASIDE)
ORDERLY = Swarm(switch=0, fault=0, faults=(), transport=0, skew=False, batch=1)


@dataclass(frozen=True, slots=True)
class Planned:
    """Which calls go wrong, by their number from 1, and how."""

    crashes: tuple[tuple[int, Fault], ...]

    def __str__(self) -> str:
        return ", ".join(f"{fault.value} {number}" for number, fault in self.crashes)


def _document(**said: object) -> Document:
    predecessors = {name: {"stateMachine": machine_arn(name), "onFailure": "wait"} for name in ("a", "b")}
    whole = {**definition({}), "description": "the first", "predecessors": predecessors, "require": {"all": ["a", "b"]}, **said}
    return {"afterRelease": "ignore", "deadlines": [], **whole} if "latest" not in str(said.get("key")) else whole


def _report(at_s: int, name: str, status: str = "SUCCEEDED", execution: str = "x") -> Report:
    return Report(at_s, name, "one", f"{name}-{execution}", status, at_s - 1, at_s)


TWICE = [{**successor(), "on": ["released", "failed"]}, successor("report", SECOND_SUCCESSOR)]
STORIES = {
    "two predecessors": Story("keyed", _document(), (_report(0, "a"), _report(1, "b"))),
    "a stream": Story("latest", _document(key={"latest": True}), (_report(0, "a"), _report(1, "b"), _report(2, "a", execution="y"))),
    "a redrive after a failure": Story(
        "keyed",
        _document(
            predecessors={name: {"stateMachine": machine_arn(name), "onFailure": "fail"} for name in ("a", "b")},
            successors=[{**successor(), "on": ["released", "failed"]}],
        ),
        (_report(0, "a", "FAILED"), _report(1, "b"), _report(30, "a")),
    ),
    "an event that never comes": Story("keyed", _document(), (_report(0, "a"), replace(_report(1, "b"), lost=True))),
    "a window that nothing arrives in": Story(
        "expected",
        _document(key={"window": {"every": "hour"}}, expect=True, deadlines=[{"after": "PT2M", "since": "opening", "then": "alert"}]),
        (_report(3_500, "a"),),
    ),
    "a wide run": Story("wide", _document(), (_report(0, "a"), _report(1, "b"))),
    "a wide run, at once": Story("wide", _document(), (_report(0, "a"), _report(0, "b"))),
    "a narrow run, at once": Story("keyed", _document(), (_report(0, "a"), _report(0, "b"))),
    "counted, and announced at once": Story(
        "counted",
        _document(
            predecessors={MANY: {"stateMachine": machine_arn(MANY), "onFailure": "wait", "count": "announced"}},
            require={"all": [MANY]},
        ),
        (_report(0, MANY), _report(0, MANY, execution="y"), Announced(0, "one", MANY, 2)),
    ),
    "a deadline, and again": Story(
        "keyed",
        _document(deadlines=[{"after": "PT2M", "since": "opening", "then": "fail"}], afterRelease="again", settle="PT5S", successors=TWICE),
        (_report(0, "a"), _report(200, "b"), _report(300, "a", execution="y")),
    ),
}


def played(story: Story, planned: Planned) -> Result:
    """A story in which these calls go wrong."""
    return simulated(Schedule(0, story, ORDERLY), planned=dict(planned.crashes))


def singles(story: Story) -> Iterator[Planned]:
    """Each call of a story, each way."""
    for number in range(1, played(story, Planned(())).faulty_steps + 1):
        for fault in TROUBLES:
            yield Planned(((number, fault),))


def pairs(story: Story, first: Planned) -> Iterator[Planned]:
    """Each later call of what a first crash makes of a story, each way."""
    after = first.crashes[-1][0]
    for number in range(after + 1, played(story, first).faulty_steps + 1):
        for fault in TROUBLES:
            yield Planned((*first.crashes, (number, fault)))
