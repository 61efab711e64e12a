"""mutmut over the pure domain, in a copy of the tree that has the layout mutmut knows: each mutant meets the domain's tests that reach it.

mutmut takes a module's name from its path, so the layer's package lies at the copy's root. A survivor is listed with what it changes,
unless `tests.mutants.equivalent` has it with a reason; a reason that nothing needs any more is a fault too.

    python -m tests.mutants.domain [MODULE ...]      all of MODULES, or those that are named
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.undecorated import undecorated

ROOT = Path(__file__).parents[2]
COPY = ROOT / "build" / "mutation"
MODULES = ("arrival", "calendar", "condition", "counting", "decision", "delivery", "receipt", "run", "thresholds", "timing", "window")
NEEDED = ("tests/unit/domain", "tests/contract", "pyproject.toml")
MUTMUT = str(Path(sys.executable).with_name("mutmut"))
CONFIGURATION = """
[tool.mutmut]
source_paths = {sources}
pytest_add_cli_args_test_selection = ["tests/unit/domain"]
also_copy = ["fanin", "tests", "pyproject.toml"]
"""
# mutmut 3 asks for an attribute that pytest 9 has under another name. Examples are the same for every mutant, and none is made smaller.
CONFTEST = """import pytest
from hypothesis import HealthCheck, Phase, settings

pytest.Item._nodeid = property(lambda item: item.nodeid)
phases, slow = (Phase.explicit, Phase.generate), (HealthCheck.too_slow,)
settings.register_profile("mutants", derandomize=True, database=None, deadline=None, phases=phases, suppress_health_check=slow)
settings.load_profile("mutants")
"""
# One process for all of them: `mutmut show` takes a second for each.
SHOWING = """import sys
from mutmut.__main__ import get_diff_for_mutant
for name in sys.argv[1:]:
    print(get_diff_for_mutant(f"fanin.domain.{name}"), end="\\0")
"""
NOTICED = frozenset({"killed", "timeout"})
TOLD_EVERY_S = 30
_VERDICT = re.compile(r"^\s*fanin\.domain\.(\S+): (.+)$")
_TRIED = re.compile(r"(\d+)/(\d+)  🎉")
_NAME = re.compile(r"(\w+)\.x(?:ǁ(\w+)ǁ|_)(\w+)__mutmut_\d+")


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of all mutants: how many were noticed, how many have their reason, and what is wrong."""

    mutants: int
    noticed: int
    equivalent: int
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether there were mutants, and nothing is wrong with any."""
        return bool(self.mutants) and not self.faults

    def __str__(self) -> str:
        told = f"{self.noticed}/{self.mutants - self.equivalent} of the domain noticed"
        return f"{told} ({self.equivalent} more equivalent, listed with reasons)"


def tried(modules: tuple[str, ...] = MODULES) -> Tried:
    """Run the mutants of some modules; progress is told on the way."""
    _prepare(modules)
    _run()
    verdicts = _verdicts()
    changes = _changes([name for name, verdict in verdicts.items() if verdict not in NOTICED])
    reasons = {(one.function, one.was, one.becomes) for one in EQUIVALENT if one.function.partition(".")[0] in modules}
    faults = [f"{verdicts[name]}: {' | '.join(change)}" for name, change in changes.items() if change not in reasons]
    faults += [f"listed as equivalent, and no survivor: {' | '.join(one)}" for one in sorted(reasons - set(changes.values()))]
    faults += [
        f"{module}: mutmut changes nothing in it" for module in modules if not any(name.startswith(f"{module}.") for name in verdicts)
    ]
    equivalent = sum(change in reasons for change in changes.values())
    return Tried(len(verdicts), len(verdicts) - len(changes), equivalent, tuple(faults))


def _prepare(modules: tuple[str, ...]) -> None:
    """The copy: with what is to be mutated undecorated, and pytest configured so that it runs where mutmut runs it."""
    shutil.rmtree(COPY, ignore_errors=True)
    no_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "layers" / "fanin" / "fanin", COPY / "fanin", ignore=no_caches)
    for name in NEEDED:
        source, copy = ROOT / name, COPY / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=no_caches)
        else:
            shutil.copy(source, copy)
    (COPY / "tests" / "conftest.py").write_text(CONFTEST)
    sources = [f"fanin/domain/{module}.py" for module in modules]
    for path in sources:
        (COPY / path).write_text(undecorated((COPY / path).read_text()))
    text = (COPY / "pyproject.toml").read_text()
    for pattern in (r'^cache_dir = "build/pytest"\n', r'"--strict-config", ', r"^filterwarnings = .*\n"):
        text = re.sub(pattern, "", text, flags=re.MULTILINE)
    text = text.replace('pythonpath = ["layers/fanin", "cli", "."]', 'pythonpath = ["."]')
    (COPY / "pyproject.toml").write_text(text + CONFIGURATION.format(sources=sources))


def _run() -> None:
    command, told_at = [MUTMUT, "run", "--max-children", str(os.cpu_count() or 1)], time.monotonic()
    with subprocess.Popen(command, cwd=COPY, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            now = time.monotonic()
            if (match := _TRIED.search(line)) is not None and now - told_at > TOLD_EVERY_S:
                told_at = now
                print(f"domain: {match[1]} of {match[2]} tried", flush=True)


def _verdicts() -> dict[str, str]:
    """What became of each mutant, by its name."""
    done = subprocess.run([MUTMUT, "results", "--all", "true"], cwd=COPY, check=True, capture_output=True, text=True)
    return {match[1]: match[2] for line in done.stdout.splitlines() if (match := _VERDICT.match(line))}


def _changes(names: list[str]) -> dict[str, tuple[str, str, str]]:
    """The function that each mutant is of, what the lines that it changes were, and what they become."""
    done = subprocess.run([sys.executable, "-c", SHOWING, *names], cwd=COPY, check=True, capture_output=True, text=True)
    return {name: _change(name, diff) for name, diff in zip(names, done.stdout.split("\0"), strict=False)}


def _change(name: str, diff: str) -> tuple[str, str, str]:
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    was, becomes = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return _NAME.sub(lambda found: ".".join(filter(None, found.groups())), name), was, becomes


def main(names: list[str]) -> int:
    begin, done = time.monotonic(), tried(tuple(names) or MODULES)
    for fault in done.faults:
        print(fault)
    print(f"{done}, {time.monotonic() - begin:.0f} s")
    return int(not done.passed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
