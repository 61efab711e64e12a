"""What is checked: which landscapes the models must hold in, and in which each mutant must be caught.

A landscape is how many workers there are and how many of each fault; the checker tries every placing of them. Budgets are small on purpose:
every defect that was ever found in this protocol needs one or two faults, and the search is exhaustive, not sampled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Check:
    """One exhaustive search: a model with macros, and the liveness that is claimed beside the assertions (None: safety alone)."""

    name: str
    model: str
    macros: tuple[str, ...]
    claim: str | None = None
    mutant: str | None = None

    @property
    def defines(self) -> list[str]:
        """The macros as Spin's preprocessor takes them."""
        mutant = () if self.mutant is None else (self.mutant,)
        return [f"-D{macro}" for macro in (*self.macros, *mutant)]


_NARROW, _WIDE = "narrow_run.pml", "wide_run.pml"
_SATISFIED = "satisfied_in_the_end"
_ALONE = ("COLLECTORS=1", "STARTERS=1")

_LIVE = (
    Check("two collectors, two starters, a crash, a loss", _NARROW, ("CRASHES=1", "LOSSES=1")),
    Check("two collectors, two starters, a crash", _NARROW, ("CRASHES=1",), "acknowledged"),
    Check("two forwarders, two starters, a crash", _NARROW, ("COLLECTORS=1", "FORWARDERS=2", "CRASHES=1"), "acknowledged"),
    Check("two collectors, fail fast, a crash", _NARROW, ("FAIL_FAST", "CRASHES=1"), "acknowledged"),
    Check("two collectors, everything again", _NARROW, ("STARTERS=1", "DUPLICATES=1"), "acknowledged"),
    Check("one of each, every fault", _NARROW, (*_ALONE, "LOSSES=1", "CRASHES=1", "DEAD_LETTERS=1", "REFUSALS=1"), "acknowledged"),
    Check("one of each, three losses", _NARROW, (*_ALONE, "LOSSES=3", "CRASHES=1", "EARLY_SWEEPS=1"), "acknowledged"),
    Check("two dead letters, two crashes", _NARROW, (*_ALONE, "CRASHES=2", "DEAD_LETTERS=2"), "acknowledged"),
    Check("fail fast, every fault", _NARROW, (*_ALONE, "FAIL_FAST", "LOSSES=1", "CRASHES=1", "DEAD_LETTERS=1"), "acknowledged"),
    # Where nothing is lost, redelivery alone takes the decision: the sweeper is a second net, not the first.
    Check("no sweeper, three crashes", _NARROW, ("STARTERS=1", "NO_SWEEPER", "CRASHES=3"), "decided"),
    Check("wide: two of three arrivals, two crashes", _WIDE, ("NEED=2", "CRASHES=2"), _SATISFIED),
    Check("wide: three of three arrivals, two crashes", _WIDE, ("NEED=3", "CRASHES=2"), _SATISFIED),
    Check("wide: three collectors", _WIDE, ("COLLECTORS=3",), _SATISFIED),
)
# A search for liveness ends where what is claimed has come true, so safety is searched by itself, also beyond that.
HOLDS = (*_LIVE, *(replace(check, name=f"{check.name}, safety", claim=None) for check in _LIVE if check.claim is not None))

CAUGHT = (
    Check("no deterministic execution name", _NARROW, (*_ALONE, "CRASHES=1"), None, "NO_NAME"),
    Check("no condition on the merge", _NARROW, ("STARTERS=1",), None, "NO_MERGE_CONDITION"),
    Check("no rev in the transaction", _NARROW, ("STARTERS=1",), None, "NO_REV"),
    Check("no rev, fail fast", _NARROW, ("STARTERS=1", "FAIL_FAST"), None, "NO_REV"),
    Check("early return on already seen", _NARROW, (*_ALONE, "NO_SWEEPER", "CRASHES=1"), "decided", "NO_DECISION_ON_SEEN"),
    Check("publish before save", _NARROW, (*_ALONE, "CRASHES=1"), None, "PUBLISH_FIRST"),
    Check("no sweeper, a loss", _NARROW, (*_ALONE, "LOSSES=1"), "acknowledged", "NO_SWEEPER"),
    Check("no sweeper, a crash", _NARROW, (*_ALONE, "CRASHES=1"), "acknowledged", "NO_SWEEPER"),
    Check("runs are not looked at again", _NARROW, (*_ALONE, "DEAD_LETTERS=1"), "acknowledged", "NO_RECHECK"),
    Check("sources are not asked", _NARROW, (*_ALONE, "LOSSES=1"), "acknowledged", "NO_ASKING"),
    Check("nothing is sent again", _NARROW, (*_ALONE, "LOSSES=1"), "acknowledged", "NO_RESENDING"),
    Check("the receipt is written down before the run is closed", _NARROW, (*_ALONE, "DEAD_LETTERS=1"), "acknowledged", "MARK_FIRST"),
    Check("wide: the hint before the segment", _WIDE, ("NEED=3", "CRASHES=1"), _SATISFIED, "HINT_FIRST"),
    Check("wide: no rev in the transaction", _WIDE, ("CRASHES=1",), None, "NO_REV"),
    Check("wide: a look only on crossing the threshold", _WIDE, ("CRASHES=1",), _SATISFIED, "LOOK_ON_CROSSING"),
    Check("wide: who waits for a look leaves", _WIDE, ("CRASHES=1",), _SATISFIED, "WAITER_LEAVES"),
    Check("wide: the hint read after the journal", _WIDE, ("NEED=3", "CRASHES=1"), _SATISFIED, "HINT_READ_AFTER"),
    Check("wide: rev read after the journal", _WIDE, ("CRASHES=1",), None, "REV_READ_AFTER"),
    Check("wide: missing one too high", _WIDE, ("NEED=3", "CRASHES=1"), _SATISFIED, "MISSING_TOO_HIGH"),
    Check("wide: nobody is told late", _WIDE, ("CRASHES=1",), None, "NO_LATE_PATH"),
)
