"""One schedule, from its seed: a story, a kind of swarm, everything that happens, and what must hold after every step and in the end.

`simulated` gives what became of it; `smaller` finds a schedule that breaks the same way with less happening, by making unusual choices
ordinary again and leaving out what happens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import TypeVar

from tests.simulation.choices import Choices
from tests.simulation.ending import check
from tests.simulation.faults import Fault
from tests.simulation.functions import SKEWS_MS
from tests.simulation.happenings import Happening, Story, story
from tests.simulation.invariants import Broken, Watcher
from tests.simulation.stage import AT_CALLS, Stage, Swarm
from tests.simulation.world import World
from tests.unit.sources.events import NOW_MS

KINDS = ("keyed", "keyed", "keyed", "latest", "expected", "wide", "counted", "counted")
MINUTE_MS, HOUR_MS = 60_000, 3_600_000
QUIET_MS = 80 * MINUTE_MS  # a delivery without a receipt is sent again after an hour at most, a run that waits looked at

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a schedule is made of: `kept` are the choices that may be unusual (None: all), `happenings` those that happen."""

    seed: int
    story: Story
    swarm: Swarm
    kept: frozenset[int] | None = None


@dataclass(slots=True)
class Result:
    """What became of a schedule."""

    steps: int = 0
    faulty_steps: int = 0  # those before everything works again
    releases: int = 0
    executions: int = 0
    injected: Counter[Fault] = field(default_factory=Counter)
    broken: str | None = None
    unusual: list[int] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)


def schedule_of(seed: int, kinds: Sequence[str] = KINDS) -> Schedule:
    """The schedule of a seed, of one of these kinds; one in three is a race: everything at once, and hardly anything else goes wrong."""
    random = Random(seed * 2 + 1)
    kind, races = random.choice(kinds), random.random() < 0.33
    swarm = Swarm(
        switch=random.choice((0.05, 0.15, 0.4)) if races else random.choice((0, 0.03, 0.1, 0.3, 0.6)),
        fault=random.choice((0, 0.01)) if races else random.choice((0, 0.01, 0.03, 0.1)),
        faults=tuple(fault for fault in AT_CALLS if random.random() < 0.6),
        transport=0 if races else random.choice((0, 0.05, 0.3)),
        skew=not races and random.random() < 0.15,
        batch=1 if races else random.choice((1, 3, 10)),
    )
    return Schedule(seed, story(kind, random, races=races), swarm)


def simulated(schedule: Schedule, *, traced: bool = False, planned: Mapping[int, Fault] | None = None) -> Result:
    """Play a schedule to its end, or to the first thing that does not hold; `planned` calls go wrong, whatever else does."""
    choices = Choices(schedule.seed, schedule.kept)
    stage = Stage(choices, schedule.swarm, NOW_MS, trace=[] if traced else None, planned=planned or {})
    world = World(schedule.story, stage)
    watcher = Watcher(world, tolerance_ms=max(SKEWS_MS) if schedule.swarm.skew else 0)
    stage.on_step, world.functions.on_accepted = watcher.step, watcher.accepted
    result = Result()
    try:
        last_ms = max((one.at_s + getattr(one, "for_s", 0) for one in schedule.story.happenings), default=0) * 1000
        world.until(NOW_MS + last_ms + 10 * MINUTE_MS)
        result.faulty_steps = stage.steps
        world.heal()
        world.until(stage.now_ms + (world.late_ms() if stage.injected[Fault.LATE] else 0) + QUIET_MS)
        if sum(queue.redrive() for queue in world.functions.queues()):
            # Somebody had them for the tenth time when everything began to work; what cannot be handled dies again meanwhile.
            world.until(stage.now_ms + 40 * MINUTE_MS)
        check(world, watcher)
    except Broken as error:
        result.broken = str(error)
    result.steps, result.releases, result.executions = stage.steps, watcher.releases, len(world.land.machines.executions)
    result.injected, result.unusual, result.trace = stage.injected, choices.unusual, stage.trace or []
    return result


def smaller(schedule: Schedule, *, tries: int = 1500) -> Schedule:
    """A schedule that breaks too, with as little happening as can be found in so many tries."""
    left = [tries]

    def breaks(changed: Schedule) -> bool:
        left[0] -= 1
        return left[0] >= 0 and simulated(changed).broken is not None

    found, before = schedule, None
    while found != before and left[0] > 0:
        before = found
        found = _happening(found, _fewer(found.story.happenings, partial(_breaks_with, breaks, _happening, found)))
        found = _unusual(found, _fewer(simulated(found).unusual, partial(_breaks_with, breaks, _unusual, found)))
    return found


def _breaks_with(
    breaks: Callable[[Schedule], bool], changed: Callable[[Schedule, Sequence[T]], Schedule], schedule: Schedule, some: Sequence[T]
) -> bool:
    return breaks(changed(schedule, some))


def _unusual(schedule: Schedule, some: Sequence[int]) -> Schedule:
    return replace(schedule, kept=frozenset(some))


def _happening(schedule: Schedule, some: Sequence[Happening]) -> Schedule:
    return replace(schedule, story=replace(schedule.story, happenings=tuple(some)))


def _fewer(items: Sequence[T], breaks: Callable[[list[T]], bool]) -> list[T]:
    """Leave out ever smaller stretches, as long as it breaks (delta debugging)."""
    found, size = list(items), max(1, len(items))
    while size:
        start = 0
        while start < len(found):
            fewer = found[:start] + found[start + size :]
            if breaks(fewer):
                found = fewer
            else:
                start += size
        size //= 2
    return found
