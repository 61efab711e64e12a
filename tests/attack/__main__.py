"""`make attack`: a longer campaign; TOKENS=100000 SEED=… . The figures are in the last line, and the exit code is 1 for any defect."""

from __future__ import annotations

import os
import sys
import time

from tests.attack.campaign import Campaign, run

TOKENS = 100_000


def main() -> int:
    """Run a campaign of the size and seed that the environment asks for."""
    began = time.monotonic()
    seed = int(os.environ.get("SEED") or time.time_ns() % 2**32)
    campaign = run(seed, int(os.environ.get("TOKENS") or TOKENS), int(time.time()))
    for defect in campaign.defects:
        sys.stdout.write(f"{defect}\n")
    for code, number in campaign.refused.most_common():
        sys.stdout.write(f"{number:9,}  {code}\n")
    sys.stdout.write(f"{summary(campaign)}, {time.monotonic() - began:.0f} s\n")
    return int(bool(campaign.defects))


def summary(campaign: Campaign) -> str:
    """The figures of a campaign in one line."""
    stricter = ", ".join(f"{name} {number:,}" for name, number in sorted(campaign.stricter.items()))
    return (
        f"attack: {campaign.mutated:,} mutated releases (seed {campaign.seed}), {campaign.accepted:,} accepted and all of them verified by "
        f"every oracle, {campaign.refused.total():,} refused with {len(campaign.refused)} codes (of these others would take: {stricter}), "
        f"{campaign.untouched:,} untouched, {len(campaign.defects)} defects"
    )


if __name__ == "__main__":
    sys.exit(main())
