"""What one run takes, for `fanin cost`: `python -m benchmarks.units` measures it anew and writes cli/fanin_cli/cost/units.json."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict

from benchmarks import writes
from benchmarks.metering import sizes
from fanin_cli.cost.units import BATCHES, Units
from local.process import ROOT

FILE = ROOT / "cli" / "fanin_cli" / "cost" / "units.json"
WIDTHS = (2, 8, 24, 25, 128, 1_000, 10_000, 100_000)
_COMPLETIONS = 400  # the test that holds the file to this must be quick
_STORED_OVERHEAD_BYTES = 100  # of an item, for storage ("DynamoDB item sizes and formats")
_OF_A_RUN = ("RUNS#", "RUN#", "JNL#")


def measure(width: int, batch: int) -> Units:
    """The mean of some runs; with one message a batch each is by itself, as where little goes on."""
    runs = max(1, _COMPLETIONS // width)
    measured = writes.measured_runs(width, batch, runs, alone=batch == 1)
    calls, total = measured.hub.trips.calls, measured.hub.table.ledger.total()
    stored = sum(
        sizes.item_bytes(item) + _STORED_OVERHEAD_BYTES
        for item in measured.hub.table.items()
        if item["pk"]["S"].startswith(_OF_A_RUN) and "warm-up" not in item["pk"]["S"] + item["sk"]["S"]
    )
    figures = {
        "write_units": total.units,
        "read_units": total.read,
        "calls": calls.total(),
        "queue_sends": calls["send_message_batch"],
        "events": measured.hub.buses.accepted,
        "signatures": calls["sign"],
        "collected": measured.hub.collected,
        "forwarded": measured.hub.forwarded,
        "stored_bytes": stored,
    }
    return Units(**{name: round(figure / runs, 3) for name, figure in figures.items()})


def main() -> int:
    with ProcessPoolExecutor(max_workers=2) as pool:
        asked = {(batch, width): pool.submit(measure, width, batch) for batch in BATCHES for width in WIDTHS}
        table = {batch: {width: asdict(asked[batch, width].result()) for width in WIDTHS} for batch in BATCHES}
    FILE.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    print(f"{FILE.relative_to(ROOT)}: {len(asked)} figures of each kind")
    return 0


if __name__ == "__main__":
    sys.exit(main())
