"""`make fuzz`: every target for SECONDS=60, two at a time, from the kept corpus; the figures in the last line, exit code 1 for any crash.

What is found beyond the corpus stays under build/fuzz and is where the next run begins. A crash is kept there too: put it into
tests/fuzz/corpus with its mend, and it is replayed with the unit tests for ever.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
BUILD = ROOT / "build" / "fuzz"
TARGETS = ("message", "definition", "document", "release", "trust", "departure", "strict_json")
SECONDS = 60
MAX_BYTES = 65_536

_INPUTS = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_COVERAGE = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """What became of one target: inputs tried, branches and features reached, the crash if there was one."""

    target: str
    inputs: int
    coverage: int
    features: int
    crash: str | None


def main() -> int:
    """Fuzz the targets that FUZZ names, or all."""
    began, seconds = time.monotonic(), int(os.environ.get("SECONDS") or SECONDS)
    names = os.environ.get("FUZZ", "").split() or list(TARGETS)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda name: _fuzz(name, seconds), names))
    for one in found:
        sys.stdout.write(
            f"{one.target:12} {one.inputs:12,} inputs  {one.coverage:6,} branches  {one.features:7,} features  {one.crash or ''}\n"
        )
    crashes = [one for one in found if one.crash is not None]
    reached = f"{sum(one.coverage for one in found):,} branches, {sum(one.features for one in found):,} features"
    tried = f"{sum(one.inputs for one in found):,} inputs to {len(found)} targets"
    sys.stdout.write(f"fuzz: {tried}, {len(crashes)} crashes, {reached}, {time.monotonic() - began:.0f} s\n")
    return int(bool(crashes))


def _fuzz(target: str, seconds: int) -> Fuzzed:
    directory = BUILD / target
    directory.mkdir(parents=True, exist_ok=True)
    command = [
        *(str(ROOT / ".venv-fuzz" / "bin" / "python"), "-m", "tests.fuzz.one_target", target, str(directory), str(CORPUS / target)),
        *(f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"),
        f"-artifact_prefix={directory}/",
        f"-dict={CORPUS / 'words.dict'}",
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("layers/fanin", "cli", "."))}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace", check=False)
    (BUILD / f"{target}.log").write_text(done.stdout + done.stderr)
    return _read(target, done.stdout + done.stderr, done.returncode)


def _read(target: str, log: str, code: int) -> Fuzzed:
    inputs, seen = _INPUTS.search(log), _COVERAGE.findall(log)
    coverage, features, _ = seen[-1] if seen else ("0", "0", "0")
    crash = None if code == 0 and inputs else f"ended with code {code}; see build/fuzz/{target}.log"
    return Fuzzed(target, int(inputs[1]) if inputs else 0, int(coverage), int(features), crash)


if __name__ == "__main__":
    sys.exit(main())
