"""`make mutants`: every mutant must be noticed, the hand-written ones and those that mutmut makes of the domain; the last line says how many.

python -m tests.mutants [NAME ...]      all of them, or those of the hand-written that are named
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.mutants import domain, narrow, wide
from tests.mutants.one import noticed

MUTANTS = (*narrow.MUTANTS, *wide.MUTANTS)
ONE = "--one"
LIMIT_S = 900


def tried(name: str) -> tuple[str, str | None, float]:
    """A mutant's name, what noticed it, and how long that took."""
    begin = time.monotonic()
    command = [sys.executable, "-m", "tests.mutants", ONE, name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return name, None, LIMIT_S
    lines = done.stdout.splitlines() or done.stderr.splitlines() or ["no answer"]
    return name, lines[-1] if done.returncode == 0 else None, time.monotonic() - begin


def survivors(names: list[str]) -> list[str]:
    """The hand-written mutants that nothing notices; one line is told of each."""
    found = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for name, by, seconds in pool.map(tried, names):
            print(f"{'killed  ' if by else 'SURVIVES'} {name} ({seconds:.0f} s){f': {by}' if by else ''}", flush=True)
            found += [] if by else [name]
    return found


def main(names: list[str]) -> int:
    if names[:1] == [ONE]:
        found = noticed(next(one for one in MUTANTS if one.name == names[1]))
        print(found or "survives")
        return int(found is None)
    begin = time.monotonic()
    wanted = [one.name for one in MUTANTS if not names or one.name in names]
    survived = survivors(wanted)
    told = f"{len(wanted) - len(survived)}/{len(wanted)} hand-written"
    if names:
        print(f"mutants: {told} noticed, {time.monotonic() - begin:.0f} s")
        return int(bool(survived) or not wanted)
    of_domain = domain.tried()
    for fault in (*survived, *of_domain.faults):
        print(f"SURVIVES {fault}")
    print(f"mutants: {told}, {of_domain}, {time.monotonic() - begin:.0f} s")
    return int(bool(survived) or not of_domain.passed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
