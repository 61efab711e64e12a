"""`make mutants-domain`: mutmut over the pure domain, in a copy of the tree that has the layout mutmut knows.

mutmut takes a module's name from its path, so the layer's package lies at the copy's root. Every mutant meets the tests of the domain that
reach what it changed. Survivors are listed; those in EQUIVALENT, each with its reason, are no survivors.

    python -m tests.mutants.domain [MODULE ...]      all of MODULES, or those that are named
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPY = ROOT / "build" / "mutation"
MODULES = ("arrival", "calendar", "condition", "counting", "decision", "delivery", "receipt", "run", "thresholds", "timing", "window")
REACHING = ("conditions", "timers", "counted", "wide_runs", "receipts", "sending", "fan_in")  # use cases that decide
TESTS = ("tests/unit/domain", *(f"tests/unit/use_cases/test_{name}.py" for name in REACHING))
NEEDED = ("tests/unit", "tests/contract", "schemas", "events", "pyproject.toml")
CONFIGURATION = f"""
[tool.mutmut]
source_paths = [{", ".join(f'"fanin/domain/{module}.py"' for module in MODULES)}]
pytest_add_cli_args_test_selection = {list(TESTS)}
also_copy = ["fanin", "tests", "schemas", "events", "pyproject.toml"]
"""
# mutmut 3 asks for an attribute that pytest 9 has under another name.
NAMED = "import pytest\n\npytest.Item._nodeid = property(lambda item: item.nodeid)\n"
_VERDICT = re.compile(r"^\s*(fanin\.\S+): (.+)$")

EQUIVALENT: dict[str, str] = {}


def prepared() -> None:
    """The copy: with pytest configured so that it runs where mutmut runs it."""
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(ROOT / "layers" / "fanin" / "fanin", COPY / "fanin", ignore=shutil.ignore_patterns("__pycache__"))
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, COPY / name, ignore=shutil.ignore_patterns("__pycache__", "conftest.py"))
        else:
            shutil.copy(source, COPY / name)
    (COPY / "tests" / "conftest.py").write_text(NAMED)
    text = (COPY / "pyproject.toml").read_text()
    for pattern in (r'^cache_dir = "build/pytest"\n', r'"--strict-config", ', r"^filterwarnings = .*\n"):
        text = re.sub(pattern, "", text, flags=re.MULTILINE)
    text = text.replace('pythonpath = ["layers/fanin", "cli", "."]', 'pythonpath = ["."]')
    (COPY / "pyproject.toml").write_text(text + CONFIGURATION)


def run(modules: list[str]) -> dict[str, str]:
    """What became of each mutant."""
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    names = [f"fanin.domain.{module}*" for module in modules]
    subprocess.run([mutmut, "run", "--max-children", str(os.cpu_count() or 1), *names], cwd=COPY, check=False, stdout=subprocess.DEVNULL)
    done = subprocess.run([mutmut, "results", "--all", "true"], cwd=COPY, check=False, capture_output=True, text=True)
    found = [match.groups() for line in done.stdout.splitlines() if (match := _VERDICT.match(line))]
    return {name: verdict for name, verdict in found if any(f".domain.{module}." in name for module in modules)}


def main(names: list[str]) -> int:
    begin = time.monotonic()
    prepared()
    verdicts = run(names or list(MODULES))
    survivors = sorted(name for name, verdict in verdicts.items() if verdict not in {"killed", "timeout"} and name not in EQUIVALENT)
    for name in survivors:
        print(f"{verdicts[name]}: {name}  (cd build/mutation && ../../.venv/bin/mutmut show {name})")
    counted = Counter(verdicts.values())
    excused = sum(name in EQUIVALENT for name in verdicts)
    told = ", ".join(f"{number} {verdict}" for verdict, number in counted.most_common())
    print(
        f"{len(verdicts) - len(survivors)}/{len(verdicts)} mutants of the domain noticed ({told}; {excused} equivalent), "
        f"{time.monotonic() - begin:.0f} s"
    )
    return int(bool(survivors) or not verdicts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
