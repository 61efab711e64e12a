"""What a definition says of a run, from its document and from what was reported: nothing of the hub's decisions is used."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from tests.simulation.documents import Document
from tests.simulation.happenings import Announced, Report
from tests.unit.properties.from_scratch import holds

EXPIRE_MS = 30 * 86_400_000
READY, WAITING, HOPELESS = "ready", "waiting", "hopeless"


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a run holds of a predecessor."""

    status: str
    stopped_ms: int
    execution: str

    @property
    def order(self) -> tuple[int, int, str]:
        """Its place in the lattice."""
        return {"RUNNING": 1, "SUCCEEDED": 3}.get(self.status, 2), self.stopped_ms, self.execution


@dataclass(frozen=True, slots=True)
class Tally:
    """What has arrived of a counted predecessor; `expected` is the N that was said last, None where nobody has said any."""

    expected: int | None
    succeeded: int
    failed: int


@dataclass(frozen=True, slots=True)
class Moments:
    """When a run was opened, and when arrivals were recorded in it."""

    opened_ms: int
    first_ms: int | None
    last_ms: int | None
    attempt: int


def predecessors(document: Document) -> Mapping[str, Mapping[str, object]]:
    return cast("Mapping[str, Mapping[str, object]]", document["predecessors"])


def verdict(document: Document, arrived: Mapping[str, Arrived], passed: bool, tallies: Mapping[str, Tally] | None = None) -> str:
    """Whether the condition holds, may hold still, or cannot any more; `passed`: a deadline has, so optional ones are done."""
    found = {name: _of_one(said, arrived.get(name), passed, (tallies or {}).get(name)) for name, said in predecessors(document).items()}
    if holds(document["require"], {name for name, one in found.items() if one == READY}):
        return READY
    return WAITING if holds(document["require"], {name for name, one in found.items() if one != HOPELESS}) else HOPELESS


def _of_one(said: Mapping[str, object], found: Arrived | None, passed: bool, tally: Tally | None) -> str:
    if "count" in said:
        return _of_many(said, tally or Tally(None, 0, 0))
    if found is None:
        return READY if said.get("optional") and passed else WAITING
    if found.status == "SUCCEEDED" or (found.status != "RUNNING" and said["onFailure"] == "ignore"):
        return READY
    return HOPELESS if found.status != "RUNNING" and said["onFailure"] == "fail" else WAITING


def _of_many(said: Mapping[str, object], tally: Tally) -> str:
    """With s successes, f failures, N expected and t tolerated: ready when s >= N-t and s+f >= N; under `fail`, hopeless when f > t."""
    expected = said["count"] if isinstance(said["count"], int) else tally.expected
    if expected is None:
        return WAITING
    tolerated = tolerance(said, expected)
    if said["onFailure"] == "fail" and tally.failed > tolerated:
        return HOPELESS
    done = tally.succeeded + tally.failed >= expected
    return READY if done and (said["onFailure"] == "ignore" or tally.succeeded >= expected - tolerated) else WAITING


def tolerance(said: Mapping[str, object], expected: int) -> int:
    """How many failures are tolerated: so many, or a share of N, rounded down."""
    tolerate = cast("Mapping[str, int | str]", said.get("failures", {"tolerate": 0}))["tolerate"]
    return tolerate if isinstance(tolerate, int) else expected * int(tolerate.removesuffix("%")) // 100


def deadlines(document: Document, moments: Moments) -> list[tuple[int, str]]:
    """The moment and effect of each deadline that has a moment, earliest first."""
    found = []
    for deadline in cast("Sequence[Mapping[str, str]]", document.get("deadlines", [])):
        start_ms = moments.opened_ms if deadline["since"] == "opening" else moments.first_ms
        if start_ms is not None:
            found.append((start_ms + milliseconds(deadline["after"]), deadline["then"]))
    return sorted(found, key=lambda one: one[0])


def releasable_ms(document: Document, moments: Moments) -> int:
    """When a satisfied run may go."""
    quiet_ms = (moments.last_ms or moments.opened_ms) + milliseconds(str(document.get("settle", "PT0S")))
    if "notBefore" not in document:
        return quiet_ms
    day = datetime.fromtimestamp(moments.opened_ms / 1000, UTC).date()
    hours, minutes = str(document["notBefore"]).split(":")
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=int(hours), minutes=int(minutes))
    return max(quiet_ms, round(begins.timestamp() * 1000))


def greatest(reports: Iterable[Report], document: Document) -> dict[str, Report]:
    """The greatest report of each predecessor; that one has started matters only where it is optional."""
    named = predecessors(document)
    found: dict[str, Report] = {}
    for one in reports:
        said = named.get(one.predecessor)
        if said is None or "count" in said or (one.status == "RUNNING" and not said.get("optional")):
            continue
        if one.predecessor not in found or one.order > found[one.predecessor].order:
            found[one.predecessor] = one
    return found


def arrived_of_reports(reports: Iterable[Report], document: Document) -> dict[str, Arrived]:
    """What a run holds that was told exactly these reports."""
    return {name: Arrived(one.status, one.stopped_ms, one.execution) for name, one in greatest(reports, document).items()}


def tallies_of(reports: Iterable[Report], announced: Sequence[Announced], document: Document) -> dict[str, Tally]:
    """The tallies of a run that was told exactly these reports and announcements; the last one to be made is valid."""
    told, found = list(reports), {}
    for name, said in predecessors(document).items():
        if "count" in said:
            ended = [one for one in told if one.predecessor == name and one.status != "RUNNING"]
            succeeded = {one.execution for one in ended if one.status == "SUCCEEDED"}
            failed = {one.execution for one in ended} - succeeded
            found[name] = Tally(_expected(said, told, announced), len(succeeded), len(failed))
    return found


def _expected(said: Mapping[str, object], told: Sequence[Report], announced: Sequence[Announced]) -> int | None:
    count = said["count"]
    if isinstance(count, int):
        return count
    if count == "announced":
        return max(announced, key=lambda one: one.at_s).count if announced else None
    source = cast("Mapping[str, str]", count)["from"]
    outputs = [one for one in told if one.predecessor == source and one.status == "SUCCEEDED" and one.output is not None]
    return json.loads(str(max(outputs, key=lambda one: one.order).output))["started"] if outputs else None


def milliseconds(duration: str) -> int:
    """Of the two forms that the definitions here have: minutes, or seconds."""
    number, unit = int(duration[2:-1]), duration[-1]
    return number * (60_000 if unit == "M" else 1000)
