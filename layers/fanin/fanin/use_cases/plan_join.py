"""Plan a join: what publishing a compiled definition would change, and which open runs would stay on which version. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fanin.definitions.compiler import CompiledJoin
from fanin.definitions.difference import differences
from fanin.domain.plan import Plan
from fanin.domain.release import JsonValue
from fanin.domain.run import STREAM_KEY, RunState
from fanin.ports import Head, PlanRegistry, Runs, Streams
from fanin.use_cases.stored_versions import stored_versions

MAX_RUNS = 2000  # an operator waits for the answer
MAX_KEYS = 5

CREATED, CHANGED, UNCHANGED = "created", "changed", "unchanged"


@dataclass(frozen=True, slots=True)
class OpenRuns:
    """The open runs that are held to one version: how many, and the keys of the newest few."""

    version: int
    count: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedJoin:
    """One join, as applying would leave it. `version` is the one that would be current; `sentences` say what becomes different.

    `effective_from_ms` is when every collector would know if it were applied now. `open_runs_are_more`: more runs are stored than were
    looked at, so there may be older open ones.
    """

    join: str
    change: str
    version: int
    sentences: tuple[str, ...]
    open_runs: tuple[OpenRuns, ...]
    open_runs_are_more: bool
    effective_from_ms: int

    def members(self) -> dict[str, JsonValue]:
        """As JSON values, as the operator answers it."""
        return {
            "join": self.join,
            "change": self.change,
            "version": self.version,
            "sentences": list(self.sentences),
            "openRuns": [{"version": one.version, "count": one.count, "keys": list(one.keys)} for one in self.open_runs],
            "openRunsAreMore": self.open_runs_are_more,
            "effectiveFromMs": self.effective_from_ms,
        }


def planned_join(registry: PlanRegistry, runs: Runs, streams: Streams, compiled: CompiledJoin, effective_from_ms: int) -> PlannedJoin:
    """Compare a compiled join with what is current, and find its open runs."""
    head = registry.head(compiled.join)
    current = None if head is None or head.deleted else registry.plan(head.join, head.version)
    open_keys, more = _open_keys(runs, streams, compiled.join, head)
    is_whole = head is None or stored_versions(registry, head) == head.versions
    change = CREATED if current is None else UNCHANGED if current.digest == compiled.digest and is_whole else CHANGED
    version = 1 if head is None else head.version + (change != UNCHANGED)
    return PlannedJoin(
        join=compiled.join,
        change=change,
        version=version,
        sentences=tuple(_sentences(current, compiled.to_plan(version), head, is_whole)) if change != UNCHANGED else (),
        open_runs=tuple(OpenRuns(held, len(keys), tuple(keys[:MAX_KEYS])) for held, keys in sorted(open_keys.items())),
        open_runs_are_more=more,
        effective_from_ms=effective_from_ms,
    )


def _sentences(current: Plan | None, following: Plan, head: Head | None, is_whole: bool) -> Iterator[str]:
    if head is not None and head.deleted:
        yield f"The join {head.join} was deleted at version {head.version}, and begins anew."
    elif not is_whole:
        yield f"A live version of the join {following.join} is not stored any more; applying stores the definition again."
    yield from differences(current, following)


def _open_keys(runs: Runs, streams: Streams, join: str, head: Head | None) -> tuple[dict[int, list[str]], bool]:
    """The keys of open runs by the version they are held to, greatest key first, and whether there may be more."""
    if head is None:
        return {}, False
    found = runs.of_join(join, MAX_RUNS)
    by_version: dict[int, list[str]] = {}
    stream = streams.read(join)
    if stream is not None and stream.slots:
        by_version.setdefault(stream.plan_version, []).append(STREAM_KEY)
    for run in found:
        if run.state is RunState.OPEN:
            by_version.setdefault(run.plan_version, []).append(run.id.key)
    return by_version, len(found) == MAX_RUNS
