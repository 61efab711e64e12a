"""`python -m benchmarks`: run every benchmark, and merge what each found into build/bench/summary.json."""

from __future__ import annotations

import json
import sys

from benchmarks import cold_start
from benchmarks.artefacts import RESULTS
from local.stacks import StackError

_BENCHMARKS = (cold_start.run,)


def main() -> int:
    summary_file = RESULTS / "summary.json"
    RESULTS.mkdir(parents=True, exist_ok=True)
    for benchmark in _BENCHMARKS:
        try:
            found = benchmark()
        except StackError as error:
            print(error, file=sys.stderr)
            return 1
        summary = json.loads(summary_file.read_text(encoding="utf-8")) if summary_file.exists() else {}
        summary_file.write_text(json.dumps({**summary, **found}, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"All of it: {summary_file.parent}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
