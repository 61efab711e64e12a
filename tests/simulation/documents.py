"""Random definitions: everything that may change what is released, over one to four predecessors, or over counted ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from tests.unit.sources.events import machine_arn
from tests.unit.use_cases.landscape import SECOND_SUCCESSOR, definition, successor

NAMES = ("a", "b", "c", "d")
MANY, DISPATCHER = "m", "a"
Document = Mapping[str, object]


def definitions(kind: str, random: Random) -> Document:
    """A definition of a kind: keyed, wide (keyed, but with journals), counted, expected or latest."""
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
    if kind == "counted":
        said["predecessors"] = predecessors | {MANY: _counted(random)}
        said["require"] = condition((*names, MANY), random)
    return said | _times(kind, predecessors, random)


def _times(kind: str, predecessors: dict[str, dict[str, object]], random: Random) -> dict[str, object]:
    deadlines = [_deadline(random) for _ in range(random.choice((0, 0, 1, 2)))]
    for one in predecessors.values():
        if deadlines and random.random() < 0.3:
            one["optional"] = True
    after = ("ignore", "report") if kind == "counted" else ("ignore", "report", "again")
    said: dict[str, object] = {"deadlines": _distinct(deadlines), "afterRelease": random.choice(after)}
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


def _deadline(random: Random) -> dict[str, str]:
    return {
        "after": f"PT{random.choice((1, 2, 4, 7, 15))}M",
        "since": random.choice(("opening", "firstArrival")),
        "then": random.choice(("alert", "fail", "release")),
    }


def _distinct(deadlines: list[dict[str, str]]) -> list[dict[str, str]]:
    return [one for number, one in enumerate(deadlines) if one not in deadlines[:number]]


def _counted(random: Random) -> dict[str, object]:
    """A predecessor that completes so many times, some of which may fail."""
    counts: tuple[object, ...] = (random.randint(1, 5), {"from": DISPATCHER, "output": "started"}, "announced")
    said: dict[str, object] = {
        "stateMachine": machine_arn(MANY),
        "onFailure": random.choice(("wait", "fail", "ignore")),
        "count": random.choice(counts),
    }
    if random.random() < 0.6:
        said["failures"] = {"tolerate": random.choice((1, 2, "25%", "50%"))}
    return said


def changed(kind: str, document: Document, random: Random) -> Document:
    """The definition with the same sources and keys, or one less or more of them, and whatever else."""
    assert isinstance(document["predecessors"], dict)
    other = dict(definitions(kind, random))
    if random.random() < 0.7 or kind == "counted":
        names = list(document["predecessors"])
        other["predecessors"] = document["predecessors"]
        other["require"] = condition(names, random)
        other["deadlines"] = document.get("deadlines", [])
        if kind == "latest":
            del other["deadlines"]
    return {**other, "description": f"another, {random.randrange(10**9)}"}
