"""The run: one instance of a join for one key, and the only table of its states.

    OPEN -- satisfy --> SATISFIED -- acknowledge --> ACKNOWLEDGED
      |---- fail ----> FAILED
      |---- expire --> EXPIRED
      `---- cancel --> CANCELLED
    SATISFIED, ACKNOWLEDGED, FAILED -- reopen --> OPEN, as the next attempt

RELEASED, which people see between SATISFIED and ACKNOWLEDGED, is derived: every delivery of the run was sent. Every write of the state
or the arrivals adds 1 to `rev`, and every decision is conditional on the `rev` it was taken on: if that moved, read and decide
again. (An acknowledgement decides nothing from arrivals: it is conditional on the attempt.) An illegal transition changes
nothing and says why.

For the key `latest` a join has one stream, which stays OPEN and remembers per slot what it has seen and what a release has consumed;
each release writes a run of its own, keyed `<epoch>.<generation>`, already SATISFIED.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from fanin.domain.errors import RejectedError

STREAM_KEY = "latest"


class RunState(StrEnum):
    """The stored states of a run."""

    OPEN = "OPEN"
    SATISFIED = "SATISFIED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class Transition(StrEnum):
    """What can happen to a run."""

    SATISFY = "satisfy"
    ACKNOWLEDGE = "acknowledge"
    FAIL = "fail"
    EXPIRE = "expire"
    CANCEL = "cancel"
    REOPEN = "reopen"


_TABLE: Mapping[tuple[RunState, Transition], RunState] = {
    (RunState.OPEN, Transition.SATISFY): RunState.SATISFIED,
    (RunState.OPEN, Transition.FAIL): RunState.FAILED,
    (RunState.OPEN, Transition.EXPIRE): RunState.EXPIRED,
    (RunState.OPEN, Transition.CANCEL): RunState.CANCELLED,
    (RunState.SATISFIED, Transition.ACKNOWLEDGE): RunState.ACKNOWLEDGED,
    (RunState.SATISFIED, Transition.REOPEN): RunState.OPEN,
    (RunState.ACKNOWLEDGED, Transition.REOPEN): RunState.OPEN,
    (RunState.FAILED, Transition.REOPEN): RunState.OPEN,
}


def transition(state: RunState, event: Transition) -> RunState:
    """The state after `event`; RejectedError `illegal-transition`, naming both, when the table has no such row."""
    after = _TABLE.get((state, event))
    if after is None:
        raise RejectedError("illegal-transition", f"a run that is {state.value} cannot {event.value}; nothing was changed")
    return after


class RunId(NamedTuple):
    """Which run: the join and the key."""

    join: str
    key: str


class Hint(NamedTuple):
    """What the item of a wide run knows of its journal. It may count an arrival twice; it never misses one that was acknowledged.

    `arrivals` and `failures` (of them) were added; `need` counts what could lower the need. Nobody has to look into the journal before
    `next_look` arrivals or `next_bad` failures (None: not known, so look). `claimed_until_ms`: somebody looks. `closing`: nothing is added.
    """

    arrivals: int = 0
    failures: int = 0
    need: int = 0
    next_look: int | None = None
    next_bad: int | None = None
    claimed_until_ms: int | None = None
    closing: bool = False


class Run(NamedTuple):
    """A run as stored. `slots` maps a slot's number to its encoded arrival; times are epoch milliseconds.

    The arrival times are when arrivals were recorded; `alerted` are the deadlines that people were told of. A wide run has a `hint`, and
    its arrivals are in its journal.
    """

    id: RunId
    state: RunState
    plan_version: int
    attempt: int
    rev: int
    opened_at_ms: int
    slots: Mapping[int, str]
    due_at_ms: int | None = None
    first_arrival_ms: int | None = None
    last_arrival_ms: int | None = None
    alerted: frozenset[int] = frozenset()
    hint: Hint = Hint()


class Expectation(NamedTuple):
    """The next window of a join whose runs are expected, and when it opens (epoch ms); `version` is the plan that said so."""

    join: str
    version: int
    key: str
    opens_ms: int


class Stream(NamedTuple):
    """The one open item of a `latest` join.

    `slots` holds the lattice maximum over completions beyond `consumed`; `seen` and `consumed` are watermarks (stop time, execution
    id) per slot. `generation` counts the releases; the plan is pinned per generation.
    """

    join: str
    plan_version: int
    generation: int
    rev: int
    opened_at_ms: int
    slots: Mapping[int, str]
    seen: Mapping[int, str]
    consumed: Mapping[int, str]
    due_at_ms: int | None = None
