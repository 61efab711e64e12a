"""One search by Spin: the verifier is generated, compiled and run in a directory of its own, and its report read.

An answer is only what Spin says it has done completely: a search that ran out of memory, depth or time is no answer but an error.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.checks import Check

MODELS = Path(__file__).parent
MEMORY_MB = 6_000
DEPTH = 1_000_000
TIMEOUT_S = 600

_STATES = re.compile(r"^\s*([0-9.e+]+) states, stored", re.MULTILINE)
_ERRORS = re.compile(r"errors: (\d+)$", re.MULTILINE)
_FOUND = re.compile(r"^pan:1: (.+?) \(at depth (\d+)\)$", re.MULTILINE)


class SearchError(Exception):
    """Spin gave no complete answer."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a complete search found: the states it stored, and the first error with the length of its trace, if any."""

    states: int
    error: str | None
    depth: int


def search(check: Check, build: Path) -> Found:
    """Search all of a check's states, or up to the first error; SearchError when that could not be done."""
    directory = build / re.sub(r"[^a-z0-9]+", "-", f"{check.name} {check.mutant or ''}".lower()).strip("-")
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    _run(["spin", "-a", *check.defines, str(MODELS / check.model)], directory)
    # Without -DNOCLAIM a search for safety would end where a claim of the model's has come true.
    safety = ["-DSAFETY", "-DNOCLAIM"] if check.claim is None else []
    _run(["gcc", "-O1", "-w", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MB}", *safety, "-o", "pan", "pan.c"], directory)
    report = _run(["./pan", f"-m{DEPTH}", *([] if check.claim is None else ["-a", "-N", check.claim])], directory)
    (directory / "report.txt").write_text(report)
    return read_report(report)


def _run(command: list[str], directory: Path) -> str:
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise SearchError(f"{command[0]} took more than {TIMEOUT_S} s") from error
    if done.returncode:
        raise SearchError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


def read_report(report: str) -> Found:
    """What a verifier's report says; SearchError for one that is not of a complete search."""
    errors, states = _ERRORS.search(report), _STATES.search(report)
    incomplete = "Search not completed" in report or "max search depth too small" in report or "out of memory" in report
    found = _FOUND.search(report)
    if errors is None or states is None or (incomplete and found is None):
        raise SearchError(f"the search was not completed: {report.strip()[-500:]}")
    if (errors[1] != "0") != (found is not None):
        raise SearchError(f"the report could not be read: {report.strip()[-500:]}")
    return Found(round(float(states[1])), found and found[1], int(found[2]) if found else 0)
