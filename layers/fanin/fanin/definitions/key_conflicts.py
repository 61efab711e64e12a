"""Conflicts of keys: predecessors that could never meet, and reports that could never say their key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fanin.definitions.problems import Code, Path, Problem, quoted
from fanin.definitions.raw_document import field, fields, is_latest, is_true, keys, zone_of


def key_conflicts(document: object) -> Iterator[Problem]:
    """The conflicts of the keys of one definition."""
    yield from _overrides(document)
    yield from _misfits(document)
    for name, predecessor in fields(field(document, "predecessors")).items():
        key = fields(field(predecessor, "key") or field(document, "key"))
        yield from _unkeyed_failure(document, name, predecessor, key)
        yield from _unkeyed_start(name, predecessor, key)


def _overrides(document: object) -> Iterator[Problem]:
    for path, key in keys(document):
        if len(path) == 1:
            continue
        if is_latest(document):
            hint = "give the join a key, or remove this one"
            yield Problem(path, Code.KEY_OVERRIDE, "the join has no key that this one could meet", hint)
        elif "latest" in key:
            yield Problem(path, Code.KEY_OVERRIDE, "latest is a key of whole joins only", "give it a key that meets the join's")


def _misfits(document: object) -> Iterator[Problem]:
    """Windows that are named in different ways meet never, or only now and then."""
    windows = [((*path, "window"), fields(key["window"])) for path, key in keys(document) if fields(key.get("window"))]
    if not windows:
        return
    first, reference = windows[0]
    whose = "the join" if len(first) == 2 else f"the predecessor {quoted(str(first[1]))}"
    for path, window in windows[1:]:
        if _naming(window, document) != _naming(reference, document):
            hint = "use the same every, or the same cron; hours and cron windows need the same zone too"
            yield Problem(path, Code.WINDOW_MISFIT, f"these windows never meet those of {whose}", hint)


def _naming(window: Mapping[str, object], document: object) -> tuple[object, ...]:
    """What the keys of windows depend on: dates look alike in every zone, hours and firings are instants."""
    zone = window.get("zone", zone_of(document))
    return (window.get("every"), window.get("cron"), zone if "cron" in window or window.get("every") == "hour" else None)


def _unkeyed_failure(document: object, name: str, predecessor: object, key: Mapping[str, object]) -> Iterator[Problem]:
    own = field(predecessor, "onFailure")
    policy, path = (field(document, "onFailure"), ("onFailure",)) if own is None else (own, ("predecessors", name, "onFailure"))
    if "output" in key and policy in ("fail", "ignore"):
        what = f"a failure of {quoted(name)} has no output, in which its key is, so it belongs to no run"
        yield Problem(path, Code.FAILURE_WITHOUT_KEY, what, "write wait, or take the key from input, name or window")


def _unkeyed_start(name: str, predecessor: object, key: Mapping[str, object]) -> Iterator[Problem]:
    path: Path = ("predecessors", name, "optional")
    if not is_true(field(predecessor, "optional")):
        return
    if "output" in key or field(key, "window", "by") == "stop":
        what = "an execution that has only started has no output and no stop time, so nothing tells its run"
        yield Problem(path, Code.START_WITHOUT_KEY, what, "take the key from input, name or a window by start")
