"""Counts as JSON, for `plan_document`: each member only where it is not the default.

TypeError and KeyError on reading mean that the document is not what was written here.
"""

from __future__ import annotations

from collections.abc import Mapping

from fanin.definitions.stored_values import pruned, typed
from fanin.domain.counting import Counted, Tolerance


def counted_document(counted: Counted) -> dict[str, object]:
    """How often a predecessor completes, and what it may lack."""
    return pruned(
        {
            "number": counted.number,
            "source": counted.source,
            "expression": counted.expression,
            "failures": counted.tolerance.failures or None,
            "share": counted.tolerance.share or None,
        }
    )


def counted_of(document: Mapping[str, object]) -> Counted:
    """The count that `counted_document` wrote."""
    return Counted(
        typed(document["number"], int) if "number" in document else None,
        typed(document["source"], str) if "source" in document else None,
        typed(document["expression"], str) if "expression" in document else None,
        Tolerance(typed(document.get("failures", 0), int), typed(document.get("share", 0), int)),
    )
