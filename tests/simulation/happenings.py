"""Random definitions and what happens to them: reports of executions, and everything people and AWS do meanwhile.

A history is a list, so that a failing one can be made smaller by leaving things out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from tests.simulation.faults import Fault
from tests.unit.sources.events import NOW_MS, machine_arn, status_change
from tests.unit.use_cases.landscape import PLAN_CACHE_S, SECOND_SUCCESSOR, definition, successor

NAMES = ("a", "b", "c", "d")
BEGIN_MS = NOW_MS + PLAN_CACHE_S * 1000  # when every collector knows the first definition
JOIN = "daily-close"
HOUR_S, DAY_S = 3_600, 86_400
Document = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Report:
    """An execution of a predecessor is reported, so many seconds after the beginning; `start_s` and `stop_s` are when it ran."""

    at_s: int
    predecessor: str
    key: str
    execution: str
    status: str
    start_s: int
    stop_s: int
    included: bool = True

    @property
    def stopped_ms(self) -> int:
        return BEGIN_MS + self.stop_s * 1000

    @property
    def order(self) -> tuple[int, int, str]:
        """Its place in the lattice."""
        return {"RUNNING": 1, "SUCCEEDED": 3}.get(self.status, 2), self.stopped_ms, self.execution

    def body(self, *, whole: bool = False) -> str:
        changes: dict[str, object] = {"startDate": BEGIN_MS + self.start_s * 1000}
        if self.status == "RUNNING":
            changes["stopDate"] = None
        if not (self.included or whole):
            changes |= {"input": None, "inputDetails": {"included": False}}
        return status_change(
            machine_arn(self.predecessor), self.execution, self.status, key=self.key, stopped_at_ms=self.stopped_ms, changes=changes
        )


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something in the world is out of order for a while, or is done to it; `what` says what."""

    at_s: int
    what: Fault
    for_s: int = 0


@dataclass(frozen=True, slots=True)
class Applied:
    """Another definition is applied."""

    at_s: int
    document: Document


Happening = Report | Trouble | Applied


@dataclass(frozen=True, slots=True)
class Story:
    """A definition, and what happens; sources list their executions so many a page, and as they were a while ago."""

    kind: str
    document: Document
    happenings: tuple[Happening, ...]
    list_lag_ms: int = 0
    list_page: int = 100


def story(kind: str, random: Random) -> Story:
    """A random story of a kind: keyed, latest or expected."""
    document = definitions(kind, random)
    reports = _reports(kind, document, random)
    troubles = [_trouble(random) for _ in range(random.choice((0, 0, 1, 1, 2, 3)))]
    applied = [Applied(random.randrange(20, 400), _changed(kind, document, random)) for _ in range(random.choice((0, 0, 0, 0, 1, 2)))]
    happenings: list[Happening] = [*reports, *troubles, *applied]
    happenings.sort(key=lambda one: one.at_s)
    return Story(kind, document, tuple(happenings), random.choice((0, 2_000, 60_000)), random.choice((1, 2, 100)))


def definitions(kind: str, random: Random) -> Document:
    """A definition of one to four predecessors with everything that may change what is released."""
    names = NAMES[: random.choice((1, 2, 2, 2, 3, 3, 4))]
    latest = kind == "latest"
    failures = ("wait", "ignore") if latest else ("wait", "wait", "fail", "ignore")
    predecessors: dict[str, dict[str, object]] = {
        name: {"stateMachine": machine_arn(name), "onFailure": random.choice(failures)} for name in names
    }
    successors = [{**successor(outputs=random.random() < 0.2), "on": ["released"] if latest else ["released", "failed"]}]
    if random.random() < 0.3:
        successors.append(successor("report", SECOND_SUCCESSOR))
    said: dict[str, object] = {
        **definition({}),
        "description": "the first",
        "predecessors": predecessors,
        "require": condition(names, random),
        "successors": successors,
    }
    if latest:
        return {**said, "key": {"latest": True}}
    deadlines = [_deadline(random) for _ in range(random.choice((0, 0, 1, 2)))]
    for one in predecessors.values():
        if deadlines and random.random() < 0.3:
            one["optional"] = True
    said |= {"deadlines": _distinct(deadlines), "afterRelease": random.choice(("ignore", "report", "again"))}
    if random.random() < 0.3:
        said["settle"] = random.choice(("PT5S", "PT30S", "PT4M"))
    if kind == "expected":
        return {**said, "key": {"window": {"every": "hour"}}, "expect": True}
    if random.random() < 0.15:
        said["notBefore"] = "19:07"
    return said


def condition(names: Sequence[str], random: Random, depth: int = 0) -> object:
    """A group in which every name is, and sometimes some of them once more, in groups of their own."""
    items: list[object] = list(names)
    if depth < 2 and random.random() < 0.3:
        items.append(condition(random.sample(list(names), random.randint(1, len(names))), random, depth + 1))
    kind = random.choice(("all", "all", "any", "atLeast"))
    return {"atLeast": random.randint(1, len(items)), "of": items} if kind == "atLeast" else {kind: items}


def key_of(kind: str, report: Report) -> str:
    """The key of a report, said without the hub's code: the hour in which it started, or what its input says."""
    if kind != "expected":
        return "latest" if kind == "latest" else report.key
    return f"{datetime.fromtimestamp(BEGIN_MS / 1000 + report.start_s, UTC):%Y-%m-%dT%H}+0000"


def _deadline(random: Random) -> dict[str, str]:
    return {
        "after": f"PT{random.choice((1, 2, 4, 7, 15))}M",
        "since": random.choice(("opening", "firstArrival")),
        "then": random.choice(("alert", "fail", "release")),
    }


def _distinct(deadlines: list[dict[str, str]]) -> list[dict[str, str]]:
    return [one for number, one in enumerate(deadlines) if one not in deadlines[:number]]


def _reports(kind: str, document: Document, random: Random) -> list[Report]:
    """Each predecessor completes for most keys, some of them more than once, or at last."""
    keys = ("one", "two", "three")[: random.choice((1, 1, 1, 2, 3))]
    rounds = range(random.choice((1, 2, 3))) if kind == "latest" else range(1)
    found: list[Report] = []
    assert isinstance(document["predecessors"], dict)
    for key in keys:
        for name in dict.fromkeys((*document["predecessors"], *(["d"] if random.random() < 0.1 else []))):
            for turn in rounds:
                if random.random() < 0.9:
                    found += _execution(key, name, f"{name}-{key}-{turn}", turn, random)
    return found


def _execution(key: str, name: str, execution: str, turn: int, random: Random) -> list[Report]:
    at_s = turn * 120 + random.choice((0, 1, 5, 30, 60, 110, 200, 400, HOUR_S)) + random.randrange(3)
    start_s, included = at_s - 21, random.random() < 0.9
    status = random.choice(("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED", "TIMED_OUT"))
    found = [Report(at_s, name, key, execution, status, start_s, at_s, included)]
    if random.random() < 0.2:
        found.append(Report(max(0, start_s), name, key, execution, "RUNNING", start_s, start_s, included))
    if status != "SUCCEEDED" and random.random() < 0.5:
        later_s = at_s + random.choice((1, 40, 300))
        redriven = random.random() < 0.6
        again, begins_s = (execution, start_s) if redriven else (f"{execution}-rerun", later_s - 1)
        found.append(Report(later_s, name, key, again, "SUCCEEDED", begins_s, later_s, included))
    elif random.random() < 0.2:
        later_s = at_s + random.choice((0, 1, 40, 300))
        status = random.choice(("SUCCEEDED", "SUCCEEDED", "FAILED"))
        found.append(Report(later_s, name, key, f"{execution}-rerun", status, start_s, later_s, included))
    return found


def _trouble(random: Random) -> Trouble:
    what = random.choice(
        (
            Fault.BUS,
            Fault.KEY,
            Fault.LIMIT,
            Fault.SOURCE,
            Fault.SWEEPER,
            Fault.ROTATED,
            Fault.POISON,
            Fault.REDRIVEN,
            Fault.DEFINITION,
            Fault.WITHDRAWN if random.random() < 0.1 else Fault.BUS,
        )
    )
    lasts_s = HOUR_S if what is Fault.SWEEPER else random.choice((30, 300, 2_000))
    return Trouble(random.randrange(500), what, lasts_s)


def _changed(kind: str, document: Document, random: Random) -> Document:
    """The definition with the same sources and keys, or one less or more of them, and whatever else."""
    assert isinstance(document["predecessors"], dict)
    other = dict(definitions(kind, random))
    if random.random() < 0.7:
        names = list(document["predecessors"])
        other["predecessors"] = document["predecessors"]
        other["require"] = condition(names, random)
        other["deadlines"] = document.get("deadlines", [])
        if kind == "latest":
            del other["deadlines"]
    return {**other, "description": f"another, {random.randrange(10**9)}"}
