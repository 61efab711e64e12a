"""What happens: reports of executions, announcements, and everything people and AWS do meanwhile.

A history is a list, so that a failing one can be made smaller by leaving things out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random

from tests.simulation.documents import DISPATCHER, MANY, Document, changed, definitions
from tests.simulation.faults import Fault
from tests.unit.sources.events import HUB, NOW_MS, event, machine_arn, status_change
from tests.unit.use_cases.landscape import PLAN_CACHE_S

BEGIN_MS = NOW_MS + PLAN_CACHE_S * 1000  # when every collector knows the first definition
JOIN = "daily-close"
HOUR_S, DAY_S = 3_600, 86_400


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
    output: str | None = None
    lost: bool = False  # its event never comes

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
        if self.output is not None:
            changes["output"] = self.output
        if not (self.included or whole):
            changes |= {"input": None, "inputDetails": {"included": False}}
        return status_change(
            machine_arn(self.predecessor), self.execution, self.status, key=self.key, stopped_at_ms=self.stopped_ms, changes=changes
        )


@dataclass(frozen=True, slots=True)
class Announced:
    """Somebody says how often a counted predecessor completes for a key."""

    at_s: int
    key: str
    predecessor: str
    count: int

    def body(self) -> str:
        detail = {"v": 1, "join": JOIN, "key": self.key, "predecessor": self.predecessor, "count": self.count}
        at = datetime.fromtimestamp(BEGIN_MS / 1000 + self.at_s, UTC)
        return json.dumps(event(detail, source="fanin.count", detail_type="Fan-in Count", account=HUB, time=f"{at:%Y-%m-%dT%H:%M:%SZ}"))


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


Happening = Report | Announced | Trouble | Applied


@dataclass(frozen=True, slots=True)
class Story:
    """A definition, and what happens; sources list their executions so many a page, and as they were a while ago."""

    kind: str
    document: Document
    happenings: tuple[Happening, ...]
    list_lag_ms: int = 0
    list_page: int = 100
    page_segments: int = 3


def story(kind: str, random: Random, *, races: bool = False) -> Story:
    """A random story of a kind: keyed, wide, counted, latest or expected; `races`: everything happens at once, and nothing else does."""
    document = definitions(kind, random)
    reports: list[Happening] = _reports(kind, document, random)
    troubles = [_trouble(random) for _ in range(random.choice((0, 0, 1, 1, 2, 3)))]
    applied = [Applied(random.randrange(20, 400), changed(kind, document, random)) for _ in range(random.choice((0, 0, 0, 0, 1, 2)))]
    if kind == "counted":
        reports += _many(document, random)
    if races:
        reports += [one for report in list(reports) if random.random() < 0.5 for one in _again(report, random)]
        troubles, applied = [], applied if random.random() < 0.1 else []
    if races or random.random() < 0.2:
        # What may go wrong between two calls of one function needs another one in between.
        latest_s = max((one.stop_s if isinstance(one, Report) else one.at_s for one in reports), default=0)
        reports = [replace(one, at_s=latest_s + random.randrange(3)) for one in reports]
    happenings: list[Happening] = [*reports, *troubles, *applied]
    happenings.sort(key=lambda one: one.at_s)
    return Story(
        kind, document, tuple(happenings), random.choice((0, 2_000, 60_000)), random.choice((1, 3, 100, 100)), random.choice((1, 3))
    )


def key_of(kind: str, report: Report) -> str:
    """The key of a report, said without the hub's code: the hour in which it started, or what its input says."""
    if kind != "expected":
        return "latest" if kind == "latest" else report.key
    return f"{datetime.fromtimestamp(BEGIN_MS / 1000 + report.start_s, UTC):%Y-%m-%dT%H}+0000"


def _many(document: Document, random: Random) -> list[Happening]:
    """The executions of a counted predecessor, about as many as there should be, and whoever says how many that is."""
    assert isinstance(document["predecessors"], dict)
    said = document["predecessors"][MANY]["count"]
    number = said if isinstance(said, int) else random.randint(0, 5)
    found: list[Happening] = []
    if said == "announced":
        at_s = random.randrange(200)
        found.append(Announced(at_s, "one", MANY, number))
        if random.random() < 0.25:
            found.append(Announced(at_s + random.randrange(1, 100), "one", MANY, max(0, number + random.choice((-1, 1)))))
    elif not isinstance(said, int):
        at_s = random.randrange(200)
        output = json.dumps({"started": number})
        found.append(Report(at_s, DISPATCHER, "one", f"{DISPATCHER}-one-0", "SUCCEEDED", at_s - 21, at_s, random.random() < 0.9, output))
    for turn in range(number + random.choice((0, 0, 0, 1, -1))):
        found += _execution("one", MANY, f"{MANY}-{turn}", random.choice((0, 0, 0, 1)), random)
    return found


def _reports(kind: str, document: Document, random: Random) -> list[Happening]:
    """Each predecessor completes for most keys, some of them more than once, or at last."""
    keys = ("one", "two", "three")[: 1 if kind == "counted" else random.choice((1, 1, 1, 2, 3))]
    rounds = range(random.choice((1, 2, 3))) if kind == "latest" else range(1)
    found: list[Happening] = []
    assert isinstance(document["predecessors"], dict)
    counted = document["predecessors"].get(MANY, {}).get("count")
    elsewhere = {MANY, *([DISPATCHER] if isinstance(counted, dict) else [])}
    for key in keys:
        for name in dict.fromkeys((*document["predecessors"], *(["d"] if random.random() < 0.1 else []))):
            if name in elsewhere:
                continue
            for turn in rounds:
                if random.random() < 0.9:
                    found += _execution(key, name, f"{name}-{key}-{turn}", turn, random)
    return found


def _again(report: Happening, random: Random) -> list[Report]:
    """Another execution of the same predecessor, a little later."""
    if not isinstance(report, Report) or report.predecessor == MANY or report.output is not None:
        return []
    status = random.choice(("SUCCEEDED", "SUCCEEDED", "FAILED"))
    again = f"{report.execution}-again-{report.stop_s}"
    return [replace(report, execution=again, status=status, stop_s=report.stop_s + random.randrange(1, 4))]


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
