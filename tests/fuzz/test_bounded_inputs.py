"""Whatever comes in, up to 1 MB: an answer in bounded time and memory, with room for a slow machine but not for a bad algorithm."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable

import pytest

from tests.fuzz.targets import TARGETS
from tests.unit.signing.releases import honest_body
from tests.unit.sources.events import machine_arn, status_change

pytestmark = pytest.mark.unit

MB = 1_000_000
MAX_S = 8.0
"""Of processor time. The slowest takes a fraction of it; what is quadratic in 1 MB takes hours."""
MAX_YAML_S = 60.0
"""Likewise of a developer's own file: YAML is read by a reader that is slow, some eight seconds a megabyte here, and linear."""
MAX_PEAK_BYTES = 160 * MB


def filled(text: str, around: tuple[str, str] = ("", "")) -> bytes:
    """1 MB of a repeated text."""
    room = MB - len(around[0].encode()) - len(around[1].encode())
    return (around[0].encode() + text.encode() * (room // len(text.encode()) + 1))[: MB - len(around[1].encode())] + around[1].encode()


def an_object(members: int, value: str = "1") -> str:
    return "{" + ",".join(f'"{number:x}":{value}' for number in range(members)) + "}"


RELEASE = honest_body()
COMPLETION = status_change(machine_arn("ledger"), "x", changes={"input": "@"})
HOSTILE: dict[str, Callable[[], bytes]] = {
    "one long string": lambda: filled("x", ('{"a":"', '"}')),
    "arrays": lambda: filled("["),
    "arrays, closed": lambda: b"[" * (MB // 2) + b"]" * (MB // 2),
    "objects": lambda: filled('{"a":'),
    "flow mappings of YAML": lambda: filled("{a: "),
    "block sequences of YAML": lambda: filled("- "),
    "lines of YAML": lambda: filled("a: b\n"),
    "deeper and deeper lines": lambda: "\n".join(" " * depth + "a:" for depth in range(1400)).encode(),
    "documents of YAML": lambda: filled("---\na: b\n"),
    "comments": lambda: filled("# \n"),
    "anchors": lambda: filled("a: &a [*a, *a]\n"),
    "quotes": lambda: filled('"'),
    "backslashes": lambda: filled("\\", ('{"a":"', '"}')),
    "escapes": lambda: filled("\\u0061", ('{"a":"', '"}')),
    "halves of surrogate pairs": lambda: filled("\\ud83d", ('{"a":"', '"}')),
    "digits": lambda: filled("9", ('{"a":', "}")),
    "numbers": lambda: filled("1,", ("[", "1]")),
    "floats": lambda: filled("1e-300,", ("[", "1]")),
    "empty objects": lambda: filled("{},", ("[", "{}]")),
    "members": lambda: an_object(70_000).encode(),
    "one member again and again": lambda: filled('"a":1,', ("{", '"a":1}')),
    "bytes that are not UTF-8": lambda: b"\xff" * MB,
    "zero bytes": lambda: bytes(MB),
    "white space": lambda: filled(" \n"),
    "a release with large data": lambda: RELEASE.replace('"satisfied"', json.dumps("é" * 300_000, ensure_ascii=False)).encode()[:MB],
    "a release with many members": lambda: RELEASE.replace('"satisfied"', an_object(60_000)).encode(),
    "a release with a long signature": lambda: RELEASE.replace('"sig":"', '"sig":"' + "A" * 990_000).encode(),
    "a completion with a large input": lambda: COMPLETION.replace("@", "x" * 990_000).encode(),
    "a completion whose input is deep": lambda: COMPLETION.replace("@", "[" * 400_000).encode(),
    "a completion whose input is an object": lambda: json.dumps(
        {**json.loads(COMPLETION), "detail": {**json.loads(COMPLETION)["detail"], "input": an_object(50_000, '"2026"')}}
    ).encode(),
    "a definition of many predecessors": lambda: json.dumps(
        {"join": "a", "predecessors": {f"p{number}": {"stateMachine": machine_arn(f"m{number}")} for number in range(9_000)}}
    ).encode(),
    "a definition of many fields": lambda: json.dumps({f"field{number}": number for number in range(45_000)}).encode(),
}


# Of what the slow reader has to read to its end, one of each form is enough.
_ONCE = frozenset({"lines of YAML", "anchors", "comments", "quotes", "one long string", "white space", "deeper and deeper lines"})


def _is_slow(target: str, kind: str) -> bool:
    return target == "definition" and kind not in _ONCE


@pytest.mark.parametrize(("target", "kind"), [(target, kind) for target in TARGETS for kind in HOSTILE if not _is_slow(target, kind)])
def test_an_input_of_1_mb_is_answered_in_bounded_time(target: str, kind: str) -> None:
    data = HOSTILE[kind]()
    assert len(data) <= MB
    TARGETS[target](b"{}")
    began = time.process_time()
    assert TARGETS[target](data)
    took_s = time.process_time() - began
    assert took_s < (MAX_YAML_S if target == "definition" else MAX_S), f"{took_s:.1f} s"


@pytest.mark.parametrize("kind", ["a release with many members", "a completion whose input is an object"])
@pytest.mark.parametrize("target", [name for name in TARGETS if name != "definition"])
def test_an_input_of_1_mb_takes_bounded_memory(target: str, kind: str) -> None:
    data = HOSTILE[kind]()
    TARGETS[target](b"{}")
    tracemalloc.start()
    try:
        TARGETS[target](data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MAX_PEAK_BYTES, f"{peak / MB:.0f} MB"
