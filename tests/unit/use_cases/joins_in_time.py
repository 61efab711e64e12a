"""Joins in virtual time: a landscape whose clock runs, with what was released, told and recorded at which moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from fanin.domain.arrival import decode_arrival
from fanin.domain.run import Run
from tests.unit.sources.events import NOW_MS, machine_arn, status_change
from tests.unit.use_cases.landscape import LEDGER, PLAN_CACHE_S, POSITIONS, Landscape, definition

RISK = machine_arn("risk")
THREE = {"ledger": LEDGER, "positions": POSITIONS, "risk": RISK}
KEY = "2026-03-31"
SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000
BEGIN_MS = NOW_MS + PLAN_CACHE_S * 1000  # 2026-03-31T19:00:30Z, when a landscape has applied its definitions


def at_ms(text: str) -> int:
    """Epoch milliseconds of a time in UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def document(machines: dict[str, str] | None = None, **said: object) -> dict[str, object]:
    """A definition over three predecessors, unless others are given; what is said replaces or adds a field."""
    return {**definition(machines or THREE), **said}


def begun(machines: dict[str, str] | None = None, **said: object) -> Landscape:
    """A landscape with one join."""
    landscape = Landscape()
    landscape.apply(document(machines, **said))
    landscape.pass_time(BEGIN_MS)
    return landscape


def report(landscape: Landscape, machine: str, execution: str = "x", status: str = "SUCCEEDED", key: str = KEY) -> str:
    """An execution ends now, and its event arrives at once; its body, to let it arrive again."""
    body = status_change(machine, execution, status, key=key, stopped_at_ms=landscape.clock.at_ms)
    landscape.arrive(body)
    landscape.settle(40)
    return body


def starts(landscape: Landscape, machine: str, execution: str = "x", key: str = KEY) -> str:
    """An execution starts now."""
    now_ms = landscape.clock.at_ms
    body = status_change(machine, execution, "RUNNING", key=key, stopped_at_ms=now_ms, changes={"startDate": now_ms, "stopDate": None})
    landscape.arrive(body)
    landscape.settle(40)
    return body


def went(landscape: Landscape) -> list[tuple[int, str, str, int]]:
    """What was released: attempt, outcome, reason and moment, once for each, oldest first."""
    found = {(one["attempt"], one["outcome"], one["reason"], one["releasedAt"]) for one in landscape.inputs()}
    return sorted(cast("set[tuple[int, str, str, int]]", found), key=lambda one: (one[3], one[0]))


def executions(landscape: Landscape, attempt: int = 1) -> dict[str, str]:
    """The execution and status that an attempt's release says of each predecessor."""
    (said,) = (one["predecessors"] for one in landscape.inputs() if one["attempt"] == attempt)
    predecessors = cast("dict[str, dict[str, str]]", said)
    return {name: f"{one['executionArn'].rpartition(':')[2]} {one['status']}" for name, one in predecessors.items()}


def arrived(landscape: Landscape, key: str = KEY) -> dict[int, str]:
    """The execution and status in each slot of a run."""
    found = {slot: decode_arrival(text) for slot, text in the_run(landscape, key).slots.items()}
    return {slot: f"{one.execution_id} {one.status.value}" for slot, one in found.items()}


def the_run(landscape: Landscape, key: str = KEY) -> Run:
    found = landscape.run(key)
    assert found is not None
    return found
