"""Width: whether the runs of a join are narrow, one item each, or wide, with a journal, and how many partitions that has.

Fixed in the plan, since a run must find its arrivals where they were put, and N may come late. Where the border lies and why is in
docs/adr/0019; both widths give the same releases.
"""

from __future__ import annotations

from collections.abc import Sequence

from fanin.domain.plan import KeyKind, KeyRule, Predecessor

MAX_NARROW = 24  # named predecessors: beyond that a completion costs more in one item than in a journal, with long names at least
ARRIVALS_A_PARTITION = 100_000  # of some 30 to 90 bytes each: a partition key gives 12 MB a second
MAX_PARTITIONS = 16


def journal_partitions(key: KeyRule, predecessors: Sequence[Predecessor]) -> int:
    """How many partitions the journal of a run has; 0 for a narrow one. A stream is never wide: its slots are consumed one by one."""
    counted = [one.counted for one in predecessors if one.counted is not None]
    if key.kind is KeyKind.LATEST or (len(predecessors) <= MAX_NARROW and not counted):
        return 0
    known = sum(one.number or 0 for one in counted)
    return min(MAX_PARTITIONS, 1 + known // ARRIVALS_A_PARTITION)
