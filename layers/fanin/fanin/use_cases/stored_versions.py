"""Which live versions of a join are stored: all of them, unless somebody took one out of the table."""

from __future__ import annotations

from fanin.ports import Head, Plans


def stored_versions(plans: Plans, head: Head) -> tuple[int, ...]:
    """The live versions whose plans are there, oldest first; where it is not `head.versions`, applying must store the join again."""
    return tuple(version for version in head.versions if plans.plan(head.join, version) is not None)
