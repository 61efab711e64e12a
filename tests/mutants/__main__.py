"""`make mutants`: every hand-written mutant must be noticed. The last line says how many were; survivors are listed, and fail it.

python -m tests.mutants [NAME ...]      all of them, or those that are named
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.mutants import narrow, wide
from tests.mutants.one import noticed

MUTANTS = (*narrow.MUTANTS, *wide.MUTANTS)
ONE = "--one"
LIMIT_S = 240


def tried(name: str) -> tuple[str, str | None, float]:
    """A mutant's name, what noticed it, and how long that took."""
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "tests.mutants", ONE, name], capture_output=True, text=True, timeout=LIMIT_S, check=False)
    lines = done.stdout.splitlines() or done.stderr.splitlines() or ["no answer"]
    return name, lines[-1] if done.returncode == 0 else None, time.monotonic() - begin


def main(names: list[str]) -> int:
    if names[:1] == [ONE]:
        found = noticed(next(one for one in MUTANTS if one.name == names[1]))
        print(found or "survives")
        return int(found is None)
    begin, survivors = time.monotonic(), []
    wanted = [one.name for one in MUTANTS if not names or one.name in names]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for name, by, seconds in pool.map(tried, wanted):
            print(f"{'killed  ' if by else 'SURVIVES'} {name} ({seconds:.0f} s){f': {by}' if by else ''}", flush=True)
            survivors += [] if by else [name]
    if survivors:
        print(f"survivors: {', '.join(survivors)}")
    print(f"{len(wanted) - len(survivors)}/{len(wanted)} mutants killed, {time.monotonic() - begin:.0f} s")
    return int(bool(survivors))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
