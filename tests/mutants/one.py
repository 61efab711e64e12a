"""One mutant, in a process of its own: its module is patched as it is imported, stories are played, then tests are run.

Ends with 0 when it was noticed, with 1 when it survived; the last line says what noticed it.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

import pytest

from tests.mutants.mutant import Mutant

PLAYING_S = 90.0  # of processor time: as many stories on a machine that is busy
MAX_SEEDS = 4_000


class PatchingLoader(SourceFileLoader):
    """Loads a module from its patched source."""

    mutant: Mutant

    def get_code(self, fullname: str) -> CodeType:
        """The code of the mutant; nothing is cached."""
        source = self.mutant.patched(self.get_data(self.path).decode())
        return compile(source, self.path, "exec", dont_inherit=True)


class PatchingFinder(MetaPathFinder):
    """Finds the one module that is patched."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """See MetaPathFinder."""
        if fullname != self.mutant.module:
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(fullname)
        loader = PatchingLoader(fullname, spec.origin)
        loader.mutant = self.mutant
        spec.loader = loader
        return spec


def noticed(mutant: Mutant) -> str | None:
    """What notices a mutant; None when nothing does."""
    sys.meta_path.insert(0, PatchingFinder(mutant))
    importlib.import_module(mutant.module)
    return _by_crashes(mutant) or _by_stories(mutant) or _by_tests(mutant)


def _by_crashes(mutant: Mutant) -> str | None:
    crash_points = importlib.import_module("tests.simulation.crash_points")
    for name in mutant.crashes:
        story = crash_points.STORIES[name]
        for planned in crash_points.singles(story):
            broken = crash_points.played(story, planned).broken
            if broken is not None:
                return f"{name}, {planned}: {broken[:120]}"
    return None


def _by_stories(mutant: Mutant) -> str | None:
    schedules = importlib.import_module("tests.simulation.schedule")
    ends = time.process_time() + PLAYING_S
    for seed in range(1, MAX_SEEDS if mutant.kinds else 1):
        if time.process_time() > ends:
            break
        try:
            broken = schedules.simulated(schedules.schedule_of(seed, mutant.kinds)).broken
        except BaseException as error:  # noqa: BLE001 whatever it was, it was noticed
            broken = repr(error)
        if broken is not None:
            return f"schedule {seed}: {broken[:120]}"
    return None


def _by_tests(mutant: Mutant) -> str | None:
    # Hypothesis and others are imported already, and pytest warns that it cannot rewrite their assertions any more.
    options = ["-x", "-q", "--no-header", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    if mutant.tests and pytest.main([*options, *mutant.tests]) == pytest.ExitCode.TESTS_FAILED:
        return f"tests {' '.join(mutant.tests)}"
    return None
