"""`make model`: every landscape searched, every mutant caught, the figures in the last line. Exit code 1 when anything is otherwise."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from models.checks import CAUGHT, HOLDS, Check
from models.spin import Found, SearchError, search

BUILD = Path("build/model")
AT_ONCE = 2


def main() -> int:
    """Search everything, tell each result as it comes, and the sum."""
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(_told, (*HOLDS, *CAUGHT)))
    holds, caught = found[: len(HOLDS)], found[len(HOLDS) :]
    states = sum(one.states for one in found if isinstance(one, Found))
    errors = sum(not isinstance(one, Found) or one.error is not None for one in holds)
    mutants = sum(isinstance(one, Found) and one.error is not None for one in caught)
    _say(
        f"model: {states:,} states, {errors} errors in {len(holds)} landscapes, "
        f"{mutants}/{len(caught)} mutants caught, {time.monotonic() - began:.0f} s"
    )
    return int(errors > 0 or mutants < len(caught))


def _told(check: Check) -> Found | SearchError:
    began = time.monotonic()
    try:
        found = search(check, BUILD)
    except SearchError as error:
        _say(f"?   {check.name}: {error}")
        return error
    good = (found.error is None) == (check.mutant is None)
    what = f"{found.states:,} states" if found.error is None else f"{found.error}, after {found.depth} steps"
    name = check.name if check.mutant is None else f"{check.name} ({check.mutant})"
    _say(f"{'ok' if good else 'BAD'}  {name}: {what}, {time.monotonic() - began:.1f} s")
    return found


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
